"""`padding='same'` of Theano and CNTK, as a ZeroPadding layer before a `valid` convolution."""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.conditions import keras_is, known_backend
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.padding import Widths, cntk_widths, kernel_and_stride, rank_of, theano_convolution


def same_convolution(site: Site, fragment: Fragment) -> Fragment:
    """Conv1D/2D/3D, SeparableConv1D/2D and DepthwiseConv2D."""
    widths = same_widths(site)
    if widths is None:
        return fragment
    padding = zero_padding(widths, fragment)
    return replace(fragment.with_config(padding="valid"), before=(*fragment.before, padding))


def same_widths(site: Site) -> Widths | None:
    """Zeros per spatial axis, where they differ from what TensorFlow would add."""
    axes = rank_of(site.old.class_name)
    kernel, window, stride = kernel_and_stride(site, "kernel_size", axes)
    if site.old.config.get("padding") != "same" or all(k == 1 for k in kernel):
        return None
    backend = known_backend(site.origin)
    if backend == "theano":
        if all(w % 2 and s == 1 for w, s in zip(window, stride, strict=True)):
            return None
        if axes == 3 and keras_is(site.origin, "<1.1.0"):  # conv3d2d: theano_backend.py `conv3d`
            return [((w - 1) // 2, w - 1 - (w - 1) // 2) for w in window]
        return [theano_convolution(w) for w in window]
    if backend == "cntk":
        return cntk_widths(site, kernel, window, stride)
    return None


def zero_padding(widths: Widths, fragment: Fragment) -> Step:
    """A ZeroPadding1D/2D/3D with these widths, in the layer's own data format and dtype."""
    config = {key: fragment.main.config[key] for key in ("data_format", "dtype") if key in fragment.main.config}
    padding = [list(w) for w in widths]
    return Step(
        f"ZeroPadding{len(widths)}D", {"padding": padding[0] if len(padding) == 1 else padding, **config}, "padding"
    )
