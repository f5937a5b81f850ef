"""Padding with zeros, cropping, and enlarging.

Keras 0.x and 1.0 pad both sides alike; later 1.x also takes a pair or a dict for one axis and four numbers or a dict for two. A bilinear
`UpSampling2D` is TensorFlow 1's in Keras 2 (pixel k stands at k / factor), that with centres of pixels in tf.keras from 1.15 on, the first to save it.
Sources: keras 0.2.0, 0.3.3, 1.0.0, 1.2.2 layers/convolutional.py; keras 2.0.8, 2.2.4, 2.3.1 layers/convolutional.py and
backend/*_backend.py `resize_images`; theano tensor/nnet/abstract_conv.py `bilinear_upsampling`; tensorflow 1.13, 1.15, 2.4
keras/backend.py `resize_images`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.images import resized
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.values import Value, wide
from kconvert.verify.reference.windows import Pairs, as_it_was, channels_last, each, is_channels_first, padded

SIDES = {1: ("left_pad", "right_pad"), 2: ("top_pad", "bottom_pad", "left_pad", "right_pad")}


def zero_padding(rank: int) -> Rule:
    """`ZeroPadding1D`, `ZeroPadding2D`, `ZeroPadding3D`."""

    def bordered(layer: Layer, x: Value) -> Value:
        return Value(_on_axes(layer, x.array, rank, _pairs(layer.get("padding", 1), rank)))

    return Rule(bordered)


def cropping(rank: int) -> Rule:
    """`Cropping1D`, `Cropping2D`, `Cropping3D`."""

    def cut(layer: Layer, x: Value) -> Value:
        pairs = _pairs(layer.get("cropping", 1 if rank == 1 else 0), rank)
        return Value(_on_axes(layer, x.array, rank, [(-a, -b) for a, b in pairs]))

    return Rule(cut)


def _on_axes(layer: Layer, array: Array, rank: int, pairs: Pairs) -> Array:
    return as_it_was(layer, padded(channels_last(layer, array), pairs))


def _pairs(value: Any, rank: int) -> Pairs:
    """What an argument means at the beginning and end of each axis."""
    if isinstance(value, Mapping):
        value = [value.get(side, 0) for side in SIDES[rank]]
    if not isinstance(value, list | tuple):
        return [(int(value), int(value))] * rank
    if rank == 1:
        return [(int(value[0]), int(value[-1]))]
    if len(value) == 4 and rank == 2:
        return [(int(value[0]), int(value[1])), (int(value[2]), int(value[3]))]
    both = [v if isinstance(v, list | tuple) else (v, v) for v in value]
    return [(int(begin), int(end)) for begin, end in both]


def up_sampling1d(layer: Layer, x: Value) -> Value:
    """`UpSampling1D`: every step several times."""
    times = each(layer.get("size", layer.get("length", 2)), 1)[0]
    return Value(np.repeat(x.array, times, axis=1))


def up_sampling(rank: int) -> Rule:
    """`UpSampling2D`, `UpSampling3D`: every pixel several times, or what lies between them."""

    def enlarged(layer: Layer, x: Value) -> Value:
        array = channels_last(layer, x.array)
        times = each(layer.get("size", 2), rank)
        method = layer.get("interpolation", "nearest")
        if method == "nearest":
            for axis, factor in enumerate(times, start=1):
                array = np.repeat(array, factor, axis=axis)
            return Value(as_it_was(layer, array))
        size = [n * factor for n, factor in zip(array.shape[1:3], times, strict=True)]
        if layer.facts.dialect is Dialect.keras3 and is_channels_first(layer, rank):
            raise Lacking(
                "Keras 3.0 resizes channels_first images to a wrong size, and it was not read since when it does not"
            )
        if layer.facts.is_tf_keras or layer.facts.dialect is Dialect.keras3:
            return Value(as_it_was(layer, resized(wide(array), size, method)))
        if method != "bilinear":
            raise Lacking(f"Keras 2 has no UpSampling2D with {method!r}")
        if layer.facts.backend == "theano":
            return Value(as_it_was(layer, _theano_bilinear(wide(array), times)))
        return Value(as_it_was(layer, resized(wide(array), size, method, half_pixel=False)))

    return Rule(enlarged)


def _theano_bilinear(array: Array, times: list[int]) -> Array:
    """`theano.tensor.nnet.abstract_conv.bilinear_upsampling` with its one-dimensional kernels."""
    for axis, factor in enumerate(times, start=1):
        array = np.moveaxis(_theano_line(np.moveaxis(array, axis, -1), factor), -1, axis)
    return array


def _theano_line(rows: Array, factor: int) -> Array:
    """Each number, the first and last twice, lays down a triangle."""
    edged = np.concatenate([rows[..., :1], rows, rows[..., -1:]], axis=-1)
    rising = np.arange(1, factor + 1) / factor
    triangle = np.concatenate([rising, rising[-2::-1]])
    whole = np.zeros((*rows.shape[:-1], (edged.shape[-1] - 1) * factor + len(triangle)))
    for place, weight in enumerate(triangle):
        whole[..., place : place + (edged.shape[-1] - 1) * factor + 1 : factor] += weight * edged
    begin = 2 * factor - (factor - 1) // 2 - 1
    return whole[..., begin : begin + rows.shape[-1] * factor]


FILLED = {f"ZeroPadding{n}D": zero_padding(n) for n in (1, 2, 3)}
CUT = {f"Cropping{n}D": cropping(n) for n in (1, 2, 3)}
LARGER = {"UpSampling1D": Rule(up_sampling1d), "UpSampling2D": up_sampling(2), "UpSampling3D": up_sampling(3)}

KERAS0: dict[str, Rule] = {**FILLED, **LARGER, "UpSample1D": Rule(up_sampling1d), "UpSample2D": up_sampling(2)}
KERAS1: dict[str, Rule] = {**FILLED, **CUT, **LARGER}
KERAS2: dict[str, Rule] = {**FILLED, **CUT, **LARGER}
KERAS3: dict[str, Rule] = {**FILLED, **CUT, **LARGER}
