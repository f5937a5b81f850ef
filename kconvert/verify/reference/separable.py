"""Convolutions that keep channels apart, and those that join them again afterwards.

A depthwise kernel is (axes, in, multiplier); channel c and factor m give channel c * multiplier + m. Nothing is turned round: Keras
turns the depthwise kernel for Theano itself. With `same` on Theano, Keras cuts the result of a separable convolution by the parity
of the 1x1 kernel, that is never: an even depthwise kernel gives one more.
Sources: keras 1.2.2 and 2.2.4 layers/convolutional.py, backend/tensorflow_backend.py `separable_conv2d`, backend/theano_backend.py;
tensorflow 2.4 keras/layers/convolutional.py; keras 3.0.5 src/layers/convolutional/base_depthwise_conv.py, base_separable_conv.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.values import Value, wide
from kconvert.verify.reference.windows import (
    as_it_was,
    channels_last,
    each,
    keras1_kernel,
    padded,
    paddings,
    taps,
)  # fmt: skip


def separable(rank: int) -> Rule:
    """`SeparableConv1D`, `SeparableConv2D`."""

    def convolution(layer: Layer, x: Value) -> Value:
        depthwise, pointwise = layer.tensor("depthwise_kernel"), layer.tensor("pointwise_kernel")
        y = _depthwise(
            layer, x, depthwise, layer.get("padding", "valid"), each(layer.get("strides", 1), rank), is_cut=False
        )
        y = y @ pointwise[(0,) * rank]
        y = y + layer.tensor("bias") if layer.has("bias") else y
        return Value(activation(layer)(as_it_was(layer, y)))

    return Rule(convolution, slots("depthwise_kernel", "pointwise_kernel", "bias?use_bias"))


def keras1_separable(layer: Layer, x: Value) -> Value:
    """`SeparableConvolution2D` of Keras 1, which TensorFlow alone had; with `th` kernels are (multiplier, in, axes)."""
    depthwise, pointwise = (keras1_kernel(layer, name, 2) for name in ("depthwise_kernel", "pointwise_kernel"))
    y = _depthwise(
        layer, x, depthwise, layer.get("border_mode", "valid"), each(layer.get("subsample", 1), 2), is_cut=False
    )
    y = y @ pointwise[0, 0]
    y = y + layer.tensor("b") if layer.has("b") else y
    return Value(activation(layer)(as_it_was(layer, y)))


def depthwise(rank: int) -> Rule:
    """`DepthwiseConv1D`, `DepthwiseConv2D`."""

    def convolution(layer: Layer, x: Value) -> Value:
        kernel = layer.tensor(_depthwise_slots(layer)[0].name)
        y = _depthwise(
            layer, x, kernel, layer.get("padding", "valid"), each(layer.get("strides", 1), rank), is_cut=True
        )
        y = y + layer.tensor("bias") if layer.has("bias") else y
        return Value(activation(layer)(as_it_was(layer, y)))

    return Rule(convolution, _depthwise_slots)


def _depthwise_slots(layer: Layer) -> tuple[Slot, ...]:
    kernel = "kernel" if layer.facts.dialect is Dialect.keras3 else "depthwise_kernel"
    return slots(kernel, "bias?use_bias")(layer)


def _depthwise(layer: Layer, x: Value, kernel: Array, mode: str, strides: Sequence[int], is_cut: bool) -> Array:
    array = wide(channels_last(layer, x.array))
    spatial = kernel.shape[: len(strides)]
    gaps = each(layer.get("dilation_rate", 1), len(strides))
    if (
        max(gaps) > 1
        and layer.facts.dialect is Dialect.keras2
        and not (layer.facts.is_tf_keras or layer.facts.since("2.0.9"))
    ):
        gaps = [1] * len(
            strides
        )  # written to the file, but not given to the backend (keras 2.0.8 layers/convolutional.py)
    pairs, lengths = paddings(layer.facts, mode, array.shape[1:-1], spatial, strides, gaps)
    if mode == "same" and not is_cut and any(k % 2 == 0 for k in spatial) and layer.facts.backend == "theano":
        spans = [(k - 1) * d + 1 for k, d in zip(spatial, gaps, strict=True)]
        lengths = [(n + b + e - span) // s + 1 for n, (b, e), span, s in
                   zip(array.shape[1:-1], pairs, spans, strides, strict=True)]  # fmt: skip
    if layer.facts.known_backend == "cntk":
        _check_cntk(array.shape[-1], spatial, gaps, pairs)
    array = padded(array, pairs)
    result = np.zeros((array.shape[0], *lengths, *kernel.shape[-2:]))
    for place, tap in taps(array, spatial, strides, gaps, lengths):
        result += tap[..., np.newaxis] * kernel[place]
    return result.reshape((*result.shape[:-2], -1))


def _check_cntk(channels: int, spatial: Sequence[int], gaps: Sequence[int], pairs: Sequence[tuple[int, int]]) -> None:
    """What CNTK does not do as it should: measured with 2.7 on a CPU."""
    if max(gaps) > 1:
        raise Lacking("Keras gives CNTK the gaps of this convolution as strides (keras 2.2.4 backend/cntk_backend.py)")
    if channels > 1 and any(b != e and k % 2 == 0 for (b, e), k in zip(pairs, spatial, strict=True)):
        raise Lacking("with uneven padding CNTK computes every channel from the first one on a CPU, and not on a GPU")


KERAS1: dict[str, Rule] = {
    "SeparableConvolution2D": Rule(keras1_separable, slots("depthwise_kernel", "pointwise_kernel", "b?bias")),
}
KERAS2: dict[str, Rule] = {
    "DepthwiseConv1D": depthwise(1),
    "DepthwiseConv2D": depthwise(2),
    "SeparableConv1D": separable(1),
    "SeparableConv2D": separable(2),
    "SeparableConvolution1D": separable(1),
    "SeparableConvolution2D": separable(2),
}
KERAS3: dict[str, Rule] = {**KERAS2}
