"""Dense and what only moves numbers about.

Sources: keras 0.3.3, 1.2.2, 2.2.4 layers/core.py; tensorflow 2.4 keras/layers/core.py.
"""

from __future__ import annotations

import numpy as np

from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.values import Value


def unchanged(layer: Layer, x: Value, **kwargs: object) -> Value:
    """Dropout, noise and the like: nothing happens at test time; the mask goes on."""
    return x


def keras2_dense(layer: Layer, x: Value) -> Value:
    """`Dense`: the last axis times the kernel."""
    y = x.array @ layer.tensor("kernel")
    if layer.has("bias"):
        y = y + layer.tensor("bias")
    return x.to(activation(layer)(y))


def activated(layer: Layer, x: Value) -> Value:
    """`Activation`."""
    return x.to(activation(layer)(x.array))


def keras2_flatten(layer: Layer, x: Value) -> Value:
    """`Flatten`: rows of each sample one after another."""
    return Value(np.reshape(x.array, (x.shape[0], -1)))


def given(layer: Layer) -> Value:
    """`InputLayer`, whose value is put in its place before the model runs."""
    raise Lacking("this input is not among those of the model")


KERAS0: dict[str, Rule] = {"InputLayer": Rule(given)}
KERAS1: dict[str, Rule] = {"InputLayer": Rule(given)}
KERAS2: dict[str, Rule] = {
    "InputLayer": Rule(given),
    "Activation": Rule(activated),
    "Dense": Rule(keras2_dense, slots("kernel", "bias?use_bias")),
    "Dropout": Rule(unchanged),
    "Flatten": Rule(keras2_flatten),
}
KERAS3: dict[str, Rule] = {**KERAS2}
