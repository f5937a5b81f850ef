"""What the functions here take and give: NumPy arrays. Floats are in double precision whatever the file calls them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.values import wide

LARGEST = 1 << 28
"""Elements of a result that is made from few: a file must not fill the memory."""


def tensor(value: Any, dtype: Any = None) -> Array:
    """A number, a nest of numbers or an array as an array."""
    if isinstance(value, list | tuple) and any(isinstance(v, np.ndarray) for v in value):
        array = np.stack([tensor(v) for v in value]) if value else np.asarray(value)
    else:
        array = np.asarray(value)
    return cast(array, dtype) if dtype is not None else wide(array)


def cast(array: Array, dtype: Any) -> Array:
    """`tf.cast`; a half-precision number keeps its precision and becomes a double again."""
    kind = dtype_of(dtype)
    if str(dtype) == "float16":
        return array.astype(np.float16).astype(np.float64)
    if kind.kind in "iu" and array.dtype.kind == "f":
        array = np.trunc(array)
    return array.astype(kind)


def dtype_of(dtype: Any) -> np.dtype[Any]:
    """A dtype's name in NumPy's terms."""
    name = str(dtype).rpartition(".")[2].removesuffix("_ref")
    if name in ("float16", "float32", "float64", "bfloat16", "half", "double", "float"):
        return np.dtype(np.float64)
    try:
        return np.dtype({"int": "int32", "str": "U", "string": "U"}.get(name, name))
    except TypeError:
        raise Lacking(f"the reference does not have the dtype {dtype!r}") from None


def axes_of(axis: Any) -> Any:
    """None, one axis or several, as NumPy takes them."""
    if axis is None:
        return None
    numbers = np.asarray(axis)
    return int(numbers) if numbers.ndim == 0 else tuple(int(n) for n in numbers)


def lengths(shape: Any) -> tuple[int, ...]:
    """A shape that a file or a model gives: a list, a tensor, numbers among tensors."""
    if isinstance(shape, np.ndarray):
        return tuple(int(n) for n in shape.reshape(-1))
    return tuple(int(n) for n in (shape if isinstance(shape, Iterable) else [shape]))


def bounded(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of a result.

    Raises:
        Lacking: it would fill the memory.
    """
    if math.prod(max(int(n), 1) for n in shape) > LARGEST:
        raise Lacking(f"a result of the shape {tuple(shape)} is too large")
    return tuple(int(n) for n in shape)


def together(*arrays: Array) -> tuple[Array, ...]:
    """The arrays, after a look at the shape that they have together."""
    bounded(np.broadcast_shapes(*(a.shape for a in arrays)))
    return arrays
