"""`padding='same'` of ConvLSTM2D on Theano: the input convolution and, always, the recurrent one.

An even kernel gets a row and a column of zeros at its end: padded like an odd one, it then reads the same inputs.
Source: keras 2.2.4 layers/convolutional_recurrent.py `input_conv`, `recurrent_conv`; backend/theano_backend.py `conv2d`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import known_backend
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.padding import Widths, cntk_widths, kernel_and_stride, theano_convolution


def same_conv_lstm(site: Site, fragment: Fragment) -> Fragment:
    """ConvLSTM2D."""
    kernel, window, stride = kernel_and_stride(site.old.config, "kernel_size", 2)
    is_same = site.old.config.get("padding") == "same"
    if all(k == 1 for k in kernel) and all(s == 1 for s in stride):
        return fragment
    backend = known_backend(site.origin)
    if backend == "cntk" and is_same:
        inside = replace(site, input_shapes=tuple(None if s is None else (s[0], *s[2:]) for s in site.input_shapes))
        widths = cntk_widths(inside, kernel, window, stride)
        if widths is not None and any(front < 0 for front, _ in widths):
            raise Rejected(
                "CNTK skips the first pixels where the strides are larger than the kernel", argument="strides"
            )
        return fragment if widths is None else _padded_input(fragment.with_config(padding="valid"), widths)
    if backend != "theano" or all(k == 1 for k in kernel):
        return fragment
    ends = [(0, 1 - k % 2) for k in kernel]
    if any(end for _, end in ends):
        grown = [k + end for k, (_, end) in zip(kernel, ends, strict=True)]
        fragment = fragment.with_config(kernel_size=grown).with_tensors(
            **{
                slot: fragment.main.tensors[slot].pad([*ends, (0, 0), (0, 0)])
                for slot in ("kernel", "recurrent_kernel")
            }
        )
        window = tuple(grown)
    if not is_same:
        return _padded_input(fragment, ends) if any(end for _, end in ends) else fragment
    if all(s == 1 for s in stride):
        return fragment
    return _padded_input(fragment.with_config(padding="valid"), [theano_convolution(w) for w in window])


def _padded_input(fragment: Fragment, widths: Widths) -> Fragment:
    """Zeros around each image of the sequence (ZeroPadding3D sees time as the first of its three axes)."""
    config = {key: fragment.main.config[key] for key in ("data_format", "dtype") if key in fragment.main.config}
    if config.get("data_format") == "channels_first":  # (batch, time, channels, rows, cols)
        pad_width = [[0, 0], [0, 0], [0, 0], *(list(w) for w in widths)]
        step = Step("ops.pad", {"pad_width": pad_width, "mode": "constant", "constant_values": 0.0}, "padding")
    else:
        step = Step("ZeroPadding3D", {"padding": [[0, 0], *(list(w) for w in widths)], **config}, "padding")
    return replace(fragment, before=(*fragment.before, step))
