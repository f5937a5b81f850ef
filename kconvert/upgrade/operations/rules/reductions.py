"""Sums, means, norms and running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Port
from kconvert.upgrade.operations.build import Build, Value

KEPT = ("int32", "int64", "uint32", "uint64")


def _axis(axis: Any) -> Any:
    if isinstance(axis, Port):
        raise Rejected("its axis is computed by the model", argument="axis")
    return axis.tolist() if isinstance(axis, np.ndarray | np.generic) else axis


def _reduced(build: Build, name: str, x: Value, axis: Any, keepdims: Any) -> Value:
    """A reduction that keeps the dtype; today's Keras widens small integers."""
    result = build(name, x, axis=_axis(axis), keepdims=bool(keepdims))
    dtype = build.dtype(x)
    is_small = dtype is not None and dtype.startswith(("int", "uint")) and dtype not in KEPT
    return build("cast", result, dtype=dtype) if is_small else result


def reduce_sum(build: Build, input_tensor: Value, axis: Any = None, keepdims: Any = False) -> Value:
    """The sum."""
    return _reduced(build, "sum", input_tensor, axis, keepdims)


def reduce_prod(build: Build, input_tensor: Value, axis: Any = None, keepdims: Any = False) -> Value:
    """The product."""
    return _reduced(build, "prod", input_tensor, axis, keepdims)


def reduce_mean(build: Build, input_tensor: Value, axis: Any = None, keepdims: Any = False) -> Value:
    """The mean, which of integers is an integer in TensorFlow."""
    if (build.dtype(input_tensor) or "float").startswith(("int", "uint")) and isinstance(input_tensor, Port):
        raise Rejected("the mean of integers is cut to an integer in TensorFlow")
    return build("mean", input_tensor, axis=_axis(axis), keepdims=bool(keepdims))


def reduce_euclidean_norm(build: Build, input_tensor: Value, axis: Any = None, keepdims: Any = False) -> Value:
    """The root of the sum of squares."""
    return build("sqrt", build("sum", build("square", input_tensor), axis=_axis(axis), keepdims=bool(keepdims)))


def count_nonzero(
    build: Build, input: Value, axis: Any = None, keepdims: Any = False, dtype: str = "int64"
) -> Value:  # fmt: skip
    """How many are not zero, as int64."""
    ones = build("cast", build("not_equal", input, 0), dtype=dtype)
    return build("sum", ones, axis=_axis(axis), keepdims=bool(keepdims))


def argmax(build: Build, input: Value, axis: Any = 0, output_type: str = "int64") -> Value:
    """The index of the largest, the first axis by default."""
    return build("cast", build("argmax", input, axis=0 if axis is None else _axis(axis)), dtype=output_type)


def argmin(build: Build, input: Value, axis: Any = 0, output_type: str = "int64") -> Value:
    """The index of the smallest, the first axis by default."""
    return build("cast", build("argmin", input, axis=0 if axis is None else _axis(axis)), dtype=output_type)


def l2_normalize(build: Build, x: Value, axis: Any = None, epsilon: float = 1e-12) -> Value:
    """x / sqrt(max(sum(x²), epsilon)); keras.ops.normalize puts epsilon elsewhere (nn_impl.py `l2_normalize_v2`)."""
    squares = build("sum", build("square", x), axis=_axis(axis), keepdims=True)
    return build("multiply", x, build("rsqrt", build("maximum", squares, epsilon)))


def norm(build: Build, tensor: Value, ord: Any = "euclidean", axis: Any = None, keepdims: Any = False) -> Value:
    """A vector norm, or the Frobenius norm, over one, two or all axes (linalg_ops.py `norm`).

    Raises:
        Rejected: a matrix norm that is none of entries.
    """
    axes, keep = _axis(axis), bool(keepdims)
    is_matrix = isinstance(axes, list | tuple) and len(axes) == 2
    if ord == "euclidean" or (ord == "fro" and is_matrix) or (ord == 2 and not is_matrix):
        return build("sqrt", build("sum", build("square", tensor), axis=axes, keepdims=keep))
    if is_matrix or not isinstance(ord, int | float) or ord <= 0:
        raise Rejected(f"ord={ord!r} over axis={axes!r} has no equivalent", argument="ord")
    size = build("abs", tensor)
    if ord == 1:
        return build("sum", size, axis=axes, keepdims=keep)
    if ord == float("inf"):
        return build("max", size, axis=axes, keepdims=keep)
    powers = build("sum", build("power", size, float(ord)), axis=axes, keepdims=keep)
    return build("power", powers, 1.0 / ord)


def normalize(build: Build, tensor: Value, ord: Any = "euclidean", axis: Any = None) -> Value:
    """The tensor divided by its norm, and the norm (linalg/linalg_impl.py `normalize_v2`)."""
    size = norm(build, tensor, ord, axis, True)
    return build("divide", tensor, size), size


def cumsum(build: Build, x: Value, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Value:
    """Running sums, possibly from the end, possibly without the element itself."""
    return _running(build, "cumsum", x, axis, exclusive, reverse, 0)


def cumprod(build: Build, x: Value, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Value:
    """Running products, likewise."""
    return _running(build, "cumprod", x, axis, exclusive, reverse, 1)


def _running(build: Build, name: str, x: Value, axis: Any, exclusive: bool, reverse: bool, neutral: int) -> Value:
    axis = int(axis)
    if reverse:
        x = build("flip", x, axis=axis)
    if exclusive:
        rank = len(build.known_shape(x, "an exclusive running sum"))
        axis %= rank
        whole: dict[str, Any] = {"slice": [None, None, None]}
        key = [{"slice": [None, -1, None]} if a == axis else whole for a in range(rank)]
        widths = [[1, 0] if a == axis else [0, 0] for a in range(rank)]
        x = build("pad", build("getitem", x, key=key), pad_width=widths, mode="constant", constant_values=neutral)
    result = build(name, x, axis=axis)
    return build("flip", result, axis=axis) if reverse else result
