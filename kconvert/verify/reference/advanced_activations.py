"""Activations that are layers.

Sources: keras 0.2.0, 0.3.3, 1.2.2, 2.0.8, 2.2.4, 2.3.1 layers/advanced_activations.py; tensorflow 2.4 keras/layers/advanced_activations.py;
keras 3.0.5 src/layers/activations/. All of them let a mask pass. Parameters have the shape of a sample, with ones where axes are shared.
"""

from __future__ import annotations

import numpy as np

from kconvert.spec import Dialect
from kconvert.verify.reference.activations import elu, relu, softmax, softplus
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.values import Value


def leaky_relu(layer: Layer, x: Value) -> Value:
    """`LeakyReLU`."""
    slope = layer.get("negative_slope", layer.get("alpha", 0.3))
    return x.to(np.where(x.array > 0, x.array, float(slope) * x.array))


def prelu(layer: Layer, x: Value) -> Value:
    """`PReLU`: one slope for each number of a sample, or for those that share an axis."""
    slope = layer.tensor("alphas" if layer.facts.dialect <= Dialect.keras1 else "alpha")
    return x.to(np.where(x.array > 0, x.array, slope * x.array))


def elu_layer(layer: Layer, x: Value) -> Value:
    """`ELU`."""
    return x.to(elu(x.array, float(layer.get("alpha", 1.0))))


def thresholded_relu(layer: Layer, x: Value) -> Value:
    """`ThresholdedReLU`: zero up to theta."""
    return x.to(np.where(x.array > np.float32(layer.get("theta", 1.0)), x.array, 0.0))


def thresholded_linear(layer: Layer, x: Value) -> Value:
    """`ThresholdedLinear` of Keras 0.x: zero between -theta and theta."""
    return x.to(np.where(np.abs(x.array) < np.float32(layer.get("theta", 1.0)), 0.0, x.array))


def parametric_softplus(layer: Layer, x: Value) -> Value:
    """`ParametricSoftplus`: alpha softplus(beta x)."""
    return x.to(softplus(layer.tensor("betas") * x.array) * layer.tensor("alphas"))


def srelu(layer: Layer, x: Value) -> Value:
    """`SReLU`: three lines; the right threshold is stored as a distance from the left one."""
    left, slope_left, slope_right = (layer.tensor(name) for name in ("t_left", "a_left", "a_right"))
    right = left + np.abs(layer.tensor("t_right"))
    y = np.where(x.array < left, left + slope_left * (x.array - left), np.minimum(x.array, right))
    return x.to(y + np.maximum(x.array - right, 0.0) * slope_right)


def relu_layer(layer: Layer, x: Value) -> Value:
    """`ReLU`, with a slope below and a top."""
    top = layer.get("max_value")
    slope, threshold = float(layer.get("negative_slope") or 0.0), float(layer.get("threshold") or 0.0)
    return x.to(relu(x.array, slope, None if top is None else float(top), threshold))


def softmax_layer(layer: Layer, x: Value) -> Value:
    """`Softmax`; a mask takes part in it from tf.keras 2.4 on: what is masked is lowered by 1e9."""
    array = x.array
    if x.mask is not None and layer.facts.is_tf_keras and layer.facts.since("2.4.0"):
        array = array + (1.0 - x.mask.astype(np.float64)) * -1e9
    return x.to(softmax(array, layer.get("axis", -1)))


PLAIN = {
    "LeakyReLU": Rule(leaky_relu),
    "ELU": Rule(elu_layer),
    "ThresholdedReLU": Rule(thresholded_relu),
}
KERAS1: dict[str, Rule] = {
    **PLAIN,
    "PReLU": Rule(prelu, slots("alphas")),
    "ParametricSoftplus": Rule(parametric_softplus, slots("alphas", "betas")),
    "SReLU": Rule(srelu, slots("t_left", "a_left", "t_right", "a_right")),
}
KERAS0: dict[str, Rule] = {**KERAS1, "ThresholdedLinear": Rule(thresholded_linear)}
KERAS2: dict[str, Rule] = {
    **PLAIN,
    "PReLU": Rule(prelu, slots("alpha")),
    "ReLU": Rule(relu_layer),
    "Softmax": Rule(softmax_layer),
}
KERAS3: dict[str, Rule] = {**KERAS2}
