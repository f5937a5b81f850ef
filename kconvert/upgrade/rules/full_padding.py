"""`border_mode='full'`, which only Theano has: kernel - 1 zeros on both sides of a `valid` convolution.

Source: keras 1.2.2 backend/theano_backend.py `conv2d`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site
from kconvert.upgrade.rules.padding import rank_of
from kconvert.upgrade.rules.same_convolution import zero_padding
from kconvert.upgrade.shapes.windows import per_axis


def full_padding(site: Site, fragment: Fragment) -> Fragment:
    """Convolution1D, 2D and 3D, dilated or not."""
    config = fragment.main.config
    if config.get("padding") != "full":
        return fragment
    axes = rank_of(fragment.main.class_name)
    kernel, dilation = per_axis(config["kernel_size"], axes), per_axis(config.get("dilation_rate"), axes)
    widths = [((k - 1) * d, (k - 1) * d) for k, d in zip(kernel, dilation, strict=True)]
    fragment = fragment.with_config(padding="valid")
    return replace(fragment, before=(*fragment.before, zero_padding(widths, fragment)))
