"""Transposed convolutions: each number of the input lays the kernel down, the sum of it all is cut to the length that was asked for.

What is cut at the beginning is what a convolution of that length would have padded there. TensorFlow: half of
(n - 1) s + k - length, rounded down; Theano: k // 2, its kernels turned round; CNTK: the half, rounded up for odd k.
Sources: keras 1.2.2 layers/convolutional.py `Deconvolution2D`, backend/*_backend.py `deconv2d`; keras 2.0.8, 2.2.4, 2.3.1
utils/conv_utils.py `deconv_length`, backend/*_backend.py `conv2d_transpose`; tensorflow 2.4 keras/utils/conv_utils.py
`deconv_output_length`; keras 3.0.5 src/backend/common/backend_utils.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Facts, Lacking
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.values import Value, wide
from kconvert.verify.reference.windows import (
    as_it_was,
    channels_last,
    each,
    is_channels_first,
    keras1_kernel,
    turned,
)  # fmt: skip


def keras2_transposed(rank: int) -> Rule:
    """`Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`: the kernel is (axes, out, in)."""

    def convolution(layer: Layer, x: Value) -> Value:
        array = wide(channels_last(layer, x.array))
        kernel = turned(layer.tensor("kernel"), rank, layer.facts)
        strides, gaps = each(layer.get("strides", 1), rank), each(layer.get("dilation_rate") or 1, rank)
        mode, extra = layer.get("padding", "valid"), layer.get("output_padding")
        extras = [None] * rank if extra is None else each(extra, rank)
        lengths = [
            _length(n, s, (k - 1) * d + 1, mode, e)
            for n, s, k, d, e in zip(array.shape[1:-1], strides, kernel.shape, gaps, extras, strict=False)
        ]
        y = _laid_down(layer.facts, array, kernel, mode, strides, gaps, lengths)
        y = y + layer.tensor("bias") if layer.has("bias") else y
        return Value(activation(layer)(as_it_was(layer, y)))

    return Rule(convolution, slots("kernel", "bias?use_bias"))


def keras1_deconvolution(layer: Layer, x: Value) -> Value:
    """`Deconvolution2D`: the length of the result is an argument."""
    array = channels_last(layer, x.array)
    kernel = np.swapaxes(turned(keras1_kernel(layer, "W", 2), 2, layer.facts), -1, -2)
    asked = layer.get("output_shape", layer.get("output_shape_"))
    lengths = [int(n) for n in (asked[2:4] if is_channels_first(layer, 2) else asked[1:3])]
    mode, strides = layer.get("border_mode", "valid"), each(layer.get("subsample", 1), 2)
    y = _laid_down(layer.facts, array, kernel, mode, strides, [1, 1], lengths)
    if mode == "same" and any(k % 2 == 0 for k in kernel.shape[:2]) and layer.facts.backend == "theano":
        cut = [
            -(-n // s) if k % 2 == 0 else None for n, s, k in zip(array.shape[1:3], strides, kernel.shape, strict=False)
        ]
        y = y[:, : cut[0], : cut[1]]  # the cut of a plain convolution, which Keras makes here too
    y = y + layer.tensor("b") if layer.has("b") else y
    return Value(activation(layer)(as_it_was(layer, y)))


def _length(n: int, stride: int, span: int, mode: str, extra: int | None) -> int:
    if mode not in ("same", "valid"):
        raise Lacking(f"the reference does not have the padding {mode!r} of a transposed convolution")
    if extra is None:
        return n * stride + (max(span - stride, 0) if mode == "valid" else 0)
    return (n - 1) * stride + span - 2 * (span // 2 if mode == "same" else 0) + extra


def _laid_down(
    facts: Facts,
    array: Array,
    kernel: Array,
    mode: str,
    strides: Sequence[int],
    gaps: Sequence[int],
    lengths: Sequence[int],
) -> Array:
    spatial = kernel.shape[: len(strides)]
    spans = [(k - 1) * d + 1 for k, d in zip(spatial, gaps, strict=True)]
    steps = array.shape[1:-1]
    whole = [(n - 1) * s + span for n, s, span in zip(steps, strides, spans, strict=True)]
    begins = [_begin(facts, mode, full, length, span) for full, length, span in zip(whole, lengths, spans, strict=True)]
    before = [
        max(-b, 0) for b in begins
    ]  # CNTK begins before the first number where strides are larger than the kernel
    size = [max(a + full, a + b + length) for a, full, b, length in zip(before, whole, begins, lengths, strict=True)]
    result = np.zeros((array.shape[0], *size, kernel.shape[-2]))
    for place in np.ndindex(*spatial):
        where = tuple(
            slice(a + i * d, a + i * d + (n - 1) * s + 1, s)
            for a, i, d, n, s in zip(before, place, gaps, steps, strides, strict=True)
        )
        result[(slice(None), *where)] += array @ kernel[place].T
    kept = (slice(a + b, a + b + length) for a, b, length in zip(before, begins, lengths, strict=True))
    return result[(slice(None), *kept)]


def _begin(facts: Facts, mode: str, full: int, length: int, span: int) -> int:
    if mode == "full":
        return span - 1
    if mode != "same":
        return 0
    total = full - length
    if total >= 0 and total % 2 == 0 and total // 2 == span // 2:
        return total // 2
    if facts.backend == "theano":
        return span // 2
    if facts.backend == "cntk":
        return -(-total // 2) if span % 2 else total // 2
    return max(total, 0) // 2


KERAS1: dict[str, Rule] = {"Deconvolution2D": Rule(keras1_deconvolution, slots("W", "b?bias"))}
KERAS2: dict[str, Rule] = {
    "Conv1DTranspose": keras2_transposed(1),
    "Conv2DTranspose": keras2_transposed(2),
    "Conv3DTranspose": keras2_transposed(3),
    "Convolution2DTranspose": keras2_transposed(2),
    "Convolution3DTranspose": keras2_transposed(3),
    "Deconvolution2D": keras2_transposed(2),
    "Deconvolution3D": keras2_transposed(3),
}
KERAS3: dict[str, Rule] = {**KERAS2}
