"""Convolutions whose kernel differs from place to place.

Keras 1 and `implementation` 1 keep (places, kernel's numbers in the order of the input's axes, out). tf.keras has two more: 2 keeps a weight
from every number to every number, of which those outside of the window do not count; 3 keeps those inside in a flat list, sorted by
output and input. The bias of a channels_first layer is put on by a plain reshape of (rows, columns, out).
Sources: keras 1.0.8, 1.2.2, 2.0.8, 2.2.4 layers/local.py, backend/*_backend.py `local_conv2d`, `bias_add`; tensorflow 2.4
keras/layers/local.py, keras/utils/conv_utils.py `conv_connected_inputs`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.values import Value, wide
from kconvert.verify.reference.windows import each, is_channels_first, kernel_size


def locally_connected(rank: int) -> Rule:
    """`LocallyConnected1D`, `LocallyConnected2D`."""

    def connected(layer: Layer, x: Value) -> Value:
        later = layer.facts.dialect >= Dialect.keras2
        first = is_channels_first(layer, rank)
        names = ("strides", "subsample_length" if rank == 1 else "subsample")
        strides = each(layer.get(names[0] if later else names[1], 1), rank)
        size = kernel_size(layer, rank)
        mode = layer.get("padding", layer.get("border_mode", "valid"))
        array = wide(x.array)
        kernel = layer.tensor("kernel" if later else "W")
        implementation = int(layer.get("implementation", 1) or 1)
        if implementation == 1:
            if mode != "valid":
                raise Lacking(f"a kernel for each place exists without padding only, not with {mode!r}")
            y = _by_places(array, kernel, size, strides, first)
        else:
            y = _by_matrix(array, kernel, size, strides, mode, first, implementation)
        bias = "bias" if later else "b"
        if layer.has(bias):
            b = layer.tensor(bias)
            y = y + (b.reshape((b.shape[-1], *b.shape[:-1])) if first else b)
        return Value(activation(layer)(y))

    def own(layer: Layer) -> tuple[Slot, ...]:
        return (
            slots("kernel", "bias?use_bias")(layer)
            if layer.facts.dialect >= Dialect.keras2
            else slots("W", "b?bias")(layer)
        )

    return Rule(connected, own)


def _by_places(array: Array, kernel: Array, size: Sequence[int], strides: Sequence[int], first: bool) -> Array:
    shape = array.shape[2:] if first else array.shape[1:-1]
    lengths = [(n - k) // s + 1 for n, k, s in zip(shape, size, strides, strict=True)]
    results = []
    for number, place in enumerate(np.ndindex(*lengths)):
        cut = tuple(slice(p * s, p * s + k) for p, s, k in zip(place, strides, size, strict=True))
        window = array[(slice(None), slice(None), *cut)] if first else array[(slice(None), *cut)]
        results.append(window.reshape((array.shape[0], -1)) @ kernel[number])
    y = np.stack(results, axis=-1 if first else 1)
    return y.reshape(
        (array.shape[0], kernel.shape[-1], *lengths) if first else (array.shape[0], *lengths, kernel.shape[-1])
    )


def _by_matrix(
    array: Array,
    kernel: Array,
    size: Sequence[int],
    strides: Sequence[int],
    mode: str,
    first: bool,
    implementation: int,
) -> Array:
    """All numbers of a sample times a matrix, most of which is zero."""
    shape = array.shape[2:] if first else array.shape[1:-1]
    channels = array.shape[1] if first else array.shape[-1]
    lengths = [-(-n // s) if mode == "same" else (n - k) // s + 1 for n, k, s in zip(shape, size, strides, strict=True)]
    joined = _connections(shape, size, strides, lengths, mode)
    rank = len(size)
    if implementation == 2:
        filters = kernel.shape[rank + 1] if first else kernel.shape[-1]
        spread = joined.reshape((1, *shape, 1, *lengths) if first else (*shape, 1, *lengths, 1))
        matrix = (kernel * spread).reshape((channels * int(np.prod(shape)), -1))
    else:
        filters = _filters(kernel, joined, channels)
        inside = np.broadcast_to(
            joined.reshape((1, *shape, 1, *lengths) if first else (*shape, 1, *lengths, 1)),
            (channels, *shape, filters, *lengths) if first else (*shape, channels, *lengths, filters),
        ).reshape((channels * int(np.prod(shape)), -1))
        matrix = np.zeros(inside.T.shape)
        matrix[inside.T] = kernel  # sorted by output, then by input
        matrix = matrix.T
    y = array.reshape((array.shape[0], -1)) @ matrix
    return y.reshape((array.shape[0], filters, *lengths) if first else (array.shape[0], *lengths, filters))


def _filters(kernel: Array, joined: Array, channels: int) -> int:
    return int(kernel.size // (int(joined.sum()) * channels))


def _connections(
    shape: Sequence[int], size: Sequence[int], strides: Sequence[int], lengths: Sequence[int], mode: str
) -> Array:
    """Does a place of the input lie in the window of a place of the output? (input's axes, output's axes)."""
    joined = np.zeros((*shape, *lengths), dtype=bool)
    for place in itertools.product(*(range(n) for n in lengths)):
        cut = []
        for p, s, k, n in zip(place, strides, size, shape, strict=True):
            centre = p * s + (k // 2 if mode == "valid" else 0)
            cut.append(slice(max(0, centre - k // 2), min(n, centre - k // 2 + k)))
        index: tuple[Any, ...] = (*cut, *place)
        joined[index] = True
    return joined


BOTH = {"LocallyConnected1D": locally_connected(1), "LocallyConnected2D": locally_connected(2)}

KERAS1: dict[str, Rule] = {**BOTH}
KERAS2: dict[str, Rule] = {**BOTH}
