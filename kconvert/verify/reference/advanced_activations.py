"""Activations that are layers.

Sources: keras 0.2.0, 0.3.3, 1.2.2, 2.0.8, 2.2.4, 2.3.1 layers/advanced_activations.py; tensorflow 2.4 keras/layers/advanced_activations.py;
keras 3.0.5 src/layers/activations/. All of them but one let a mask pass. Parameters have the shape of a sample, with ones where axes are shared.
"""

from __future__ import annotations

import numpy as np

from kconvert.spec import Dialect
from kconvert.verify.reference.activations import elu, relu, softmax, softplus
from kconvert.verify.reference.facts import Lacking
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
    width = np.abs(layer.tensor("t_right"))
    shifted = x.array - left
    y = np.where(shifted < 0, slope_left * shifted, np.minimum(shifted, width))
    if (slope_left < 0).any() and layer.facts.backend == "theano":
        y = np.minimum(y, width)  # its `relu` limits the left line too (keras 1.2.2 backend/theano_backend.py)
    return x.to(left + y + np.maximum(shifted - width, 0.0) * slope_right)


def relu_layer(layer: Layer, x: Value) -> Value:
    """`ReLU`, with a slope below and a top."""
    if x.mask is not None and layer.facts.is_tf_keras:
        x = x if layer.facts.since("2.6.0") else _unmasked_before(layer, x)
    top = layer.get("max_value")
    slope, threshold = float(layer.get("negative_slope") or 0.0), float(layer.get("threshold") or 0.0)
    return x.to(relu(x.array, slope, None if top is None else float(top), threshold))


def _unmasked_before(layer: Layer, x: Value) -> Value:
    """tf.keras's `ReLU` lost the mask until 2.4 (tensorflow 2.4 keras/layers/advanced_activations.py, keras 2.6 likewise)."""
    if layer.facts.since("2.5.0"):
        raise Lacking("it was not read whether ReLU of TensorFlow 2.5 lets a mask pass")
    return x.unmasked()


def softmax_layer(layer: Layer, x: Value) -> Value:
    """`Softmax`; a mask takes part in it from TensorFlow 2.4 on, in Keras 3 too: what is masked is lowered by 1e9."""
    facts, axis = layer.facts, layer.get("axis", -1)
    plain = softmax(x.array, axis)
    if x.mask is None or (facts.dialect is Dialect.keras2 and not (facts.is_tf_keras and facts.since("2.4.0"))):
        return x.to(plain)
    masked = softmax(x.array + (1.0 - x.mask.astype(np.float64)) * -1e9, axis)
    if facts.dialect is Dialect.keras2 and not facts.since("2.4.1") and not np.allclose(plain, masked):
        raise Lacking(
            "TensorFlow 2.3 and 2.4 differ in a masked Softmax, and the file does not say which of them wrote it"
        )
    return x.to(masked)


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
