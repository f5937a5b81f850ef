"""UpSampling2D(interpolation='bilinear') of Keras 2.2.3 to 2.3 has no half-pixel centres; today's has, and tf.keras's
from 1.15 on (its earlier releases have none either, but do not save the argument).

With an integer factor f, output f i + r is (1 - r/f) x[i] + (r/f) x[i + 1], the last row and column repeated. That is the
nearest upsampling, its end repeated f - 1 times (a mirror at the edge, where f equal values stand), averaged over f.
Sources: keras 2.2.4 backend/tensorflow_backend.py `resize_images` (tf.image.resize_bilinear); Theano's
bilinear_upsampling with its only factor, 2, gives the same values.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.shapes.windows import per_axis


def bilinear_upsampling(site: Site, fragment: Fragment) -> Fragment:
    """UpSampling2D."""
    if site.old.config.get("interpolation", "nearest") != "bilinear" or site.origin.package == "tf.keras":
        return fragment
    rows, cols = per_axis(site.old.config["size"], 2)
    config = {key: fragment.main.config[key] for key in ("data_format", "dtype") if key in fragment.main.config}
    widths = [[0, 0], [0, rows - 1], [0, cols - 1]]
    widths.insert(1 if config.get("data_format") == "channels_first" else 3, [0, 0])
    nearest = replace(fragment.with_config(interpolation="nearest").main, suffix="nearest")
    edge = Step("ops.pad", {"pad_width": widths, "mode": "symmetric"}, "edge")
    mean = Step("AveragePooling2D", {"pool_size": [rows, cols], "strides": 1, "padding": "valid", **config}, "mean")
    return replace(fragment, main=nearest, after=(edge, mean))
