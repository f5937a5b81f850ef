"""Activation functions by name, as each Keras had them.

Sources: tensorflow_addons 0.12 activations/; keras 0.3.3, 1.2.2, 2.0.8, 2.2.4, 2.3.1 activations.py and backend/*_backend.py; tensorflow 2.4 keras/activations.py; keras 2.15
src/activations.py; keras 3.0.5 src/activations/activations.py and src/backend/tensorflow/nn.py. `hard_sigmoid` has one formula on
all backends until Keras 3. `relu6`, `swish`, `mish` and `hard_swish` stood in user code before Keras had them, always in this meaning
(keras 2.1.6 applications/mobilenet.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer
from kconvert.verify.reference.scalars import erf

Activation = Callable[[Array], Array]


def activation(layer: Layer, argument: str = "activation", default: Any = "linear") -> Activation:
    """The function that an argument of a layer names.

    Raises:
        Lacking: it is none that this Keras had.
    """
    return named(layer, layer.get(argument, default))


def named(layer: Layer, value: Any) -> Activation:
    """The function that stands in a config: a name, None, or an object of Keras 3.

    Raises:
        Lacking: it is none that this Keras had.
    """
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        value = value.get("config")
    if layer.facts.own.find(value.get("class_name") if isinstance(value, Mapping) else value):
        raise Lacking(f"the activation {value!r} is the user's own")
    if isinstance(value, Mapping) and value.get("class_name") in OBJECTS:
        return OBJECTS[value["class_name"]](value.get("config") or {})
    if value is None:
        return linear
    if isinstance(value, str) and value in OF_ADDONS:
        return OF_ADDONS[value]
    key = value.removeprefix("Custom>") if isinstance(value, str) else None
    known = OF_KERAS3 if layer.facts.dialect is Dialect.keras3 else OF_ALL
    if key not in known:
        raise Lacking(f"the reference does not have the activation {value!r}")
    return known[key]


def linear(x: Array) -> Array:
    """x."""
    return x


def relu(x: Array, slope: float = 0.0, top: float | None = None, threshold: float = 0.0) -> Array:
    """x above the threshold, at most `top`, and a line of this slope that ends at the threshold below it."""
    y = np.maximum(x, 0.0) if threshold == 0.0 else np.where(x > threshold, x, 0.0)
    y = y if top is None else np.minimum(y, top)
    return y if slope == 0.0 else np.where(x <= threshold, slope * (x - threshold), y)


def softmax(x: Array, axis: Any = -1) -> Array:
    """Shares of exp(x) along one axis or several."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    shares: Array = e / e.sum(axis=axis, keepdims=True)
    return shares


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def hard_sigmoid(x: Array) -> Array:
    """Until Keras 3: clip(0.2 x + 0.5)."""
    return np.clip(0.2 * x + 0.5, 0.0, 1.0)


def keras3_hard_sigmoid(x: Array) -> Array:
    """From Keras 3 on: relu6(x + 3) / 6."""
    return np.clip(x + 3.0, 0.0, 6.0) / 6.0


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    return np.logaddexp(x, 0.0)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """x, or alpha (exp(x) - 1) below zero."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def selu(x: Array) -> Array:
    """`elu` with the two constants of self-normalizing networks."""
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


def gelu(x: Array, approximate: bool = False) -> Array:
    """x times the normal distribution up to x."""
    inner = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)) if approximate else erf(x / np.sqrt(2))
    share: Array = 0.5 * (1 + inner)
    return x * share


def swish(x: Array) -> Array:
    """x sigmoid(x)."""
    return x * sigmoid(x)


def mish(x: Array) -> Array:
    """x tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def log_softmax(x: Array) -> Array:
    """log of `softmax`."""
    shifted = x - x.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def relu6(x: Array) -> Array:
    """x between 0 and 6."""
    return np.clip(x, 0.0, 6.0)


OBJECTS: Mapping[str, Callable[[Mapping[str, Any]], Activation]] = {
    "ReLU": lambda c: partial(
        relu, slope=c.get("negative_slope") or 0.0, top=c.get("max_value"), threshold=c.get("threshold") or 0.0
    ),
    "LeakyReLU": lambda c: partial(relu, slope=float(c.get("negative_slope", c.get("alpha", 0.3)))),
    "ELU": lambda c: partial(elu, alpha=float(c.get("alpha", 1.0))),
    "Softmax": lambda c: partial(softmax, axis=c.get("axis", -1)),
}
"""Layers that stand where a function is expected."""

OF_ADDONS: Mapping[str, Activation] = {
    "Addons>hardshrink": lambda x: np.where(np.abs(x) > 0.5, x, 0.0),
    "Addons>softshrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0.0),
    "Addons>tanhshrink": lambda x: x - np.tanh(x),
    "Addons>lisht": lambda x: x * np.tanh(x),
    "Addons>snake": lambda x: x + np.square(np.sin(x)),
    "Addons>rrelu": lambda x: relu(x, (1 / 8 + 1 / 3) / 2),
    "Addons>mish": mish,
}
OF_ALL: Mapping[str | None, Activation] = {
    "linear": linear,
    "relu": relu,
    "relu6": relu6,
    "leaky_relu": lambda x: relu(x, 0.2),
    "elu": elu,
    "selu": selu,
    "gelu": gelu,
    "softmax": softmax,
    "softmax_v2": softmax,
    "log_softmax": log_softmax,
    "softplus": softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "exponential": np.exp,
    "swish": swish,
    "silu": swish,
    "swish_impl": swish,
    "hard_swish": lambda x: x * keras3_hard_sigmoid(x),
    "mish": mish,
}
OF_KERAS3: Mapping[str | None, Activation] = {
    **OF_ALL,
    "hard_sigmoid": keras3_hard_sigmoid,
    "hard_silu": lambda x: x * keras3_hard_sigmoid(x),
}
