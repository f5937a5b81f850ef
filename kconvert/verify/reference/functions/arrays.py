"""Tensors made, cut, joined and moved.

Sources: tensorflow 2.4 python/ops/array_ops.py, gen_array_ops.py, math_ops.py (`range`, `cast`), manip_ops.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions.tensors import axes_of, bounded, cast, dtype_of, lengths, tensor

_array = tensor
"""For functions one of whose parameters is called `tensor`."""


def getitem(tensor_: Array, slice_spec: Any) -> Array:
    """`x[...]`: numbers, slices, an ellipsis and new axes."""
    parts = slice_spec if isinstance(slice_spec, list | tuple) else [slice_spec]
    result: Array = tensor_[tuple(_part(p) for p in parts)]
    return result


def _part(part: Any) -> Any:
    if isinstance(part, Mapping) and "slice" in part:
        return slice(*(None if n is None else int(n) for n in part["slice"]))
    if isinstance(part, slice):
        return slice(*(None if n is None else int(n) for n in (part.start, part.stop, part.step)))
    if part is None or part is ...:
        return part
    if isinstance(part, str):
        return ...
    array = np.asarray(part)
    if array.dtype == bool:
        return array
    return int(array) if array.ndim == 0 else array


def strided_slice(
    input_: Any, begin: Any, end: Any, strides: Any = None, begin_mask: int = 0, end_mask: int = 0,
    ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0, var: Any = None,
) -> Array:  # fmt: skip
    """`tf.strided_slice`: a bit of a mask for each part."""
    starts, ends = lengths(begin), lengths(end)
    steps = lengths(strides) if strides is not None else (1,) * len(starts)
    parts: list[Any] = []
    for n, (start, stop, step) in enumerate(zip(starts, ends, steps, strict=True)):
        bit = 1 << n
        if ellipsis_mask & bit:
            parts.append(...)
        elif new_axis_mask & bit:
            parts.append(None)
        elif shrink_axis_mask & bit:
            parts.append(start)
        else:
            parts.append(slice(None if begin_mask & bit else start, None if end_mask & bit else stop, step))
    result: Array = tensor(input_)[tuple(parts)]
    return result


def cut(input_: Any, begin: Any, size: Any) -> Array:
    """`tf.slice`: a size of -1 is the rest."""
    parts = [slice(b, None if s == -1 else b + s) for b, s in zip(lengths(begin), lengths(size), strict=True)]
    result: Array = tensor(input_)[tuple(parts)]
    return result


def reshape(tensor: Any, shape: Any) -> Array:
    """At most one length is -1."""
    return np.reshape(_array(tensor), lengths(shape))


def transpose(a: Any, perm: Any = None, conjugate: bool = False) -> Array:
    """Axes in a new order; turned round where none is given."""
    return np.transpose(tensor(a), None if perm is None else lengths(perm))


def expand_dims(input: Any, axis: Any) -> Array:
    """One more axis."""
    return np.expand_dims(tensor(input), int(axes_of(axis)))


def squeeze(input: Any, axis: Any = None) -> Array:
    """Without axes of length one."""
    along = axes_of(axis)
    return np.squeeze(tensor(input), axis=None if along == () else along)


def concat(values: Any, axis: Any = -1) -> Array:
    """Beside each other."""
    return np.concatenate([tensor(v) for v in values], axis=int(axes_of(axis)))


def stack(values: Any, axis: Any = 0) -> Array:
    """On each other."""
    return np.stack([tensor(v) for v in values], axis=int(axes_of(axis)))


def unstack(value: Any, num: Any = None, axis: Any = 0) -> tuple[Array, ...]:
    """The parts along an axis."""
    return tuple(np.moveaxis(tensor(value), int(axes_of(axis)), 0))


def split(value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None) -> tuple[Array, ...]:
    """Equal parts, or parts of these sizes, one of which may be -1."""
    x, along, sizes = tensor(value), int(axes_of(axis)), np.asarray(num_or_size_splits)
    if sizes.ndim == 0:
        return tuple(np.split(x, int(sizes), axis=along))
    rest = x.shape[along] - int(sizes[sizes >= 0].sum())
    ends = np.cumsum(np.where(sizes < 0, rest, sizes))[:-1]
    return tuple(np.split(x, ends, axis=along))


def tile(input: Any, multiples: Any) -> Array:
    """Repeated as a whole."""
    x, times = tensor(input), lengths(multiples)
    bounded([n * t for n, t in zip(x.shape, times, strict=True)])
    return np.tile(x, times)


def repeat(input: Any, repeats: Any, axis: Any = None) -> Array:
    """Each element repeated."""
    x, times = tensor(input), np.asarray(repeats).astype(int)
    bounded([x.size, int(times.max(initial=1))])
    return np.repeat(x, times, axis=axes_of(axis))


def reverse(tensor: Any, axis: Any) -> Array:
    """Turned round along axes."""
    return np.flip(_array(tensor), axes_of(axis))


def roll(input: Any, shift: Any, axis: Any) -> Array:
    """Shifted, what falls out coming in again."""
    return np.roll(tensor(input), axes_of(shift), axis=axes_of(axis))


def gather(params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: Any = 0) -> Array:
    """Elements by number along an axis; `batch_dims` axes are common to both."""
    table, places, shared = tensor(params), tensor(indices).astype(int), int(axes_of(batch_dims) or 0)
    along = shared if axis is None else int(axes_of(axis)) % table.ndim
    shared %= places.ndim + 1
    bounded((*table.shape[:along], *places.shape[shared:], *table.shape[along + 1 :]))
    if not shared:
        return np.take(table, places, axis=along)
    outer = table.shape[:shared]
    parts = [np.take(table[n], places[n], axis=along - shared) for n in np.ndindex(*outer)]
    return np.stack(parts).reshape(*outer, *parts[0].shape)


def one_hot(
    indices: Any, depth: Any, on_value: Any = None, off_value: Any = None, axis: Any = -1, dtype: Any = None
) -> Array:
    """A row of zeros with a one at this place; none where the place is outside."""
    places, count = tensor(indices), int(np.asarray(depth))
    bounded((*places.shape, count))
    on, off = (1 if on_value is None else on_value), (0 if off_value is None else off_value)
    kind = (
        dtype_of(dtype) if dtype is not None else np.result_type(np.asarray(on).dtype) if on_value is not None else None
    )
    hot = np.where(places[..., None] == np.arange(count), on, off).astype(kind or np.float64)
    along = -1 if axis is None else int(axes_of(axis))
    return hot if along in (-1, hot.ndim - 1) else np.moveaxis(hot, -1, along)


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Array:
    """A border of a value, or of what lies inside."""
    x = _array(tensor)
    widths = [(int(a), int(b)) for a, b in np.asarray(paddings)]
    bounded([n + a + b for n, (a, b) in zip(x.shape, widths, strict=True)])
    if mode.upper() == "CONSTANT":
        return np.pad(
            x,
            widths,
            constant_values=float(np.asarray(constant_values)) if x.dtype.kind == "f" else int(constant_values),
        )
    return np.pad(x, widths, mode="reflect" if mode.upper() == "REFLECT" else "symmetric")


def broadcast_to(input: Any, shape: Any) -> Array:
    """As large as this."""
    return np.broadcast_to(tensor(input), bounded(lengths(shape))).copy()


def fill(dims: Any, value: Any, layout: Any = None) -> Array:
    """Everywhere the same."""
    one = tensor(value)
    return np.full(bounded(lengths(dims)), one, dtype=one.dtype)


def constant_of(number: int) -> Callable[..., Array]:
    """`zeros`, `ones`."""

    def call(shape: Any, dtype: Any = "float32", layout: Any = None) -> Array:
        return np.full(bounded(lengths(shape)), number, dtype=dtype_of(dtype))

    return call


def like(number: int) -> Callable[..., Array]:
    """`zeros_like`, `ones_like`."""

    def call(input: Any = None, dtype: Any = None, optimize: Any = True, layout: Any = None, **other: Any) -> Array:
        x = tensor(input if input is not None else other["tensor"])
        return np.full_like(x, number, dtype=None if dtype is None else dtype_of(dtype))

    return call


def counted(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Array:
    """`tf.range`."""
    first, last = (0, start) if limit is None else (start, limit)
    parts = [np.asarray(n) for n in (first, last, delta)]
    bounded([math.ceil(abs((float(parts[1]) - float(parts[0])) / float(parts[2])))])
    result = np.arange(*(p.item() for p in parts))
    return cast(result, dtype) if dtype is not None else result.astype(np.int32) if result.dtype.kind == "i" else result


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Array:
    """True before each length."""
    ends = tensor(lengths)
    count = int(ends.max()) if maxlen is None else int(np.asarray(maxlen))
    bounded((*ends.shape, count))
    return cast(np.arange(count) < ends[..., None], dtype)


def shape_of(input: Any, out_type: Any = "int32") -> Array:
    """The lengths of all axes."""
    return np.array(tensor(input).shape, dtype=dtype_of(out_type))


def size_of(input: Any, out_type: Any = "int32") -> Array:
    """The number of elements."""
    return np.array(tensor(input).size, dtype=dtype_of(out_type))


def convert(value: Any, dtype: Any = None, dtype_hint: Any = None) -> Array:
    """`tf.convert_to_tensor`, `tf.constant`."""
    return tensor(value, dtype)


def same(*args: Any, **kwargs: Any) -> Array:
    """What is given first: `identity`, `stop_gradient`, `ensure_shape`."""
    return tensor((*args, *kwargs.values())[0])


def _item(tensor: Any, slice_spec: Any, var: Any = None) -> Array:
    if var is not None:
        raise Lacking("an assignment to a slice")
    return getitem(_array(tensor), slice_spec)


def identities(input: Sequence[Any]) -> tuple[Array, ...]:
    """Several tensors as they are."""
    return tuple(tensor(x) for x in input)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "__operators__.getitem": _item,
    "broadcast_to": broadcast_to,
    "cast": lambda x, dtype: cast(tensor(x), dtype),
    "concat": concat,
    "constant": lambda value, dtype=None, shape=None: (
        tensor(value, dtype) if shape is None else broadcast_to(tensor(value, dtype), shape)
    ),
    "convert_to_tensor": convert,
    "ensure_shape": same,
    "expand_dims": expand_dims,
    "fill": fill,
    "gather": gather,
    "identity": same,
    "one_hot": one_hot,
    "ones": constant_of(1),
    "ones_like": like(1),
    "pad": pad,
    "range": counted,
    "rank": lambda input: np.array(tensor(input).ndim, dtype=np.int32),
    "raw_ops.IdentityN": identities,
    "repeat": repeat,
    "reshape": reshape,
    "reverse": reverse,
    "roll": roll,
    "sequence_mask": sequence_mask,
    "shape": shape_of,
    "size": size_of,
    "slice": cut,
    "split": split,
    "squeeze": squeeze,
    "stack": stack,
    "stop_gradient": same,
    "strided_slice": strided_slice,
    "tile": tile,
    "to_double": lambda x: cast(tensor(x), "float64"),
    "to_float": lambda x: cast(tensor(x), "float32"),
    "to_int32": lambda x: cast(tensor(x), "int32"),
    "to_int64": lambda x: cast(tensor(x), "int64"),
    "transpose": transpose,
    "unstack": unstack,
    "zeros": constant_of(0),
    "zeros_like": like(0),
}
