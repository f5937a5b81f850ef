"""Discretization of early Keras 3 gives indices of the dtype that it is set to; today's gives int32.

Sources: keras 3.0.5 src/layers/preprocessing/discretization.py `call`; keras 3.15 the same file, `output_dtype`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site, Step


def integer_bins(site: Site, fragment: Fragment) -> Fragment:
    """The indices, cast."""
    dtype = site.old.config["dtype"]
    return replace(fragment, after=(*fragment.after, Step("ops.cast", {"dtype": dtype}, dtype)))
