"""Stock operations on constants and lengths, computed at once: what NumPy gives is what the operation would give.

Only what code that computes shapes, positions and masks needs; `keras.ops` follows NumPy's names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.tensor import Array
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.shapes.operations import BROADCAST

LARGEST = 1 << 24  # elements that a constant may have


def has_lengths(nest: Any) -> bool:
    """True where a length is among the values."""
    if isinstance(nest, Length):
        return True
    if isinstance(nest, np.ndarray):
        return bool(nest.dtype.kind == "O")
    if isinstance(nest, Mapping):
        return any(map(has_lengths, nest.values()))
    return isinstance(nest, list | tuple) and any(map(has_lengths, nest))


def as_array(value: Any, dtype: str | None = None) -> Array:
    """A constant as an array; Python's numbers as TensorFlow reads them: int32 and float32."""
    if has_lengths(value):
        return _objects(value)
    array = np.asarray(value)
    if not isinstance(value, np.ndarray | np.generic):
        array = array.astype({"i": "int32", "f": "float32"}.get(array.dtype.kind, array.dtype))
    return array if dtype is None else array.astype(dtype)


def folded(name: str, operands: Sequence[Any], config: Mapping[str, Any]) -> Any:
    """The value of a stock operation on constants.

    Raises:
        Rejected: not an operation that is computed here, or not possible with lengths.
    """
    function = FOLDED.get(name)
    if function is None:
        raise Rejected(f"{name} is computed from constants alone, which is not supported")
    if name in LISTS:
        values: tuple[Any, ...] = ([as_array(v) for v in operands[0]],)
    else:
        values = tuple(_value(v) for v in operands)
    try:
        bounded(_elements(name, values, config), name)
        result = function(*values, **config)
    except (TypeError, ValueError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        raise Rejected(f"{name} of constants or lengths cannot be computed: {error}") from None
    if isinstance(result, list):
        return tuple(map(plain, result))
    if isinstance(result, np.ndarray):
        bounded(result.size, name)
    return plain(result)


def bounded(elements: int, what: str) -> None:
    """Refuses a constant before it is made.

    Raises:
        Rejected: it would have more elements than any program writes down.
    """
    if elements > LARGEST:
        raise Rejected(f"{what} makes a constant of {elements:,} elements")


def _elements(name: str, values: Sequence[Any], config: Mapping[str, Any]) -> int:
    """How many a result can have where it can have more than its operands."""
    sizes = [sum(map(np.size, v)) if isinstance(v, list) else np.size(v) for v in values]
    if name == "tile":
        return int(sizes[0]) * math.prod(int(n) for n in np.ravel(config.get("repeats", values[-1])))
    if name == "repeat":
        return int(sizes[0]) * int(np.max(config.get("repeats", values[-1])))
    if name == "broadcast_to":
        return math.prod(int(n) for n in config.get("shape", values[-1]))
    if name == "matmul":
        return int(math.prod(np.shape(values[0])[:-1]) * math.prod(np.shape(values[1])[1:]))
    if name == "take":
        axis = config.get("axis")
        return int(sizes[1]) * (1 if axis is None else int(sizes[0]) // max(1, int(np.shape(values[0])[axis])))
    if name in BROADCAST and len(values) > 1:
        return math.prod(np.broadcast_shapes(*(np.shape(v) for v in values)))
    return max(sizes, default=0)


def plain(value: Any) -> Any:
    """An array without axes as the number that it holds, one whose lengths are all gone as an array of numbers."""
    if isinstance(value, np.ndarray) and value.dtype == object and not any(has_lengths(v) for v in value.flat):
        value = as_array(value.tolist())
    if isinstance(value, np.ndarray) and not value.shape:
        return value[()]
    return value


def _value(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray) or has_lengths(value):
        return as_array(value)
    return value


def _objects(value: Any) -> Array:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, list | tuple):
        parts = [_objects(v) for v in value]
        return np.stack([np.asarray(p, dtype=object) for p in parts]) if parts else np.empty(0, dtype=object)
    array = np.empty((), dtype=object)
    array[()] = int(value) if isinstance(value, np.integer) else value
    return array


def _cast(x: Any, dtype: str) -> Any:
    if has_lengths(x):
        if dtype.startswith(("int", "uint")):
            return x
        return np.vectorize(lambda n: Length(operation="cast", parts=(n, dtype)), otypes=[object])(x)
    return np.asarray(x).astype(dtype)


def _divide(a: Any, b: Any) -> Any:
    result = np.true_divide(a, b)
    kinds = {np.asarray(v).dtype for v in (a, b) if isinstance(v, np.ndarray | np.generic)}
    return result.astype("float32") if kinds == {np.dtype("float32")} else result


def _keeping(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction that keeps the dtype, as TensorFlow does."""

    def reduced(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        array = np.asarray(x)
        axes = tuple(axis) if isinstance(axis, list) else axis
        result = function(array, axis=axes, keepdims=keepdims)
        return result if array.dtype == object else np.asarray(result).astype(array.dtype)

    return reduced


FOLDED: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "floor_divide": lambda a, b: a // b,
    "divide": _divide,
    "mod": np.mod,
    "power": lambda a, b: a**b,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "negative": lambda a: 0 - a if has_lengths(a) else -a,
    "abs": np.abs,
    "square": lambda a: a * a,
    "sqrt": lambda a: np.sqrt(a).astype(np.asarray(a).dtype),
    "rsqrt": lambda a: (1 / np.sqrt(a)).astype(np.asarray(a).dtype),
    "exp": lambda a: np.exp(a).astype(np.asarray(a).dtype),
    "log": lambda a: np.log(a).astype(np.asarray(a).dtype),
    "sin": lambda a: np.sin(a).astype(np.asarray(a).dtype),
    "cos": lambda a: np.cos(a).astype(np.asarray(a).dtype),
    "floor": np.floor,
    "ceil": np.ceil,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_not": np.logical_not,
    "where": np.where,
    "cast": _cast,
    "copy": lambda x: x,
    "stop_gradient": lambda x: x,
    "zeros_like": lambda x, dtype=None: np.zeros_like(x, dtype=dtype),
    "ones_like": lambda x, dtype=None: np.ones_like(x, dtype=dtype),
    "sum": _keeping(np.sum),
    "prod": _keeping(np.prod),
    "max": _keeping(np.max),
    "min": _keeping(np.min),
    "mean": _keeping(np.mean),
    "reshape": lambda x, newshape: np.asarray(x).reshape(newshape),
    "transpose": np.transpose,
    "swapaxes": np.swapaxes,
    "expand_dims": lambda x, axis: np.expand_dims(np.asarray(x), axis),
    "squeeze": lambda x, axis=None: np.squeeze(x, axis),
    "concatenate": lambda xs, axis=0: np.concatenate(xs, axis),
    "stack": lambda xs, axis=0: np.stack(xs, axis),
    "unstack": lambda x, num=None, axis=0: [np.take(x, n, axis) for n in range(x.shape[axis])],
    "split": lambda x, indices_or_sections, axis=0: np.split(x, indices_or_sections, axis),
    "tile": lambda x, repeats: np.tile(x, tuple(repeats)),
    "repeat": lambda x, repeats, axis=None: np.repeat(x, repeats, axis),
    "flip": lambda x, axis=None: np.flip(x, tuple(axis) if isinstance(axis, list) else axis),
    "roll": np.roll,
    "take": lambda x, indices, axis=None: np.take(x, indices, axis),
    "broadcast_to": lambda x, shape: np.broadcast_to(x, shape).copy(),
    "matmul": np.matmul,
    "tril": lambda x, k=0: np.tril(x, k),
    "triu": lambda x, k=0: np.triu(x, k),
    "getitem": lambda x, key: x[tuple(index_of(k) for k in key)],
}
LISTS = frozenset(["concatenate", "stack"])


def index_of(key: Any) -> Any:
    """An index as NumPy has it, from an index, `{"slice": [start, stop, step]}` or `"..."`."""
    if isinstance(key, Mapping):
        return slice(*key["slice"])
    return ... if isinstance(key, str) else key
