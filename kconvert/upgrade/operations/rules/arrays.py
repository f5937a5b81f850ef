"""Cutting, joining and moving tensors."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Port, ports_in
from kconvert.upgrade.operations.build import Build, Value
from kconvert.upgrade.operations.folding import as_array
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.operations.rules.shapes import numbers

Key = list[Any]


def getitem(build: Build, tensor: Value, slice_spec: Any) -> Value:
    """x[...] with indices, slices, an ellipsis and new axes."""
    return _indexed(build, tensor, slice_spec if isinstance(slice_spec, list) else [slice_spec])


def _indexed(build: Build, tensor: Value, key: Key) -> Value:
    whole = [_bounds(build, tensor, k, key, place) for place, k in enumerate(key)]
    return build("getitem", tensor, key=whole)


def _bounds(build: Build, tensor: Value, k: Any, key: Key, place: int) -> Any:
    """One part of a key with numbers in it; up to the whole length is no bound at all.

    Raises:
        Rejected: it is computed from data.
    """
    if isinstance(k, dict):
        start, stop, step = (_number(v) for v in k["slice"])
        if isinstance(stop, Length):
            stop = _from_the_end(build, tensor, stop, _axis_of(key, place))
        if any(isinstance(v, Length | Port) for v in (start, stop, step)):
            raise Rejected("a bound of the slice is known only when the model runs")
        return {"slice": [start, stop, step]}
    k = _number(k)
    if isinstance(k, Port | Length | list | np.ndarray):
        raise Rejected("the index is computed when the model runs, or a mask")
    return k


def _from_the_end(build: Build, tensor: Value, stop: Length, axis: int) -> Any:
    """The whole length is no bound, the length less a number is that number from the end."""
    shape = build.shape(tensor)
    whole = None if shape is None or axis < 0 else shape[axis]
    if stop == whole:
        return None
    is_less = stop.operation == "subtract" and stop.parts[0] == whole and isinstance(stop.parts[1], int | np.integer)
    return -int(stop.parts[1]) if is_less and stop.parts[1] > 0 else stop


def _axis_of(key: Key, place: int) -> int:
    before = key[:place]
    return -1 if "..." in [k for k in before if isinstance(k, str)] else sum(k is not None for k in before)


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def strided_slice(
    build: Build,
    input_: Value,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Value:
    """The masks' bits say what each part is (array_ops.py `strided_slice`)."""
    starts, stops = numbers(begin, "the beginning of the slice"), numbers(end, "the end of the slice")
    steps = [1] * len(starts) if strides is None else numbers(strides, "the step of the slice")
    key: Key = []
    for n, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        bit = 1 << n
        if ellipsis_mask & bit:
            key.append("...")
        elif new_axis_mask & bit:
            key.append(None)
        elif shrink_axis_mask & bit:
            key.append(start)
        else:
            first = None if begin_mask & bit else start
            key.append({"slice": [first, None if end_mask & bit else stop, None if step == 1 else step]})
    return _indexed(build, input_, key)


def slice_(build: Build, input_: Value, begin: Any, size: Any) -> Value:
    """`size` elements from `begin`; -1 is all that are left."""
    starts, sizes = numbers(begin, "the beginning of the slice"), numbers(size, "the size of the slice")
    key: Key = []
    for axis, (start, n) in enumerate(zip(starts, sizes, strict=True)):
        is_rest = n == -1 or (start == 0 and n == build.known_shape(input_, "tf.slice")[axis])
        stop = None if is_rest else start + n
        key.append({"slice": [None if start == 0 else start, stop, None]})
    return _indexed(build, input_, key)


def transpose(build: Build, a: Value, perm: Any = None) -> Value:
    """Axes in another order, reversed by default."""
    return build("transpose", a, axes=None if perm is None else numbers(perm, "the order of the axes"))


def squeeze(build: Build, input: Value, axis: Any = None) -> Value:
    """Axes of length one go."""
    axes = None if axis is None else numbers(axis, "the axis")
    if not axes:
        known = build.shape(input)
        if known is None or any(isinstance(n, Length) for n in known[1:]):
            raise Rejected("which axes have length one is known only when the model runs", argument="axis")
        axes = [n for n, length in enumerate(known) if length == 1]
        return build("squeeze", input, axis=axes if len(axes) != 1 else axes[0])
    return build("squeeze", input, axis=axes if len(axes) > 1 else axes[0])


def split(build: Build, value: Value, num_or_size_splits: Any, axis: Any = 0) -> Value:
    """Equal parts, or parts of given sizes of which one may be -1, the rest."""
    axis = int(_number(as_array(axis)[()]))
    parts = as_array(num_or_size_splits)
    if not parts.shape:
        return build("split", value, indices_or_sections=int(parts), axis=axis)
    sizes = numbers(num_or_size_splits, "the sizes of the parts")
    if -1 in sizes:
        known = build.known_shape(value, "a part of size -1")[axis]
        if isinstance(known, Length):
            raise Rejected("a part of size -1 of a length that is known only when the model runs")
        sizes[sizes.index(-1)] = known - sum(s for s in sizes if s != -1)
    ends = list(accumulate(sizes))[:-1]
    if not ends:
        return (build("copy", value),)
    return build("split", value, indices_or_sections=ends, axis=axis)


def gather(build: Build, params: Value, indices: Value, axis: Any = None, batch_dims: Any = 0) -> Value:
    """Slices by index, along the first axis by default; within each of the batch where `batch_dims` is 1.

    Raises:
        Rejected: another combination.
    """
    batch = int(batch_dims or 0)
    where = batch if axis is None else int(_number(as_array(axis)[()]))
    if not isinstance(indices, Port):
        indices = as_array(indices)
    if not isinstance(params, Port):
        params = as_array(params)
    if batch == 0:
        return build("take", params, indices, axis=where)
    rank, index_rank = (len(build.known_shape(v, "tf.gather")) for v in (params, indices))
    if batch != 1 or where % rank != 1 or index_rank > 2:
        raise Rejected(f"batch_dims={batch} along axis {where} of {rank} has no equivalent", argument="batch_dims")
    whole = indices
    for place in range(index_rank, rank):
        whole = build("expand_dims", whole, axis=place)
    if index_rank == 1:
        picked = build("take_along_axis", params, _wide(build, whole, params), axis=1)
        return build("squeeze", picked, axis=1)
    return build("take_along_axis", params, _wide(build, whole, params), axis=1)


def _wide(build: Build, indices: Value, params: Value) -> Value:
    """Indices with the lengths of the axes behind the second."""
    behind = build.known_shape(params, "tf.gather")[2:]
    if any(isinstance(n, Length) for n in behind):
        raise Rejected("the lengths behind the gathered axis are not known")
    return build("tile", indices, repeats=[1, 1, *behind]) if behind else indices


def one_hot(
    build: Build,
    indices: Value,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
) -> Value:
    """1 at the index, 0 elsewhere, or two other values; an index outside gives no 1 at all."""
    on, off = (1 if on_value is None else on_value), (0 if off_value is None else off_value)
    if any(True for _ in ports_in([on, off, depth])):
        raise Rejected("its depth or values are computed by the model")
    wanted = dtype or (str(as_array(on).dtype) if on_value is not None else "float32")
    classes = int(as_array(depth))
    place = -1 if axis is None else int(axis)
    if not isinstance(indices, Port):
        raise Rejected("tf.one_hot of constants is not supported")
    if (on, off) == (1, 0) and not str(wanted).startswith("bool"):
        return build("one_hot", indices, num_classes=classes, axis=place, dtype=str(wanted))
    chosen = build("one_hot", indices, num_classes=classes, axis=place, dtype="float32")
    if wanted == "bool":
        return build("cast" if on else "logical_not", chosen, **({"dtype": "bool"} if on else {}))
    result = build("where", build("cast", chosen, dtype="bool"), as_array(on).item(), as_array(off).item())
    return build("cast", result, dtype=str(wanted))


def where(build: Build, condition: Value, x: Value = None, y: Value = None) -> Value:
    """One of two values."""
    if x is None or y is None:
        raise Rejected("tf.where without values gives as many indices as the data say")
    return build("where", condition, x, y)


def select(build: Build, condition: Value, x: Value, y: Value) -> Value:
    """TensorFlow 1's `where`: a condition with one axis chooses between whole elements of the batch."""
    ranks = [len(build.known_shape(v, "tf.where")) for v in (condition, x)]
    for axis in range(1, ranks[1]) if ranks[0] == 1 else ():
        condition = build("expand_dims", condition, axis=axis)
    return build("where", condition, x, y)


def identities(build: Build, input: list[Value]) -> Value:
    """Several tensors as they are."""
    return tuple(build("copy", value) for value in input)


def pad(build: Build, tensor: Value, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Value:
    """Zeros or another constant, or a reflection of the edge."""
    kind = {"constant": "constant", "reflect": "reflect", "symmetric": "symmetric"}.get(str(mode).lower())
    widths = as_array(paddings)
    if kind is None or any(True for _ in ports_in(paddings)) or widths.dtype == object:
        raise Rejected("the widths are computed by the model")
    config: dict[str, Any] = {"pad_width": widths.tolist(), "mode": kind}
    if kind == "constant":
        if any(True for _ in ports_in(constant_values)):
            raise Rejected("the value is computed by the model", argument="constant_values")
        config["constant_values"] = as_array(constant_values).item()
    return build("pad", tensor, **config)


def sort(build: Build, values: Value, axis: int = -1, direction: str = "ASCENDING") -> Value:
    """In rising or falling order."""
    result = build("sort", values, axis=axis)
    return build("flip", result, axis=axis) if direction == "DESCENDING" else result


def argsort(build: Build, values: Value, axis: int = -1, direction: str = "ASCENDING") -> Value:
    """The order's indices; of equal values the earlier comes first, both ways (sort_ops.py `_argsort`)."""
    return build("argsort", build("negative", values) if direction == "DESCENDING" else values, axis=axis)
