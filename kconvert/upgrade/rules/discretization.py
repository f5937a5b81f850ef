"""Discretization that gives integers: tf.keras's dtype is that of the output alone, today's would cast the input to it too.

So the layer computes in floats, and its indices (int32 today) are cast to the dtype that they had. Sources: keras 2.12
layers/preprocessing/discretization.py; keras 3.15 src/layers/preprocessing/discretization.py, src/layers/layer.py.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site, Step


def discretization(site: Site, fragment: Fragment) -> Fragment:
    """The indices of bins; `output_mode` other than `int` gives floats."""
    if site.old.config.get("output_mode", "int") != "int":
        return fragment
    return replace(fragment, after=(*fragment.after, Step("ops.cast", {"dtype": "int64"}, "int64")))
