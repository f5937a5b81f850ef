"""Layers of TensorFlow Addons, and one that lived in `tf.keras.layers.experimental`.

Sources: tensorflow_addons 0.12 layers/normalizations.py, layers/wrappers.py `WeightNormalization`, 0.13 layers/adaptive_pooling.py; tensorflow 2.4
keras/layers/kernelized.py `RandomFourierFeatures`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kconvert.spec import Tensor
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.normalization import group_normalization
from kconvert.verify.reference.values import Result, Value, wide
from kconvert.verify.reference.windows import as_it_was, channels_last, each


def weight_normalization(layer: Layer, x: Value, **kwargs: Any) -> Result:
    """`WeightNormalization`: the kernel of the layer that it holds, each column of length g."""
    held = layer.held()
    if "kernel" not in held.tensors:
        raise Lacking("the reference has weight normalization for layers with a kernel only")
    kernel = held.tensor("kernel")
    if layer.has("initialized") and not bool(layer.tensors["initialized"].read()):
        raise Lacking("it was never called before it was saved")
    axes = tuple(range(kernel.ndim - 1))
    length = np.sqrt(np.maximum(np.sum(np.square(kernel), axis=axes, keepdims=True), 1e-12))
    scaled = Tensor.constant("kernel", kernel / length * layer.tensor("g"))
    return replace(held, tensors={**held.tensors, "kernel": scaled})(x, **kwargs)


def _weight_slots(layer: Layer) -> tuple[Slot, ...]:
    data = ("~data_dep_init/kernel", "~data_dep_init/bias") if layer.get("data_init", True) else ()
    return slots("g", "~initialized", *data)(layer)


def fourier_features(layer: Layer, x: Value) -> Value:
    """`RandomFourierFeatures`: cos(x kernel / scale + bias)."""
    kernel = layer.tensor("unscaled_kernel") / layer.tensor("kernel_scale")
    return Value(np.cos(x.array @ kernel + layer.tensor("bias")))


def adaptive_pooling(rank: int, is_max: bool) -> Rule:
    """`AdaptiveAveragePooling` and `AdaptiveMaxPooling`: each axis is cut into as many equal parts as the output has."""

    def pooled(layer: Layer, x: Value) -> Value:
        array = wide(channels_last(layer, x.array))
        for axis, parts in enumerate(each(layer.get("output_size", 1), rank), start=1):
            cut = np.stack(np.split(array, parts, axis=axis), axis=axis)
            array = cut.max(axis=axis + 1) if is_max else cut.mean(axis=axis + 1)
        return Value(as_it_was(layer, array))

    return Rule(pooled)


KERAS2: dict[str, Rule] = {
    **{
        f"Addons>Adaptive{kind}Pooling{n}D": adaptive_pooling(n, kind == "Max")
        for kind in ("Max", "Average")
        for n in (1, 2, 3)
    },
    "Addons>InstanceNormalization": Rule(group_normalization, slots("gamma?scale", "beta?center")),
    "Addons>WeightNormalization": Rule(weight_normalization, _weight_slots),
    "RandomFourierFeatures": Rule(fourier_features, slots("kernel_scale", "~unscaled_kernel", "~bias")),
}
