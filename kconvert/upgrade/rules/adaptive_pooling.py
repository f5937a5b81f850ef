"""Pooling to a fixed number of windows, all of one length: an input that they do not divide was an error.

Today's layers of that name allow windows of two lengths, and fail where an axis becomes one window.

Source: tensorflow_addons 0.13 and 0.20 layers/adaptive_pooling.py (`tf.split`); keras 3.15.1 src/backend/tensorflow/nn.py.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, Site
from kconvert.upgrade.shapes.windows import per_axis, spatial_axes


def adaptive_pooling(site: Site, fragment: Fragment) -> Fragment:
    """Windows as long as the input is, divided by how many there are."""
    config = fragment.main.config
    shape = next((s for s in site.input_shapes if s is not None), ())
    lengths = [shape[axis] for axis in spatial_axes(config, len(shape))]
    known = [n for n in lengths if n is not None]
    if not lengths or len(known) < len(lengths):
        raise Rejected(
            "how long its windows are depends on the size of its input, which the file leaves open",
            option="--input-shape",
        )
    pool = [n // wanted for n, wanted in zip(known, per_axis(config["output_size"], len(known)), strict=True)]
    return fragment.with_config(output_size=..., pool_size=pool, strides=pool)
