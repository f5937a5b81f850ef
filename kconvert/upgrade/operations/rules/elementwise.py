"""Elementwise functions that today's Keras has no single operation for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kconvert.upgrade.operations.build import Build, Value

INTEGERS_AS_FLOAT = {"int8": "float32", "uint8": "float32", "int16": "float32", "uint16": "float32",
                     "int32": "float64", "int64": "float64"}  # fmt: skip


def truediv(build: Build, x: Value, y: Value) -> Value:
    """Integers are divided as float64, small ones as float32 (math_ops.py `_truediv_python3`)."""
    dtype = build.dtype(x) or build.dtype(y) or ""
    if dtype in INTEGERS_AS_FLOAT:
        x, y = (build("cast", v, dtype=INTEGERS_AS_FLOAT[dtype]) for v in (x, y))
    return build("divide", x, y)


def _ratio_or_zero(build: Build, numerator: Value, denominator: Value, is_zero: Value) -> Value:
    """The ratio, and 0 where `is_zero`, without a division by zero on the way."""
    safe = build("where", is_zero, 1.0, denominator)
    return build("where", is_zero, 0.0, build("divide", numerator, safe))


def divide_no_nan(build: Build, x: Value, y: Value) -> Value:
    """0 where the divisor is 0."""
    return _ratio_or_zero(build, x, y, build("equal", y, 0.0))


def reciprocal_no_nan(build: Build, x: Value) -> Value:
    """0 where x is 0."""
    return _ratio_or_zero(build, 1.0, x, build("equal", x, 0.0))


def multiply_no_nan(build: Build, x: Value, y: Value) -> Value:
    """0 where y is 0, even if x is infinite or not a number."""
    return build("where", build("equal", y, 0.0), 0.0, build("multiply", x, y))


def xdivy(build: Build, x: Value, y: Value) -> Value:
    """x / y, and 0 where x is 0."""
    return build("where", build("equal", x, 0.0), 0.0, build("divide", x, y))


def xlogy(build: Build, x: Value, y: Value) -> Value:
    """x log(y), and 0 where x is 0."""
    return build("where", build("equal", x, 0.0), 0.0, build("multiply", x, build("log", y)))


def xlog1py(build: Build, x: Value, y: Value) -> Value:
    """x log(1 + y), and 0 where x is 0."""
    return build("where", build("equal", x, 0.0), 0.0, build("multiply", x, build("log1p", y)))


def squared_difference(build: Build, x: Value, y: Value) -> Value:
    """(x - y)²."""
    return build("square", build("subtract", x, y))


def add_n(build: Build, inputs: Sequence[Value]) -> Value:
    """The sum of all, added in order."""
    values = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    total = values[0]
    for value in values[1:]:
        total = build("add", total, value)
    return total


def clip_by_value(build: Build, t: Value, clip_value_min: Value, clip_value_max: Value) -> Value:
    """Bounds can be tensors (clip_ops.py: the minimum first, then the maximum)."""
    return build("maximum", build("minimum", t, clip_value_max), clip_value_min)


def clip_by_norm(build: Build, t: Value, clip_norm: Value, axes: Any = None) -> Value:
    """t clip_norm / max(norm, clip_norm) (clip_ops.py `clip_by_norm`)."""
    squares = build("sum", build("square", t), axis=axes, keepdims=True)
    is_some = build("greater", squares, 0.0)
    norm = build("where", is_some, build("sqrt", build("where", is_some, squares, 1.0)), squares)
    return build("divide", build("multiply", t, clip_norm), build("maximum", norm, clip_norm))


def cast(build: Build, x: Value, dtype: str) -> Value:
    """Another dtype; for the same one TensorFlow gives the tensor itself, and with it its mask."""
    return x if build.dtype(x) == dtype else build("cast", x, dtype=dtype)


def convert_to_tensor(build: Build, value: Value, dtype: str | None = None) -> Value:
    """A tensor is one already."""
    return value if dtype is None else cast(build, value, dtype)


def silu(build: Build, features: Value, beta: Value = 1.0) -> Value:
    """x sigmoid(beta x); beta is there from TensorFlow 2.7 on."""
    if beta == 1:
        return build("silu", features)
    return build("multiply", features, build("sigmoid", build("multiply", features, beta)))


def crelu(build: Build, features: Value, axis: int = -1) -> Value:
    """relu(x) and relu(-x) side by side."""
    return build("concatenate", [build("relu", features), build("relu", build("negative", features))], axis=axis)
