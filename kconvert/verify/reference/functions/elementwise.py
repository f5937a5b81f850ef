"""Element by element: one number in, or two.

Sources: tensorflow 2.4 python/ops/math_ops.py, gen_math_ops.py, and the documentation of the operations there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.activations import sigmoid, softplus
from kconvert.verify.reference.functions.tensors import cast, tensor, together
from kconvert.verify.reference.scalars import erf

_ERFC = np.frompyfunc(math.erfc, 1, 1)


def unary(function: Callable[[Array], Any]) -> Callable[..., Any]:
    """A function of one tensor, whatever its parameter is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        (x,) = (*args, *kwargs.values())
        return function(tensor(x))

    return call


def binary(function: Callable[[Array, Array], Any]) -> Callable[..., Any]:
    """A function of two tensors."""

    def call(x: Any, y: Any) -> Any:
        return function(*together(tensor(x), tensor(y)))

    return call


def erfc(x: Array) -> Array:
    """1 - erf(x)."""
    return np.asarray(_ERFC(x), dtype=np.float64)


def erfinv(x: Array) -> Array:
    """What has this error function: a first guess (Winitzki), then Newton's steps."""
    logarithm = np.log1p(-x * x)
    first = 2 / (np.pi * 0.147) + logarithm / 2
    y = np.sign(x) * np.sqrt(np.sqrt(first**2 - logarithm / 0.147) - first)
    for _ in range(4):
        y = y - (erf(y) - x) / (2 / np.sqrt(np.pi) * np.exp(-y * y))
    return np.where(np.abs(x) == 1, np.copysign(np.inf, x), y)


def quotient(x: Array, y: Array) -> Array:
    """`/`: of integers too it is a real number."""
    result: Array = np.true_divide(x, y)
    return result


def _unless_zero(y: Array, value: Callable[[], Array]) -> Array:
    with np.errstate(all="ignore"):
        return np.where(y == 0, 0, value())


def add_n(inputs: Any) -> Array:
    """The sum of a list."""
    return reduce(np.add, [tensor(x) for x in inputs])


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any) -> Array:
    """Between two bounds; the lower one wins in none of the orders but TensorFlow's: first the upper, then the lower."""
    low, high, x = tensor(clip_value_min), tensor(clip_value_max), tensor(t)
    return np.maximum(np.minimum(x, high), low)


def where(condition: Any, x: Any = None, y: Any = None) -> Array:
    """A choice, element by element; the places alone where nothing is to be chosen from."""
    choice = tensor(condition).astype(bool)
    if x is None or y is None:
        return np.argwhere(choice)
    return np.where(*together(choice, tensor(x), tensor(y)))


def select(condition: Any, x: Any, y: Any) -> Array:
    """The choice of TensorFlow 1: a vector of conditions chooses rows."""
    choice, first = tensor(condition), tensor(x)
    if choice.ndim == 1 and first.ndim > 1:
        choice = choice.reshape(-1, *[1] * (first.ndim - 1))
    return where(choice, x, y)


def _power(x: Array, y: Array) -> Array:
    result: Array = np.power(x, cast(y, x.dtype) if x.dtype.kind in "iu" and y.dtype.kind in "iu" else y)
    return result


UNARY: Mapping[str, Callable[[Array], Any]] = {
    "abs": np.abs, "acos": np.arccos, "acosh": np.arccosh, "asin": np.arcsin, "asinh": np.arcsinh, "atan": np.arctan,
    "atanh": np.arctanh, "bessel_i0": np.i0, "ceil": np.ceil, "cos": np.cos, "cosh": np.cosh, "erf": erf, "erfc": erfc, "erfinv": erfinv,
    "exp": np.exp, "expm1": np.expm1, "floor": np.floor, "is_finite": np.isfinite, "is_inf": np.isinf, "is_nan": np.isnan,
    "log": np.log, "log1p": np.log1p, "log_sigmoid": lambda x: -softplus(-x), "logical_not": np.logical_not,
    "negative": np.negative, "reciprocal": lambda x: 1 / x, "reciprocal_no_nan": lambda x: _unless_zero(x, lambda: 1 / x),
    "rint": np.rint, "round": np.rint, "rsqrt": lambda x: 1 / np.sqrt(x), "sigmoid": sigmoid, "sign": np.sign,
    "sin": np.sin, "sinh": np.sinh, "softplus": softplus, "sqrt": np.sqrt, "square": np.square, "tan": np.tan,
    "tanh": np.tanh,
}  # fmt: skip
BINARY: Mapping[str, Callable[[Array, Array], Any]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "truediv": quotient, "divide": quotient,
    "floordiv": np.floor_divide, "floormod": np.mod, "mod": np.mod,
    "divide_no_nan": lambda x, y: _unless_zero(y, lambda: x / y),
    "multiply_no_nan": lambda x, y: _unless_zero(y, lambda: x * y),
    "xdivy": lambda x, y: _unless_zero(x, lambda: x / y), "xlogy": lambda x, y: _unless_zero(x, lambda: x * np.log(y)),
    "xlog1py": lambda x, y: _unless_zero(x, lambda: x * np.log1p(y)), "pow": _power, "maximum": np.maximum,
    "minimum": np.minimum, "squared_difference": lambda x, y: np.square(x - y),
    "equal": np.equal, "not_equal": np.not_equal, "greater": np.greater, "greater_equal": np.greater_equal,
    "less": np.less, "less_equal": np.less_equal, "logical_and": np.logical_and, "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"math.{name}": unary(function) for name, function in UNARY.items()},
    **{f"math.{name}": binary(function) for name, function in BINARY.items()},
    "__operators__.add": binary(np.add),
    "math.scalar_mul": lambda scalar, x: tensor(scalar) * tensor(x),
    "math.atan2": lambda y, x: np.arctan2(tensor(y), tensor(x)),
    "math.add_n": add_n,
    "clip_by_value": clip_by_value,
    "where": where,
    "raw_ops.Select": select,
}
