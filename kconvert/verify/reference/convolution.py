"""Convolutions in one, two and three dimensions.

Keras 0.x and 1.x store kernels in the layer's own order of axes; Conv1D until 1.0 as (out, in, length, 1), from 1.1 on as
(length, 1, in, out). From Keras 2 on all are (axes, in, out). Theano turns them round.
Sources: keras 0.2.0, 0.3.0, 0.3.3, 1.0.8, 1.1.0, 1.2.2, 2.0.8, 2.2.4, 2.3.1 layers/convolutional.py and backend/*_backend.py; tensorflow
2.4 keras/layers/convolutional.py; keras 3.0.5 src/layers/convolutional/.
"""

from __future__ import annotations

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Facts, Lacking
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.values import Value, wide
from kconvert.verify.reference.windows import (
    as_it_was,
    channels_last,
    correlated,
    each,
    keras1_kernel,
    paddings,
    turned,
)  # fmt: skip


def keras2_convolution(rank: int) -> Rule:
    """`Conv1D`, `Conv2D`, `Conv3D` from Keras 2 on."""

    def convolution(layer: Layer, x: Value) -> Value:
        array = wide(channels_last(layer, x.array))
        kernel = layer.tensor("kernel")
        groups = array.shape[-1] // kernel.shape[-2]
        strides, gaps = each(layer.get("strides", 1), rank), each(layer.get("dilation_rate", 1), rank)
        y = _convolved(layer, array, kernel, layer.get("padding", "valid"), strides, gaps, groups)
        y = y + layer.tensor("bias") if layer.has("bias") else y
        # an activation sees the axes as they are in the model: a softmax is over the last one, whatever that is
        return Value(activation(layer)(as_it_was(layer, y)))

    return Rule(convolution, slots("kernel", "bias?use_bias"))


def keras1_convolution(rank: int) -> Rule:
    """`Convolution2D`, `Convolution3D`, `AtrousConvolution2D` of Keras 0.x and 1.x."""

    def convolution(layer: Layer, x: Value) -> Value:
        array = channels_last(layer, x.array)
        kernel = keras1_kernel(layer, "W", rank)
        strides, gaps = each(layer.get("subsample", 1), rank), each(layer.get("atrous_rate", 1), rank)
        mode = layer.get("border_mode", "valid")
        y = _convolved(layer, array, kernel, mode, strides, gaps)
        y = y + layer.tensor("b") if layer.has("b") else y
        return Value(activation(layer)(as_it_was(layer, y)))

    return Rule(convolution, slots("W", "b?bias"))


def keras1_convolution1d(layer: Layer, x: Value) -> Value:
    """`Convolution1D`, `AtrousConvolution1D`: always (batch, steps, features)."""
    facts, kernel = layer.facts, layer.tensor("W")
    if facts.dialect is Dialect.keras1 and facts.since("1.1.0"):
        kernel = kernel[:, 0]
    else:
        kernel = np.transpose(kernel[..., 0], (2, 1, 0))
    strides, gaps = each(layer.get("subsample_length", 1), 1), each(layer.get("atrous_rate", 1), 1)
    y = _convolved(layer, x.array, kernel, layer.get("border_mode", "valid"), strides, gaps)
    y = y + layer.tensor("b") if layer.has("b") else y
    return Value(activation(layer)(y))


def _convolved(
    layer: Layer, array: Array, kernel: Array, mode: str, strides: list[int], gaps: list[int], groups: int = 1
) -> Array:
    facts, rank = layer.facts, len(strides)
    if max(gaps) > 1 and facts.known_backend == "cntk":
        raise Lacking("CNTK's convolution with gaps was never seen to run")
    is_even = rank == 3 and mode == "same" and any(k % 2 == 0 for k in kernel.shape[:3])
    if is_even and facts.dialect <= Dialect.keras1 and facts.backend == "theano" and _is_by_conv3d2d(facts, strides):
        pairs = [((k - 1) // 2, k - 1 - (k - 1) // 2) for k in kernel.shape[:3]]
        return correlated(array, turned(kernel, 3, facts), strides, gaps, pairs, array.shape[1:-1])
    pairs, lengths = paddings(facts, mode, array.shape[1:-1], kernel.shape[:rank], strides, gaps)
    return correlated(array, turned(kernel, rank, facts), strides, gaps, pairs, lengths, groups)


def _is_by_conv3d2d(facts: Facts, strides: list[int]) -> bool:
    """Did Theano's conv3d2d compute it, which has no strides with `same` and pads (k - 1) // 2? Later Kerases take what Theano has.

    Sources: keras 1.1.0 and 1.1.2 backend/theano_backend.py `conv3d`, `_old_theano_conv3d`.
    """
    if facts.dialect is Dialect.keras0 or not facts.since("1.1.1"):
        return True
    if max(strides) == 1:
        raise Lacking("Theano 0.8 and 0.9 pad even kernels of three dimensions differently, and the file says neither")
    return False


KERAS1_SLOTS = slots("W", "b?bias")
ONE = Rule(keras1_convolution1d, KERAS1_SLOTS)

KERAS0: dict[str, Rule] = {
    "Convolution1D": ONE,
    "Convolution2D": keras1_convolution(2),
    "Convolution3D": keras1_convolution(3),
}
KERAS1: dict[str, Rule] = {
    **KERAS0,
    "AtrousConvolution1D": ONE,
    "AtrousConvolution2D": keras1_convolution(2),
}
KERAS2: dict[str, Rule] = {
    "Conv1D": keras2_convolution(1),
    "Conv2D": keras2_convolution(2),
    "Conv3D": keras2_convolution(3),
    "Convolution1D": keras2_convolution(1),
    "Convolution2D": keras2_convolution(2),
    "Convolution3D": keras2_convolution(3),
}
KERAS3: dict[str, Rule] = {**KERAS2}
