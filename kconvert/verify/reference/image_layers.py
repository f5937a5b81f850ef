"""Layers in front of a network that sees images, and `Normalization`.

What augments images does nothing at test time. `RandomCrop` then makes the size all the same: until 2.6 by resizing to the shorter side and
cutting the middle out, from 2.8 on by cutting the middle out and resizing.
Sources: tensorflow 2.3, 2.4 keras/layers/preprocessing/image_preprocessing.py, normalization.py; keras 2.6, 2.8, 2.12, 2.15
(src/)layers/preprocessing/, (src/)utils/image_utils.py `smart_resize`; keras 3.0.5 src/layers/preprocessing/.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.core import unchanged
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.images import resized
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.values import Value


def rescaling(layer: Layer, x: Value) -> Value:
    """`Rescaling`: x scale + offset."""
    scale, offset = (
        np.asarray(layer.get(name, default), dtype=np.float64) for name, default in (("scale", 1), ("offset", 0))
    )
    if max(scale.ndim, offset.ndim) > 0 and layer.get("data_format") == "channels_first":
        raise Lacking("the reference does not have scales for channels that come first")
    return _on(layer, x, x.array * scale + offset)


def normalization(layer: Layer, x: Value) -> Value:
    """`Normalization`: (x - mean) / max(sqrt(variance), 1e-7), the statistics given or learned, along the axes that are kept."""
    array = x.array.astype(np.float64)
    array = array[:, np.newaxis] if array.ndim == 1 and not layer.facts.since("2.6.0") else array
    axis = layer.get("axis", -1)
    axes = [] if axis is None else sorted(a % array.ndim for a in (axis if isinstance(axis, list | tuple) else [axis]))
    shape = [array.shape[n] if n in axes else 1 for n in range(array.ndim)]
    mean, variance = (_statistic(layer, name, shape, [array.shape[n] for n in axes]) for name in ("mean", "variance"))
    deviation = np.sqrt(variance)
    if deviation.min(initial=1.0) < 1e-7 and not layer.facts.since("2.4.1"):
        raise Lacking(
            "TensorFlow 2.3 divides by a variance of zero, 2.4 by 1e-7, and the file does not say which wrote it"
        )
    deviation = np.maximum(deviation, 1e-7)
    return _on(layer, x, mean + array * deviation if layer.get("invert") else (array - mean) / deviation)


def _on(layer: Layer, x: Value, array: Array) -> Value:
    """The result of a layer that lets a mask pass in Keras 3 and loses it in tf.keras."""
    return x.to(array) if layer.facts.dialect is Dialect.keras3 else Value(array)


def _statistic(layer: Layer, name: str, shape: list[int], kept: list[int]) -> Array:
    given = layer.get(name)
    if given is None:
        return layer.tensor(name).reshape(shape)
    return (np.asarray(given, dtype=np.float64) * np.ones(kept)).reshape(shape)


def resizing(layer: Layer, x: Value) -> Value:
    """`Resizing`."""
    size = [int(layer.get("height")), int(layer.get("width"))]
    if layer.get("data_format", "channels_last") != "channels_last" or layer.get("pad_to_aspect_ratio"):
        raise Lacking("the reference does not have Resizing with channels first or with padding")
    method = layer.get("interpolation", "bilinear")
    array = x.array.astype(np.float64)
    if layer.get("crop_to_aspect_ratio"):
        return Value(_smart(array, size, method))
    return Value(resized(array, size, method))


def center_crop(layer: Layer, x: Value) -> Value:
    """`CenterCrop`; from 2.8 on a smaller image is resized."""
    size = [int(layer.get("height")), int(layer.get("width"))]
    array = x.array.astype(np.float64)
    if array.shape[1] >= size[0] and array.shape[2] >= size[1]:
        return Value(_middle(array, size))
    return Value(_smart(array, size, "bilinear"))


def random_crop(layer: Layer, x: Value, training: Any = None) -> Value:
    """`RandomCrop` at test time."""
    size = [int(layer.get("height")), int(layer.get("width"))]
    array, facts = x.array.astype(np.float64), layer.facts
    if training:
        raise Lacking("it is random, as the call says")
    if facts.dialect is Dialect.keras3:
        is_large = array.shape[1] >= size[0] and array.shape[2] >= size[1]
        return Value(_middle(array, size) if is_large else _smart(array, size, "bilinear"))
    if facts.since("2.8.0"):
        return Value(_smart(array, size, "bilinear"))
    if facts.since("2.7.0"):
        raise Lacking("it was not read what RandomCrop of Keras 2.7 does")
    rows, columns = array.shape[1:3]
    if rows / columns > size[0] / size[1]:
        larger = [int(size[1] * rows / columns), size[1]]
    else:
        larger = [size[0], int(size[0] * columns / rows)]
    return Value(_middle(resized(array, larger, "bilinear"), size))


def _middle(array: Array, size: list[int]) -> Array:
    row, column = (array.shape[1] - size[0]) // 2, (array.shape[2] - size[1]) // 2
    return array[:, row : row + size[0], column : column + size[1]]


def _smart(array: Array, size: list[int], method: str) -> Array:
    """`smart_resize`: the largest middle part of the same proportions, resized."""
    rows, columns = array.shape[1:3]
    part = [min(rows, int(columns * size[0] / size[1])), min(columns, int(rows * size[1] / size[0]))]
    return resized(_middle(array, part), size, method)


RANDOM = (
    "RandomBrightness", "RandomContrast", "RandomFlip", "RandomHeight", "RandomRotation", "RandomTranslation", "RandomWidth", "RandomZoom",
)  # fmt: skip

KERAS2: dict[str, Rule] = {
    **{name: Rule(unchanged) for name in RANDOM},
    "CenterCrop": Rule(center_crop),
    "Normalization": Rule(
        normalization, lambda layer: slots("~mean", "~variance", "~count")(layer) if layer.get("mean") is None else ()
    ),
    "RandomCrop": Rule(random_crop),
    "Rescaling": Rule(rescaling),
    "Resizing": Rule(resizing),
}
KERAS3: dict[str, Rule] = {**KERAS2}
