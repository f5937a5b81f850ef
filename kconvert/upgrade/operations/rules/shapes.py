"""Functions that ask for shapes, and those that are told one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Port, ports_in
from kconvert.tensor import Array
from kconvert.upgrade.operations.build import Build, Value
from kconvert.upgrade.operations.folding import as_array, bounded, has_lengths
from kconvert.upgrade.operations.lengths import Length

WHOLE: dict[str, Any] = {"slice": [None, None, None]}


def shape(build: Build, input: Value, out_type: Any = None) -> Value:
    """The lengths that are known as numbers, the others as lengths."""
    lengths = list(build.known_shape(input, "tf.shape"))
    return as_array(lengths) if has_lengths(lengths) else np.array(lengths, dtype=str(out_type or "int32"))


def size(build: Build, input: Value, out_type: Any = None) -> Value:
    """The number of elements."""
    return build("prod", shape(build, input, out_type))


def rank(build: Build, input: Value) -> Value:
    """The number of axes."""
    return np.int32(len(build.known_shape(input, "tf.rank")))


def numbers(value: Any, what: str) -> list[Any]:
    """A shape or the like as a list of numbers and lengths.

    Raises:
        Rejected: it is computed from the model's data.
    """
    if any(True for _ in ports_in(value)):
        raise Rejected(f"{what} is computed from the data of the model")
    array = as_array(value)
    return [int(n) if isinstance(n, int | np.integer) else n for n in array.reshape(-1)]


def reshape(build: Build, tensor: Value, shape: Any) -> Value:
    """One length that is not known is what is left: -1. Where the batch stays as it is, another one may be.

    Raises:
        Rejected: more of them.
    """
    target = numbers(shape, "the shape")
    open_axes = [axis for axis, n in enumerate(target) if isinstance(n, Length) or n == -1]
    if not isinstance(tensor, Port) or len(open_axes) <= 1:
        return build("reshape", tensor, newshape=[-1 if axis in open_axes else n for axis, n in enumerate(target)])
    known = build.shape(tensor)
    if known and len(open_axes) == 2 and open_axes[0] == 0 and _keeps_batch(known, target):
        return build.reshaped_behind_batch(tensor, [-1 if isinstance(n, Length) else n for n in target[1:]])
    raise Rejected("the new shape has several lengths that are known only when the model runs", argument="shape")


def batch_flatten(build: Build, x: Value) -> Value:
    """All axes but the first as one."""
    lengths = build.known_shape(x, "batch_flatten")
    return reshape(build, x, [lengths[0], math.prod(lengths[1:])])


def _keeps_batch(known: Sequence[Any], target: Sequence[Any]) -> bool:
    """The first length is the tensor's own, or what is left when the others are accounted for."""
    if target[0] == known[0]:
        return True
    rest = [n for n in target[1:] if isinstance(n, Length)]
    fixed = [math.prod(n for n in lengths if not isinstance(n, Length)) for lengths in (known[1:], target[1:])]
    return target[0] == -1 and fixed[0] == fixed[1] and rest == [n for n in known[1:] if isinstance(n, Length)]


def broadcast_to(build: Build, input: Value, shape: Any) -> Value:
    """A shape with lengths in it is that of zeros made from the tensors that they are of."""
    target = numbers(shape, "the shape")
    if not any(isinstance(n, Length) for n in target):
        return build("broadcast_to", input, shape=target)
    return build("add", input, _zeros(build, target, build.dtype(input) or "float32"))


def fill(build: Build, dims: Any, value: Value) -> Value:
    """One value everywhere."""
    target = numbers(dims, "the shape")
    if any(True for _ in ports_in(value)):
        raise Rejected("the value is computed by the model", argument="value")
    array = as_array(value)
    return _filled(build, target, array.item(), str(array.dtype))


def zeros(build: Build, shape: Any, dtype: str = "float32") -> Value:
    """Zeros."""
    return _filled(build, numbers(shape, "the shape"), 0, dtype)


def ones(build: Build, shape: Any, dtype: str = "float32") -> Value:
    """Ones."""
    return _filled(build, numbers(shape, "the shape"), 1, dtype)


def _filled(build: Build, target: list[Any], value: Any, dtype: str) -> Value:
    if not any(isinstance(n, Length) for n in target):
        bounded(math.prod(int(n) for n in target), "the shape")
        return np.full(target, value, dtype=dtype)
    return build("add", _zeros(build, target, dtype), np.array(value, dtype=dtype).item())


def _zeros(build: Build, target: Sequence[Any], dtype: str) -> Value:
    """Zeros whose open lengths are those of tensors of the model.

    Raises:
        Rejected: a length that is the result of a computation.
    """
    line = None
    for place, length in enumerate(target):
        if not isinstance(length, Length):
            continue
        if length.port is None:
            raise Rejected("a length of the shape is computed when the model runs", argument="shape")
        of = build.known_shape(length.port, "the shape")
        key = [WHOLE if axis == length.axis else 0 for axis in range(len(of))]
        along = build("zeros_like", build("getitem", length.port, key=key), dtype=dtype)
        along = build("reshape", along, newshape=[-1 if axis == place else 1 for axis in range(len(target))])
        line = along if line is None else build("add", line, along)
    fixed = [1 if isinstance(n, Length) else int(n) for n in target]
    return line if fixed == [1] * len(fixed) else build("add", line, np.zeros(fixed, dtype=dtype))


def tile(build: Build, input: Value, multiples: Any) -> Value:
    """As often as a length says is a broadcast, where there was one."""
    repeats = numbers(multiples, "the number of repetitions")
    lengths = [axis for axis, n in enumerate(repeats) if isinstance(n, Length)]
    if not lengths:
        return build("tile", input, repeats=repeats)
    known = build.known_shape(input, "tf.tile")
    if any(known[axis] != 1 for axis in lengths):
        raise Rejected("it is repeated as often as a length says that is known only when the model runs")
    fixed = [1 if isinstance(n, Length) else n for n in repeats]
    tiled = input if fixed == [1] * len(fixed) else build("tile", input, repeats=fixed)
    target = [n if isinstance(n, Length) else 1 for n in repeats]
    return build("add", tiled, _zeros(build, target, build.dtype(input) or "float32"))


def range_(build: Build, start: Any = 0, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Value:
    """Numbers in a row; as many as a length says are counted along the tensor that it is of.

    Raises:
        Rejected: other than from 0 in steps of 1.
    """
    if limit is None:
        start, limit = 0, start
    values = [start, limit, delta]
    if not has_lengths(values) and not any(True for _ in ports_in(values)):
        begin, end, step = (as_array(v).item() for v in values)
        bounded(int(abs(end - begin) / abs(step)), "tf.range")
        array: Array = np.arange(begin, end, step, dtype=_common(values))
        return array.astype(str(dtype)) if dtype else array
    if isinstance(limit, Length) and limit.port is not None and start == 0 and delta == 1:
        of = build.known_shape(limit.port, "tf.range")
        key = [WHOLE if axis == limit.axis else 0 for axis in range(len(of))]
        ones_ = build("ones_like", build("getitem", limit.port, key=key), dtype=str(dtype or "int32"))
        return build("subtract", build("cumsum", ones_, axis=0), 1)
    raise Rejected("tf.range over something that is known only when the model runs")


def _common(values: Sequence[Any]) -> str:
    """Whole numbers are int32, as in TensorFlow, others float32."""
    return str(np.result_type(*(as_array(v).dtype for v in values)))


def sequence_mask(build: Build, lengths: Value, maxlen: Any = None, dtype: Any = "bool") -> Value:
    """True for the first `lengths` of `maxlen` places."""
    if maxlen is None or any(True for _ in ports_in(maxlen)):
        raise Rejected("the length of the mask is that of the data", argument="maxlen")
    places = range_(build, maxlen)
    mask = build("less", places, build("expand_dims", lengths, axis=-1))
    return mask if dtype in ("bool", None) else build("cast", mask, dtype=dtype)
