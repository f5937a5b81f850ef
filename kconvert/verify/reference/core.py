"""Dense layers and what only moves numbers about.

Sources: keras 0.2.0, 0.3.3, 1.2.2, 2.0.8, 2.1.6, 2.2.4, 2.3.1 layers/core.py; keras 1.2.2 and 2.3.1 legacy/layers.py; tensorflow 1.13, 2.4
keras/layers/core.py; keras 3.0.5 src/layers/reshaping/flatten.py. Where a layer of Keras 1 or 2 does not support masks, a mask on its input
was an error, so no file has one there; tf.keras dropped it.
"""

from __future__ import annotations

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation, sigmoid
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.values import Value, wide


def given(layer: Layer) -> Value:
    """`InputLayer`, whose value is put in its place before the model runs."""
    raise Lacking("this input is not among those of the model")


def unchanged(layer: Layer, x: Value, **kwargs: object) -> Value:
    """Layers that do nothing at test time; the mask goes on."""
    return x


def identity(layer: Layer, x: Value) -> Value:
    """`Identity`, which loses the mask in tf.keras and keeps it in Keras 3."""
    return x.unmasked() if layer.facts.dialect is Dialect.keras2 else x


def dense(layer: Layer, x: Value) -> Value:
    """`Dense`, `TimeDistributedDense`: the last axis times the kernel, whichever name that has."""
    kernel, bias = ("kernel", "bias") if layer.facts.dialect >= Dialect.keras2 else ("W", "b")
    y = layer.times(wide(x.array), kernel)
    if layer.has(bias):
        y = y + layer.tensor(bias)
    return x.to(activation(layer)(y))


def activated(layer: Layer, x: Value) -> Value:
    """`Activation`."""
    return x.to(activation(layer)(x.array))


def flatten(layer: Layer, x: Value) -> Value:
    """`Flatten`: each sample's numbers in their order; channels move last where the file says `channels_first` (keras 2.1.6 on)."""
    array = x.array
    if layer.get("data_format") == "channels_first" and array.ndim > 2:
        array = np.moveaxis(array, 1, -1)
    return Value(np.reshape(array, (array.shape[0], -1)))


def reshaped(layer: Layer, x: Value) -> Value:
    """`Reshape`: `dims` in Keras 0.x, `target_shape` afterwards, each with at most one -1."""
    shape = layer.get("target_shape", layer.get("dims"))
    return Value(np.reshape(x.array, (x.shape[0], *(int(n) for n in shape))))


def permuted(layer: Layer, x: Value) -> Value:
    """`Permute`: the axes after the batch, counted from 1."""
    return Value(np.transpose(x.array, (0, *(int(n) for n in layer.get("dims")))))


def repeated(layer: Layer, x: Value) -> Value:
    """`RepeatVector`: n steps of the same."""
    return Value(np.repeat(x.array[:, np.newaxis], int(layer.get("n")), axis=1))


def masking(layer: Layer, x: Value) -> Value:
    """`Masking`: steps that are all `mask_value` become zero, and masked."""
    mask = np.any(x.array != np.float32(layer.get("mask_value", 0.0)), axis=-1)
    return Value(x.array * mask[..., np.newaxis], mask)


def keras0_dropout(layer: Layer, x: Value) -> Value:
    """Until 0.2.0 the test's numbers were multiplied with what is kept, from 0.3.0 on training's were divided by it."""
    return x if layer.facts.since("0.3.0") else x.to(x.array * (1.0 - float(layer.get("p"))))


def maxout_dense(layer: Layer, x: Value) -> Value:
    """`MaxoutDense`: the largest of `nb_feature` dense layers."""
    y = np.einsum("ni,kio->nko", x.array, layer.tensor("W"))
    if layer.has("b"):
        y = y + layer.tensor("b")
    return Value(y.max(axis=1))


def highway(layer: Layer, x: Value) -> Value:
    """`Highway`: the gate's share of a dense layer, the rest of the input itself."""

    def product(kernel: str, bias: str) -> Array:
        y = x.array @ layer.tensor(kernel)
        return wide(y + layer.tensor(bias) if layer.has(bias) else y)

    gate = sigmoid(product("W_carry", "b_carry"))
    return Value(gate * activation(layer)(product("W", "b")) + (1 - gate) * x.array)


def highway_slots(layer: Layer) -> tuple[Slot, ...]:
    """W, b, W_carry, b_carry; from 1.2.0 on W, W_carry, b, b_carry (keras 1.1.2, 1.2.0 layers/core.py `build`)."""
    if not layer.get("bias", True):
        return slots("W", "W_carry")(layer)
    dialect = layer.facts.dialect
    grouped = dialect >= Dialect.keras2 or (dialect is Dialect.keras1 and layer.facts.since("1.2.0"))
    return slots(*(("W", "W_carry", "b", "b_carry") if grouped else ("W", "b", "W_carry", "b_carry")))(layer)


PLAIN = {
    "InputLayer": Rule(given),
    "Activation": Rule(activated),
    "ActivityRegularization": Rule(unchanged),
    "Flatten": Rule(flatten),
    "GaussianDropout": Rule(unchanged),
    "GaussianNoise": Rule(unchanged),
    "Masking": Rule(masking),
    "Permute": Rule(permuted),
    "RepeatVector": Rule(repeated),
    "Reshape": Rule(reshaped),
}
DENSE = Rule(dense, slots("W", "b?bias"))
DROPOUTS = {n: Rule(unchanged) for n in ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")}
HIGHWAY = {"Highway": Rule(highway, highway_slots), "MaxoutDense": Rule(maxout_dense, slots("W", "b?bias"))}

KERAS0: dict[str, Rule] = {
    **PLAIN, **HIGHWAY,
    "Dense": DENSE,
    "Dropout": Rule(keras0_dropout),
    "TimeDistributedDense": DENSE,
}  # fmt: skip
KERAS1: dict[str, Rule] = {**PLAIN, **HIGHWAY, **DROPOUTS, "Dense": DENSE, "TimeDistributedDense": DENSE}
KERAS2: dict[str, Rule] = {
    **PLAIN, **DROPOUTS, **HIGHWAY,
    "AlphaDropout": Rule(unchanged),
    "Dense": Rule(dense, slots("kernel", "bias?use_bias")),
    "Identity": Rule(identity),
}  # fmt: skip
KERAS3: dict[str, Rule] = {**KERAS2}
