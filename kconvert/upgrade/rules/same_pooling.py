"""`padding='same'` of Theano's and CNTK's pooling, where the window starts elsewhere than TensorFlow's.

Max pooling pads with minus infinity. Average pooling leaves the padding out of the mean: the mean of the padded input
over the mean of padded ones. A pool of size 1 pads by -1 on Theano, which crops: in 3D, and in 2D until Keras 1.2.0
(`pool2d`, `pool3d`). Only Theano's 1D and 2D average from Keras 2.0.0 to 2.1.4 counted the zeros
(keras 2.1.4 and 2.1.5 backend/theano_backend.py, `pool2d`: average_inc_pad against average_exc_pad).
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import keras_is, known_backend
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step
from kconvert.upgrade.rules.padding import Widths, cntk_widths, kernel_and_stride, rank_of, theano_pooling
from kconvert.upgrade.rules.same_convolution import borders, is_padding


def same_pooling(site: Site, fragment: Fragment) -> Fragment:
    """MaxPooling and AveragePooling of one to three dimensions."""
    widths = _widths(site)
    if widths is None:
        return fragment
    fragment = fragment.with_config(padding="valid")
    around = borders(widths, fragment)
    if site.old.class_name.startswith("Max") and is_padding(widths):
        lowest = _padded(site, [(max(0, front), back) for front, back in widths], float("-inf"), "padding", (PREVIOUS,))
        around = (lowest, *around[1:])
    elif is_padding(widths) and not _counts_zeros(site):
        return _average_without_padding(fragment, around)
    return replace(fragment, before=(*fragment.before, *around))


def _average_without_padding(fragment: Fragment, around: tuple[Step, ...]) -> Fragment:
    mean = replace(fragment.main, suffix="mean")
    ones = Step("ops.ones_like", {}, "ones", (INPUT,))
    around_ones = (replace(step, suffix=f"{step.suffix}_of_ones") for step in around)
    share = replace(fragment.main, suffix="share")
    quotient = Step("ops.divide", {}, "quotient", (From("mean"), From("share")))
    after = (ones, *around_ones, share, quotient)
    return replace(fragment, main=mean, before=(*fragment.before, *around), after=after)


def _widths(site: Site) -> Widths | None:
    axes = rank_of(site.old.class_name)
    kernel, window, stride = kernel_and_stride(site.old.config, "pool_size", axes)
    if site.old.config.get("padding") != "same":
        return None
    if 1 in kernel and known_backend(site.origin) == "theano" and (axes == 3 or keras_is(site.origin, "<1.2.0")):
        raise Rejected("with padding='same' and a pool of size 1 this Keras crops Theano's input instead of padding it")
    if all(k == 1 for k in kernel) and all(s == 1 for s in stride):
        return None
    backend = known_backend(site.origin)
    if backend == "theano":
        same_as_tensorflow = all(w == 1 or (s == 1 and w == 3) for w, s in zip(window, stride, strict=True))
        return None if same_as_tensorflow and not _counts_zeros(site) else [theano_pooling(w) for w in window]
    return cntk_widths(site, kernel, window, stride) if backend == "cntk" else None


def _counts_zeros(site: Site) -> bool:
    return (
        site.old.class_name in ("AveragePooling1D", "AveragePooling2D")
        and known_backend(site.origin) == "theano"
        and keras_is(site.origin, ">=2.0.0,<2.1.5")
    )


def _padded(site: Site, widths: Widths, value: float, suffix: str, args: tuple[object, ...]) -> Step:
    rows = [[0, 0], *([list(w) for w in widths])]
    channel = 1 if site.old.config.get("data_format") == "channels_first" else len(rows)
    rows.insert(channel, [0, 0])
    return Step("ops.pad", {"pad_width": rows, "mode": "constant", "constant_values": value}, suffix, args)
