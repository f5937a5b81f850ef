"""Many elements become one: sums, means, extremes and their places; running sums; norms.

Sources: tensorflow 2.4 python/ops/math_ops.py, sort_ops.py, nn_impl.py, clip_ops.py, linalg_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions.tensors import axes_of, cast, tensor

Function = Callable[..., Any]
_array = tensor
"""For functions one of whose parameters is called `tensor`."""


def reduction(function: Callable[..., Any]) -> Function:
    """`reduce_x(input_tensor, axis, keepdims)`."""

    def call(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = tensor(input_tensor)
        return _kept(function(x, axis=axes_of(axis), keepdims=bool(keepdims)), x)

    return call


def _kept(result: Any, x: Array) -> Array:
    """An integer stays of its own type."""
    array = np.asarray(result)
    return array.astype(x.dtype) if x.dtype.kind in "iu" and array.dtype.kind in "iu" else array


def mean(x: Array, axis: Any, keepdims: bool) -> Array:
    """The mean; of integers it is one as well, cut off."""
    result = np.asarray(np.mean(x, axis=axis, keepdims=keepdims))
    return np.trunc(result).astype(x.dtype) if x.dtype.kind in "iu" else result


def logsumexp(x: Array, axis: Any, keepdims: bool) -> Array:
    """log of the sum of exp(x), around the largest."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total: Array = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def euclidean(x: Array, axis: Any, keepdims: bool) -> Array:
    """The root of the sum of squares."""
    return np.asarray(np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims)))


def running(function: Callable[..., Array], neutral: float) -> Function:
    """`cumsum`, `cumprod`."""

    def call(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False) -> Array:
        array, along = tensor(x), int(axes_of(axis))
        array = np.flip(array, along) if reverse else array
        result = function(array, axis=along).astype(array.dtype)
        if exclusive:
            first = np.full_like(np.take(result, [0], axis=along), neutral)
            rest = np.take(result, range(result.shape[along] - 1), axis=along)
            result = np.concatenate([first, rest], axis=along)
        return np.flip(result, along) if reverse else result

    return call


def place_of(function: Callable[..., Any], default: int = 0) -> Function:
    """`argmax`, `argmin`: the first of equals."""

    def call(input: Any, axis: Any = None, output_type: Any = "int64") -> Array:
        along = default if axis is None else int(axes_of(axis))
        return cast(np.asarray(function(tensor(input), axis=along)), output_type)

    return call


def count_nonzero(input: Any, axis: Any = None, keepdims: bool = False, dtype: Any = "int64") -> Array:
    """How many elements are not zero."""
    return cast(np.asarray(np.count_nonzero(tensor(input), axis=axes_of(axis), keepdims=bool(keepdims))), dtype)


def top_k(input: Any, k: Any = 1, sorted: bool = True, index_type: Any = "int32") -> tuple[Array, Array]:
    """The largest along the last axis and their places, the first of equals first."""
    x = tensor(input)
    places = np.argsort(-x, axis=-1, kind="stable")[..., : int(k)]
    return np.take_along_axis(x, places, axis=-1), cast(places, index_type)


def argsort(values: Any, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False) -> Array:
    """Places in the order of the values."""
    x = tensor(values)
    return np.argsort(-x if direction == "DESCENDING" else x, axis=int(axes_of(axis)), kind="stable").astype(np.int32)


def ordered(values: Any, axis: Any = -1, direction: str = "ASCENDING") -> Array:
    """The values in order."""
    along = int(axes_of(axis))
    result: Array = np.sort(tensor(values), axis=along)
    return np.flip(result, along) if direction == "DESCENDING" else result


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12) -> Array:
    """x by its length."""
    array = tensor(x)
    total = np.sum(np.square(array), axis=axes_of(axis), keepdims=True)
    result: Array = array / np.sqrt(np.maximum(total, epsilon))
    return result


def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Array:
    """`tf.norm`: of vectors, or of matrices where two axes are given (Frobenius, and what sums tell)."""
    x, along = _array(tensor), axes_of(axis)
    is_matrix = isinstance(along, tuple) and len(along) == 2
    if ord in ("euclidean", "fro") or (ord == 2 and not is_matrix):
        return euclidean(x, along, bool(keepdims))
    if is_matrix:
        raise Lacking(f"the norm {ord!r} of a matrix")
    if ord in (np.inf, "inf", "Infinity"):
        return np.asarray(np.max(np.abs(x), axis=along, keepdims=bool(keepdims)))
    if isinstance(ord, int | float) and ord > 0:
        return np.asarray(np.sum(np.abs(x) ** ord, axis=along, keepdims=bool(keepdims)) ** (1 / ord))
    raise Lacking(f"the reference does not have the norm {ord!r}")


def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None) -> tuple[Array, Array]:
    """By its norm, and the norm."""
    length = norm(tensor, ord, axis, True)
    return _array(tensor) / length, length


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None) -> Array:
    """Shortened to this length where it is longer."""
    x = tensor(t)
    length = euclidean(x, axes_of(axes), True)
    result: Array = x * tensor(clip_norm) / np.maximum(length, clip_norm)
    return result


def moments(x: Any, axes: Any, shift: Any = None, keepdims: bool = False) -> tuple[Array, Array]:
    """Mean and variance."""
    array, along = tensor(x), axes_of(axes)
    return np.asarray(array.mean(axis=along, keepdims=keepdims)), np.asarray(array.var(axis=along, keepdims=keepdims))


FUNCTIONS: dict[str, Function] = {
    "math.reduce_sum": reduction(np.sum),
    "math.reduce_prod": reduction(np.prod),
    "math.reduce_mean": reduction(mean),
    "math.reduce_max": reduction(np.max),
    "math.reduce_min": reduction(np.min),
    "math.reduce_any": reduction(np.any),
    "math.reduce_all": reduction(np.all),
    "math.reduce_std": reduction(np.std),
    "math.reduce_variance": reduction(np.var),
    "math.reduce_logsumexp": reduction(logsumexp),
    "math.reduce_euclidean_norm": reduction(euclidean),
    "math.count_nonzero": count_nonzero,
    "math.cumsum": running(np.cumsum, 0),
    "math.cumprod": running(np.cumprod, 1),
    "math.argmax": place_of(np.argmax),
    "math.argmin": place_of(np.argmin),
    "math.top_k": top_k,
    "math.l2_normalize": l2_normalize,
    "argsort": argsort,
    "clip_by_norm": clip_by_norm,
    "linalg.norm": norm,
    "linalg.normalize": normalize,
    "nn.moments": moments,
    "sort": ordered,
}
