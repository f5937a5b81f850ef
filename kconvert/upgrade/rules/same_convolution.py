"""`padding='same'` of Theano and CNTK, as a ZeroPadding or Cropping layer before a `valid` convolution.

CNTK's depthwise convolution is refused where it was wrong: with a dilation, which Keras gives it as strides, and with
more zeros behind than in front, where it computes every channel from the first one on a CPU.
Sources: keras 1.1.0 and 1.1.1 backend/theano_backend.py `conv3d`, `_old_theano_conv3d`; keras 2.2.4 backend/cntk_backend.py
`depthwise_conv2d`, `separable_conv2d`; CNTK 2.7 by measurement.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import keras_is, known_backend
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.padding import (
    Widths,
    cntk_same,
    cntk_widths,
    kernel_and_stride,
    possible_sizes,
    rank_of,
    theano_convolution,
)
from kconvert.upgrade.theano import is_theano_since_0_9

DEPTHWISE = ("SeparableConv", "DepthwiseConv")


def same_convolution(site: Site, fragment: Fragment) -> Fragment:
    """Conv1D/2D/3D, SeparableConv1D/2D and DepthwiseConv2D."""
    widths = _same_widths(site, fragment)
    if widths is None:
        return fragment
    return replace(fragment.with_config(padding="valid"), before=(*fragment.before, *borders(widths, fragment)))


def _same_widths(site: Site, fragment: Fragment) -> Widths | None:
    """Zeros per spatial axis, where they differ from what TensorFlow would add."""
    config = fragment.main.config
    axes = rank_of(site.old.class_name)
    kernel, window, stride = kernel_and_stride(config, "kernel_size", axes)
    if kernel != window and site.origin.backend == "cntk":
        _refuse_dilation(site)
    if config.get("padding") != "same":
        return None
    if all(k == 1 for k in kernel) and all(s == 1 for s in stride):
        return None
    backend = known_backend(site.origin)
    if backend == "theano":
        if all(w % 2 and (w == 1 or s == 1) for w, s in zip(window, stride, strict=True)):
            return None
        if axes == 3 and _is_by_conv3d2d(site, kernel, stride):
            return [((w - 1) // 2, w - 1 - (w - 1) // 2) for w in window]
        return [theano_convolution(w) for w in window]
    if backend == "cntk":
        if site.old.class_name.startswith(DEPTHWISE):
            _refuse_uneven_zeros(site, fragment, kernel, stride)
        return cntk_widths(site, kernel, window, stride)
    return None


def _is_by_conv3d2d(site: Site, kernel: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Did Theano's conv3d2d compute it, which pads (k - 1) // 2 in front? It has no strides with `same`.

    Raises:
        Rejected: Keras 1.1.1 to 1.2 took it with Theano 0.8 and not with 0.9, and nothing in the file says which.
    """
    if all(k % 2 for k in kernel) or keras_is(site.origin, ">=2"):
        return False
    if keras_is(site.origin, "<1.1.1"):
        return True
    if all(s == 1 for s in stride) and not is_theano_since_0_9(site.origin):
        raise Rejected(
            "Theano 0.8 and 0.9 put the zeros of an even three-dimensional kernel on different sides, "
            "and the file does not say which it was",
            argument="border_mode",
        )
    return False


def _refuse_dilation(site: Site) -> None:
    if site.old.class_name.startswith(DEPTHWISE):
        raise Rejected("this Keras gave the dilation_rate to CNTK as strides", argument="dilation_rate")
    if site.old.config.get("padding") == "same":
        raise Rejected("where CNTK puts the zeros of a dilated convolution is not known", argument="dilation_rate")


def _refuse_uneven_zeros(site: Site, fragment: Fragment, kernel: tuple[int, ...], stride: tuple[int, ...]) -> None:
    slot = "kernel" if "kernel" in fragment.main.tensors else "depthwise_kernel"
    axes = list(zip(possible_sizes(site, stride), kernel, stride, strict=True))
    pairs = [cntk_same(n, k, s, k) for sizes, k, s in axes if k % 2 == 0 for n in sizes]
    if fragment.main.tensors[slot].shape[-2] > 1 and any(front != back for front, back in pairs):
        raise Rejected(
            "with an even kernel and padding='same' CNTK computed every channel from the first one on a CPU, and each from its "
            "own on a GPU; the file does not say which it was",
            argument="padding",
        )


def borders(widths: Widths, fragment: Fragment) -> tuple[Step, ...]:
    """Zeros of these widths around; in front, a width below zero cuts."""
    steps = [zero_padding([(max(0, front), back) for front, back in widths], fragment)] if is_padding(widths) else []
    if any(front < 0 for front, _ in widths):
        steps += _cropping([max(0, -front) for front, _ in widths], fragment)
    return tuple(steps)


def _cropping(fronts: list[int], fragment: Fragment) -> list[Step]:
    config = {key: fragment.main.config[key] for key in ("data_format", "dtype") if key in fragment.main.config}
    if len(fronts) > 1:
        return [Step(f"Cropping{len(fronts)}D", {"cropping": [[front, 0] for front in fronts], **config}, "cropping")]
    layout = config.pop("data_format", "channels_last")  # Cropping1D knows channels_last alone
    crop = Step("Cropping1D", {"cropping": [fronts[0], 0], **config}, "cropping")
    if layout == "channels_last":
        return [crop]
    turns = [Step("Permute", {"dims": [2, 1], **config}, f"channels_{where}") for where in ("last", "first")]
    return [turns[0], crop, turns[1]]


def is_padding(widths: Widths) -> bool:
    """Are there any zeros to add?"""
    return any(front > 0 or back > 0 for front, back in widths)


def zero_padding(widths: Widths, fragment: Fragment) -> Step:
    """A ZeroPadding1D/2D/3D with these widths, in the layer's own data format and dtype."""
    config = {key: fragment.main.config[key] for key in ("data_format", "dtype") if key in fragment.main.config}
    padding = [list(w) for w in widths]
    return Step(
        f"ZeroPadding{len(widths)}D", {"padding": padding[0] if len(padding) == 1 else padding, **config}, "padding"
    )
