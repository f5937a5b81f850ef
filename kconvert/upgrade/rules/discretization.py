"""Discretization: the bins that it learned, on which side of a boundary the boundary lies, and the dtype of the indices.

* From 2.6 on a layer with `num_bins` stores a summary of the data, from which its boundaries were computed at the end of
  `adapt`, and with which tf.keras forgets to do so on loading. Today's layer is given the boundaries.
* TensorFlow 2.3 counts the boundaries that are not above a value, as today's layer does; 2.4 those that are below it, in
  single precision: as many as there are next floats above the boundaries that are not above the value. Only 2.4 writes an
  infinite last boundary.
* tf.keras's dtype is that of the output alone, today's would cast the input to it too. So the layer computes in floats, and
  its indices (int32 today, and until 2.4) are cast to the int64 that they have been from 2.6 on.

Sources: tensorflow 2.3 and 2.4 python/keras/layers/preprocessing/discretization.py, keras 2.6 to 2.15 the same file,
`get_bin_boundaries`; keras 3.15 src/layers/preprocessing/discretization.py, src/layers/layer.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kconvert.errors import Rejected
from kconvert.tensor import Array
from kconvert.upgrade.fragment import Fragment, Site, Step

LEARNED = "the layer's bin_boundaries are computed from it"


def discretization(site: Site, fragment: Fragment) -> Fragment:
    """The indices of bins; `output_mode` other than `int` gives floats."""
    old = site.old.config
    summary = fragment.main.tensors.get("summary")
    if summary is not None:
        if not isinstance(old["num_bins"], int) or old["num_bins"] < 1:
            raise Rejected(f"{old['num_bins']!r} is not a number of bins", argument="num_bins")
        boundaries = _learned(summary.read(), old["num_bins"])
        fragment = fragment.with_config(bin_boundaries=boundaries).without_tensors(["summary"], LEARNED)
    if "bins" in old:
        return fragment.with_config(bin_boundaries=_as_today(old["bins"]))
    if old.get("output_mode", "int") != "int":
        return fragment
    return replace(fragment, after=(*fragment.after, Step("ops.cast", {"dtype": "int64"}, "int64")))


def _learned(summary: Array, bins: int) -> list[float]:
    """The quantiles between the bins, from values (in the first row) and how many each stands for."""
    values, counts = summary
    if len(values) * (1.0 / bins) < 1:
        return [float(value) for value in values[:-1]]
    width = 1.0 / bins
    ends = width + np.arange(0.0, 1.0, width)
    sums = counts.cumsum()
    return [float(value) for value in np.interp(ends, sums / sums[-1], values).astype(np.float32)[:-1]]


def _as_today(bins: Sequence[float]) -> list[float]:
    """The boundaries of 2.3 as they are, those of 2.4 as the least float that lies in the bin above."""
    if not math.isinf(bins[-1]):
        return list(bins)
    above = np.nextafter(np.asarray(bins, np.float32), np.float32(np.inf))
    smallest = np.finfo(np.float32).tiny  # TensorFlow takes what is smaller for zero
    above = np.where((above > 0) & (above < smallest), smallest, above)
    return [float(value) for value in above if np.isfinite(value)]
