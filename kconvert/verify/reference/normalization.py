"""Normalization.

Keras 0.x and 1.x store their second statistic as `running_std`. It is a standard deviation s, and y = (x - m) / (s + epsilon), until
1.0.5; in 1.0.6 still so on Theano, but a variance on TensorFlow; from 1.0.7 on a variance v: y = (x - m) / (sqrt(v) + epsilon) on
Theano in 1.0.7, (x - m) / sqrt(v + epsilon) everywhere else.
Sources: keras 0.2.0, 0.3.0, 0.3.3, 1.0.0 to 1.2.2, 2.0.8, 2.1.6, 2.2.0, 2.2.4, 2.3.1 layers/normalization.py and backend/*_backend.py; tensorflow 1.13, 2.4
keras/layers/normalization.py and python/ops/nn_impl.py `fused_batch_norm`; keras 2.15 src/layers/normalization/; keras 3.0.5 likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.values import Result, Value

FUSED_FLOOR = 1.001e-5
"""TensorFlow's fused kernel takes no smaller epsilon (python/ops/nn_impl.py)."""


def keras0_batch_normalization(layer: Layer, x: Value) -> Value:
    """Mode 0 per feature of `axis` (before 0.3.3, which has that argument: per number of a sample), mode 1 per sample."""
    epsilon = float(layer.get("epsilon", 1e-6))
    gamma, beta = layer.tensor("gamma"), layer.tensor("beta")
    if layer.get("mode", 0) == 1:
        mean, deviation = _moments(x.array, (-1,))
        return x.to(gamma * (x.array - mean) / (np.sqrt(deviation) + epsilon) + beta)
    mean, std = layer.tensor("running_mean"), layer.tensor("running_std")
    if "axis" in layer.config:
        gamma, beta, mean, std = (_along(t, (layer.get("axis"),), x.array.ndim) for t in (gamma, beta, mean, std))
    return x.to(gamma * (x.array - mean) / (std + epsilon) + beta)


def keras1_batch_normalization(layer: Layer, x: Value) -> Value:
    """Mode 0 by the stored statistics, mode 1 per sample, mode 2 by those of the batch."""
    facts, epsilon, mode = layer.facts, float(layer.get("epsilon", 1e-3)), layer.get("mode", 0)
    axes = (layer.get("axis", -1),)
    if mode == 1:
        mean, variance = _moments(x.array, (-1,))
        std = np.sqrt(variance + epsilon) if facts.since("1.0.6") else np.sqrt(variance)
        return x.to(layer.tensor("gamma") * (x.array - mean) / (std + epsilon) + layer.tensor("beta"))
    gamma, beta, mean, spread = (
        _along(layer.tensor(name), axes, x.array.ndim) for name in ("gamma", "beta", "running_mean", "running_std")
    )
    is_std = not facts.since("1.0.6") or (not facts.since("1.0.7") and facts.backend == "theano")
    if mode == 2:
        others = tuple(n for n in range(x.array.ndim) if n != axes[0] % x.array.ndim)
        mean, variance = _moments(x.array, others)
        spread = np.sqrt(variance + epsilon) if is_std else variance
    if is_std:
        divisor = spread + epsilon
    elif not facts.since("1.0.8") and facts.backend == "theano":
        divisor = np.sqrt(spread) + epsilon
    else:
        divisor = np.sqrt(spread + epsilon)
    return x.to(gamma * (x.array - mean) / divisor + beta)


def batch_normalization(layer: Layer, x: Value, training: Any = None) -> Value:
    """By the stored statistics; by those of the batch where the call says `training=True`."""
    array, config_axis = x.array, layer.get("axis", -1)
    axes = tuple(config_axis) if isinstance(config_axis, list) else (int(config_axis),)
    epsilon = float(layer.get("epsilon", 1e-3))
    if layer.get("virtual_batch_size") is not None:
        raise Lacking("the reference does not have batches inside batches (virtual_batch_size)")
    if epsilon < FUSED_FLOOR and _is_fused(layer, axes, array.ndim):
        epsilon = FUSED_FLOOR
    if training and layer.get("trainable", True):
        if layer.get("renorm"):
            raise Lacking("the reference does not have renormalization in training")
        others = tuple(n for n in range(array.ndim) if n not in {a % array.ndim for a in axes})
        mean, variance = _moments(array, others)
    else:
        mean, variance = (_along(layer.tensor(n), axes, array.ndim) for n in ("moving_mean", "moving_variance"))
    scale = 1.0 / np.sqrt(variance + epsilon)
    scale = scale * _along(layer.tensor("gamma"), axes, array.ndim) if layer.has("gamma") else scale
    shift = -mean * scale
    shift = shift + _along(layer.tensor("beta"), axes, array.ndim) if layer.has("beta") else shift
    return x.to(array * scale + shift)


def _is_fused(layer: Layer, axes: Sequence[int], rank: int) -> bool:
    """Is TensorFlow's fused kernel used? On images: in tf.keras for both orders of axes, in Keras on a CPU for the last axis."""
    facts = layer.facts
    if (
        facts.dialect is Dialect.keras3
        or rank != 4
        or len(axes) != 1
        or layer.get("renorm")
        or facts.backend != "tensorflow"
    ):
        return False
    if facts.is_tf_keras:
        return axes[0] % rank in (1, 3) and layer.get("dtype") != "float64" and layer.get("fused") is not False
    return axes[0] % rank == 3 and facts.since("2.2.0")


def layer_normalization(layer: Layer, x: Value) -> Value:
    """`LayerNormalization` of tf.keras and Keras 3: per sample, over the axes that it has parameters for."""
    array, config_axis = x.array, layer.get("axis", -1)
    axes = tuple(sorted(a % array.ndim for a in (config_axis if isinstance(config_axis, list) else [config_axis])))
    mean, variance = _moments(array, axes)
    epsilon = float(layer.get("epsilon", 1e-3))
    y = (
        array / np.sqrt(variance + epsilon)
        if layer.get("rms_scaling")
        else (array - mean) / np.sqrt(variance + epsilon)
    )
    if layer.has("gamma"):
        y = y * _along(layer.tensor("gamma"), axes, array.ndim)
    if layer.has("beta"):
        y = y + _along(layer.tensor("beta"), axes, array.ndim)
    return x.to(y)


def _layer_slots(layer: Layer) -> tuple[Slot, ...]:
    """gamma and beta; with `rms_scaling` (Keras 3) gamma alone (keras 3.0.5 src/layers/normalization/layer_normalization.py)."""
    return (Slot("gamma"),) if layer.get("rms_scaling") else SCALED(layer)


def rms_normalization(layer: Layer, x: Value) -> Value:
    """`RMSNormalization` of Keras 3: by the root of the mean of squares (keras 3.15 src/ops/nn.py `_rms_normalization`)."""
    axis = layer.get("axis", -1)
    axes = tuple(a % x.array.ndim for a in (axis if isinstance(axis, list | tuple) else [axis]))
    squares = np.mean(np.square(x.array), axis=axes, keepdims=True)
    y = x.array / np.sqrt(squares + float(layer.get("epsilon", 1e-6)))
    return x.to(y * _along(layer.tensor("scale"), axes, x.array.ndim))


def spectral_normalization(layer: Layer, x: Value, **kwargs: Any) -> Result:
    """`SpectralNormalization`: normalizes its layer's kernel in training, and calls it as it is at test time."""
    if kwargs.pop("training", None):
        raise Lacking("it is trained while it is called, as the call says")
    return layer.held()(x, **kwargs)


def group_normalization(layer: Layer, x: Value) -> Value:
    """`GroupNormalization`: neighbouring channels in groups, each normalized with all its places; -1 groups: each by itself."""
    array = x.array
    axis = int(layer.get("axis", -1)) % array.ndim
    channels = array.shape[axis]
    groups = int(layer.get("groups", 32))
    groups = channels if groups == -1 else groups
    if channels % groups:
        raise Lacking(f"{channels} channels are no {groups} groups")
    split = array.reshape((*array.shape[:axis], groups, channels // groups, *array.shape[axis + 1 :]))
    others = tuple(n for n in range(1, split.ndim) if n != axis)
    mean, variance = _moments(split, others)
    y = ((split - mean) / np.sqrt(variance + float(layer.get("epsilon", 1e-3)))).reshape(array.shape)
    if layer.has("gamma"):
        y = y * _along(layer.tensor("gamma"), (axis,), array.ndim)
    if layer.has("beta"):
        y = y + _along(layer.tensor("beta"), (axis,), array.ndim)
    return x.to(y)


def unit_normalization(layer: Layer, x: Value) -> Value:
    """`UnitNormalization`: x / sqrt(max(sum of squares, 1e-12))."""
    axis = layer.get("axis", -1)
    axes = tuple(axis) if isinstance(axis, list) else (axis,)
    squares = np.sum(np.square(x.array), axis=axes, keepdims=True)
    return x.to(x.array / np.sqrt(np.maximum(squares, 1e-12)))


def lrn2d(layer: Layer, x: Value) -> Value:
    """`LRN2D` of Keras 0.x: by the squares of the channels beside each, channels first."""
    width = int(layer.get("n", 5))
    half, channels = width // 2, x.shape[1]
    squares = np.pad(np.square(x.array), ((0, 0), (half, half), (0, 0), (0, 0)))
    total = sum(squares[:, n : n + channels] for n in range(width))
    return Value(x.array / (layer.get("k", 2) + layer.get("alpha", 1e-4) * total) ** layer.get("beta", 0.75))


def _moments(array: Array, axes: Sequence[int]) -> tuple[Array, Array]:
    """Mean and variance over axes, which stay with length one."""
    return array.mean(axis=tuple(axes), keepdims=True), array.var(axis=tuple(axes), keepdims=True)


def _along(tensor: Array, axes: Sequence[int], rank: int) -> Array:
    """A parameter with its axes at these of the input; one that has all of them already stays."""
    if tensor.ndim == rank:
        return tensor
    shape = [1] * rank
    for axis, length in zip(sorted(a % rank for a in axes), tensor.shape, strict=True):
        shape[axis] = length
    return tensor.reshape(shape)


def batch_slots(layer: Layer) -> tuple[Slot, ...]:
    """gamma, beta and the statistics; renormalization keeps more (tensorflow 2.4 `build`)."""
    found = slots("gamma?scale", "beta?center", "~moving_mean", "~moving_variance")(layer)
    if not layer.get("renorm"):
        return found
    return found + tuple(Slot(name, trainable=False) for name in ("moving_stddev", "renorm_mean", "renorm_stddev"))


STATISTICS = slots("gamma", "beta", "~running_mean", "~running_std")
SCALED = slots("gamma?scale", "beta?center")

KERAS0: dict[str, Rule] = {
    "BatchNormalization": Rule(keras0_batch_normalization, STATISTICS),
    "LRN2D": Rule(lrn2d),
}
KERAS1: dict[str, Rule] = {"BatchNormalization": Rule(keras1_batch_normalization, STATISTICS)}
KERAS3: dict[str, Rule] = {
    "BatchNormalization": Rule(batch_normalization, batch_slots),
    "GroupNormalization": Rule(group_normalization, SCALED),
    "LayerNormalization": Rule(layer_normalization, _layer_slots),
    "RMSNormalization": Rule(rms_normalization, slots("scale")),
    "SpectralNormalization": Rule(spectral_normalization, slots("~vector_u")),
    "UnitNormalization": Rule(unit_normalization),
}
KERAS2: dict[str, Rule] = {
    **KERAS3,
    "Addons>GroupNormalization": Rule(group_normalization, SCALED),
    "BatchNormalizationV1": Rule(batch_normalization, batch_slots),
    "BatchNormalizationV2": Rule(batch_normalization, batch_slots),
    "SyncBatchNormalization": Rule(batch_normalization, batch_slots),
}
