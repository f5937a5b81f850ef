"""What keras.backend computes from several operations: keras 2.2.4 backend/tensorflow_backend.py, theano_backend.py."""

from __future__ import annotations

import math
from typing import Any

from kconvert.errors import Rejected
from kconvert.upgrade.operations.build import Build, Value
from kconvert.upgrade.operations.rules import arrays

LETTERS = "abcdefgh"


def positive_root(build: Build, x: Value) -> Value:
    """The root of what is positive, else 0: both backends clip to 0 and infinity first."""
    return build("sqrt", build("maximum", x, 0.0))


def backend_clip(build: Build, x: Value, min_value: Any = None, max_value: Any = None) -> Value:
    """Python's numbers are set right first: `max_value < min_value` means `min_value`; None is no bound."""
    low = -math.inf if min_value is None else min_value
    high = math.inf if max_value is None else max_value
    if isinstance(low, int | float) and isinstance(high, int | float) and high < low:
        high = low
    result = x if isinstance(high, float) and high == math.inf else build("minimum", x, high)
    return result if isinstance(low, float) and low == -math.inf else build("maximum", result, low)


def backend_relu(build: Build, x: Value, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0.0) -> Value:
    """relu with a slope below the threshold and an upper bound."""
    if threshold:
        raise Rejected(f"threshold={threshold!r} has no equivalent here", argument="threshold")
    result = build("relu", x)
    if max_value is not None:
        result = build("minimum", result, max_value)
    if isinstance(alpha, int | float) and alpha == 0:
        return result
    return build("subtract", result, build("multiply", build("relu", build("negative", x)), alpha))


def hard_sigmoid(build: Build, x: Value) -> Value:
    """clip(0.2 x + 0.5, 0, 1); today's has another slope."""
    line = build("add", build("multiply", x, 0.2), 0.5)
    return build("maximum", build("minimum", line, 1.0), 0.0)


def backend_mean(build: Build, x: Value, axis: Any = None, keepdims: bool = False) -> Value:
    """The mean, of booleans as float32.

    Raises:
        Rejected: of integers, for which the backends differ.
    """
    dtype = build.dtype(x) or "float"
    if dtype == "bool":
        x = build("cast", x, dtype="float32")
    elif not dtype.startswith(("float", "bfloat")):
        raise Rejected("the mean of integers is another in every backend")
    return build("mean", x, axis=axis, keepdims=bool(keepdims))


def backend_dot(build: Build, x: Value, y: Value) -> Value:
    """The last axis of x with the last but one of y."""
    ranks = [len(build.known_shape(v, "K.dot")) for v in (x, y)]
    if min(ranks) < 2:
        raise Rejected("K.dot of vectors")
    if ranks == [2, 2]:
        return build("matmul", x, y)
    left, right = LETTERS[: ranks[0]], "".join(chr(ord("m") + n) for n in range(ranks[1]))
    right = right[:-2] + left[-1] + right[-1]
    out = left[:-1] + right[:-2] + right[-1]
    return build("einsum", f"{left},{right}->{out}", x, y)


def batch_dot(build: Build, x: Value, y: Value, axes: Any = None) -> Value:
    """Sums of products over one axis of each, element of the batch by element; a result of one axis gets a second.

    Raises:
        Rejected: more than three axes, where releases differ.
    """
    ranks = [len(build.known_shape(v, "K.batch_dot")) for v in (x, y)]
    if not all(2 <= r <= 3 for r in ranks):
        raise Rejected("K.batch_dot of tensors of other than 2 or 3 axes is another from release to release")
    if axes is None:
        axes = [ranks[0] - 1, max(ranks[1] - 2, 1)]
    pair = [axes, axes] if isinstance(axes, int) else list(axes)
    if len(pair) != 2 or not all(isinstance(a, int) for a in pair):
        raise Rejected(f"K.batch_dot over axes={axes!r}", argument="axes")
    first, second = (a % r for a, r in zip(pair, ranks, strict=True))
    if not first or not second:
        raise Rejected("K.batch_dot over the batch", argument="axes")
    left = "z" + "".join("k" if a == first else LETTERS[a] for a in range(1, ranks[0]))
    right = "z" + "".join("k" if a == second else "pq"[a - 1] for a in range(1, ranks[1]))
    out = left.replace("k", "") + right.replace("k", "")[1:]
    if len(out) == 1:
        return build("sum", build("multiply", x, y), axis=1, keepdims=True)
    return build("einsum", f"{left},{right}->{out}", x, y)


def flatten(build: Build, x: Value) -> Value:
    """All axes as one, the batch included."""
    return build("reshape", x, newshape=[-1])


def repeat_vector(build: Build, x: Value, n: int) -> Value:
    """(batch, features) n times, as (batch, n, features)."""
    return build("repeat", build("expand_dims", x, axis=1), repeats=int(n), axis=1)


def backend_switch(build: Build, condition: Value, x: Value, y: Value) -> Value:
    """One of two values; a condition with fewer axes chooses between whole elements.

    Raises:
        Rejected: the values are functions.
    """
    rank, inner = (len(build.known_shape(v, "K.switch")) for v in (x, condition))
    for axis in range(inner, rank if inner else 0):
        condition = build("expand_dims", condition, axis=axis)
    return arrays.where(build, condition, x, y)


def spatial_2d_padding(build: Build, x: Value, padding: Any = ((1, 1), (1, 1)), data_format: Any = None) -> Value:
    """Zeros around height and width."""
    pairs = [[p, p] if isinstance(p, int) else list(p) for p in padding]
    none = [0, 0]
    first = data_format in ("channels_first", "th")
    widths = [none, none, *pairs] if first else [none, *pairs, none]
    return arrays.pad(build, x, widths)


def temporal_padding(build: Build, x: Value, padding: Any = (1, 1)) -> Value:
    """Zeros before and behind."""
    pair = [padding, padding] if isinstance(padding, int) else list(padding)
    return arrays.pad(build, x, [[0, 0], pair, [0, 0]])


def backend_resize_images(
    build: Build, x: Value, height_factor: int, width_factor: int, data_format: Any, interpolation: str = "nearest"
) -> Value:
    """Every row and column repeated.

    Raises:
        Rejected: an interpolation, which is another from release to release.
    """
    if interpolation != "nearest":
        raise Rejected(f"K.resize_images with interpolation={interpolation!r}", argument="interpolation")
    axes = (2, 3) if data_format in ("channels_first", "th") else (1, 2)
    for axis, factor in zip(axes, (height_factor, width_factor), strict=True):
        x = build("repeat", x, repeats=int(factor), axis=axis)
    return x
