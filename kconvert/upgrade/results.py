"""Shape and dtype of what a stock operation gives, as far as they are known; None is never a guess.

A length can also be any object that multiplies and adds, and is handed on as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kconvert.spec import Nest
from kconvert.upgrade.fragment import Shape

ShapeOf = Callable[[Nest], Shape | None]
DtypeOf = Callable[[Nest], str | None]

SAME = frozenset(
    ["softmax", "log_softmax", "cumsum", "cumprod", "flip", "roll", "sort", "argsort", "tril", "triu", "relu", "relu6",
     "elu", "selu", "silu", "gelu", "leaky_relu", "softplus", "softsign", "sigmoid", "log_sigmoid", "tanh", "cast",
     "copy", "stop_gradient", "zeros_like", "ones_like", "full_like", "inv", "cholesky", "abs", "arccos", "arccosh",
     "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh", "erf", "erfc", "erfinv", "exp", "expm1", "floor",
     "isfinite", "isinf", "isnan", "log", "log1p", "logical_not", "negative", "reciprocal", "round", "rsqrt", "sign",
     "sin", "sinh", "sqrt", "square", "tan"]
)  # fmt: skip
BROADCAST = frozenset(
    ["add", "subtract", "multiply", "divide", "divide_no_nan", "floor_divide", "mod", "power", "maximum", "minimum",
     "arctan2", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or",
     "logical_xor", "where", "clip", "cross"]
)  # fmt: skip
REDUCTIONS = frozenset(
    ["sum", "prod", "mean", "max", "min", "any", "all", "logsumexp", "std", "var", "argmax", "argmin", "count_nonzero"]
)
BOOLEAN = frozenset(
    ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or", "logical_xor",
     "logical_not", "isfinite", "isinf", "isnan", "any", "all"]
)  # fmt: skip
INDICES = frozenset(["argmax", "argmin", "argsort", "count_nonzero"])


def result_shapes(
    name: str, operands: Sequence[Nest], config: Mapping[str, Any], shape_of: ShapeOf
) -> list[Shape | None] | None:
    """The shapes of an operation's outputs; None where not even their number is known."""
    if name in BROADCAST:
        return [broadcast([shape_of(o) for o in operands])]
    first = operands[0] if operands else None
    if name in ("concatenate", "stack"):
        parts = [shape_of(o) for o in first] if isinstance(first, list | tuple) else [None]
        known = [s for s in parts if s is not None]
        if len(known) != len(parts):
            return [None]
        return [(_concatenated if name == "concatenate" else _stacked)(known, int(config.get("axis", 0)))]
    shape = shape_of(first)
    if shape is None:
        return _unknown(name, config)
    if name in SAME:
        return [shape]
    try:
        if name in REDUCTIONS:
            return [_reduced(shape, config.get("axis"), bool(config.get("keepdims")))]
        if name == "take":
            return [_taken(shape, shape_of(operands[1]), int(config.get("axis", 0)))]
        if name == "matmul":
            return [_multiplied(shape, shape_of(operands[1]))]
        several = SEVERAL.get(name)
        if several is not None:
            return several(shape, config)
        single = SINGLE.get(name)
        return None if single is None else [single(shape, config)]
    except (TypeError, ValueError, IndexError, KeyError):
        return None  # today's Keras will say what is wrong


def result_dtype(name: str, operands: Sequence[Nest], config: Mapping[str, Any], dtype_of: DtypeOf) -> str | None:
    """The dtype of an operation's (first) output."""
    if name in BOOLEAN:
        return "bool"
    if config.get("dtype") is not None:
        return str(config["dtype"])
    if name in INDICES:
        return "int32"
    if name == "one_hot":
        return "float32"
    tensors = operands[1:] if name == "where" else operands[:1] if name == "take" else operands
    flat = [o for value in tensors for o in (value if isinstance(value, list | tuple) else [value])]
    dtypes = {dtype_of(o) for o in flat} - {None}
    return dtypes.pop() if len(dtypes) == 1 else None


def broadcast(shapes: Sequence[Shape | None]) -> Shape | None:
    """The common shape; lengths that are not known may be anything, so only a known one above 1 decides."""
    if any(s is None for s in shapes):
        return None
    known = [s for s in shapes if s is not None]
    rank = max((len(s) for s in known), default=0)
    result: list[int | None] = []
    for axis in range(rank):
        lengths = {s[axis - rank] for s in known if len(s) >= rank - axis}
        above = lengths - {None, 1}
        sure = [n for n in above if isinstance(n, int)]
        if sure or not above:
            result.append(sure[0] if sure else None if None in lengths else 1)
        else:
            result.append(above.pop() if len(above) == 1 and None not in lengths else None)
    return tuple(result)


def _unknown(name: str, config: Mapping[str, Any]) -> list[Shape | None] | None:
    """As many unknown shapes as there are outputs."""
    if name == "split":
        parts = config["indices_or_sections"]
        return [None] * (parts if isinstance(parts, int) else len(parts) + 1)
    if name == "unstack":
        return [None] * int(config["num"]) if config.get("num") else None
    return [None] * (2 if name in SEVERAL else 1)


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    axes = range(rank) if axis is None else axis if isinstance(axis, list | tuple | np.ndarray) else [axis]
    return tuple(int(a) % rank for a in axes)


def _reduced(shape: Shape, axis: Any, keepdims: bool) -> Shape:
    axes = _axes(axis, len(shape)) if shape else ()
    if keepdims:
        return tuple(1 if a in axes else n for a, n in enumerate(shape))
    return tuple(n for a, n in enumerate(shape) if a not in axes)


def product(shape: Shape) -> int | None:
    """The number of elements."""
    total = 1
    for n in shape:
        if n is None:
            return None
        total *= n
    return total


def _reshaped(shape: Shape, config: Mapping[str, Any]) -> Shape:
    new: list[int | None] = [int(n) for n in config["newshape"]]
    total = product(shape)
    if -1 in new:
        rest = product(tuple(n for n in new if n != -1))
        new[new.index(-1)] = None if total is None or not rest else total // rest
    return tuple(new)


def _expanded(shape: Shape, config: Mapping[str, Any]) -> Shape:
    axis = int(config["axis"])
    axis += len(shape) + 1 if axis < 0 else 0
    return (*shape[:axis], 1, *shape[axis:])


def _squeezed(shape: Shape, config: Mapping[str, Any]) -> Shape | None:
    axis = config.get("axis")
    if axis is None:
        return None if None in shape else tuple(n for n in shape if n != 1)
    axes = _axes(axis, len(shape))
    return tuple(n for a, n in enumerate(shape) if a not in axes)


def _concatenated(shapes: Sequence[Shape], axis: int) -> Shape:
    axis %= len(shapes[0])
    whole = None if any(s[axis] is None for s in shapes) else sum(s[axis] or 0 for s in shapes)
    return (*shapes[0][:axis], whole, *shapes[0][axis + 1 :])


def _stacked(shapes: Sequence[Shape], axis: int) -> Shape:
    axis += len(shapes[0]) + 1 if axis < 0 else 0
    return (*shapes[0][:axis], len(shapes), *shapes[0][axis:])


def _tiled(shape: Shape, config: Mapping[str, Any]) -> Shape:
    repeats = config["repeats"]
    return tuple(None if n is None else n * int(r) for n, r in zip(shape, repeats, strict=True))


def _repeated(shape: Shape, config: Mapping[str, Any]) -> Shape | None:
    axis, repeats = config.get("axis"), config["repeats"]
    if axis is None or not isinstance(repeats, int):
        return None
    return tuple(
        n if a != axis % len(shape) else None if n is None else n * repeats for a, n in enumerate(shape)
    )  # fmt: skip


def _padded(shape: Shape, config: Mapping[str, Any]) -> Shape:
    return tuple(
        None if n is None else n + int(a) + int(b) for n, (a, b) in zip(shape, config["pad_width"], strict=True)
    )  # fmt: skip


def _taken(shape: Shape, indices: Shape | None, axis: int) -> Shape | None:
    axis %= len(shape)
    return None if indices is None else (*shape[:axis], *indices, *shape[axis + 1 :])


def _multiplied(a: Shape, b: Shape | None) -> Shape | None:
    if b is None or len(a) < 2 or len(b) < 2:
        return None
    batch = broadcast([a[:-2], b[:-2]])
    return None if batch is None else (*batch, a[-2], b[-1])


def _with_classes(shape: Shape, config: Mapping[str, Any]) -> Shape:
    axis = int(config.get("axis", -1))
    axis += len(shape) + 1 if axis < 0 else 0
    return (*shape[:axis], int(config["num_classes"]), *shape[axis:])


def _indexed(shape: Shape, config: Mapping[str, Any]) -> Shape | None:
    key = list(config["key"])
    used = sum(k is not None and k != "..." for k in key)
    if "..." in key:
        at = key.index("...")
        key[at : at + 1] = [{"slice": [None, None, None]}] * (len(shape) - used)
    result: list[int | None] = []
    axis = 0
    for k in key:
        if k is None:
            result.append(1)
            continue
        n = shape[axis]
        axis += 1
        if isinstance(k, Mapping):
            result.append(_sliced(n, k["slice"]))
    return (*result, *shape[axis:])


def _sliced(n: int | None, bounds: Sequence[Any]) -> int | None:
    if list(bounds) in ([None, None, None], [None, None, 1]):
        return n
    return len(range(*slice(*bounds).indices(n))) if isinstance(n, int) else None


def _transposed(shape: Shape, config: Mapping[str, Any]) -> Shape:
    axes = config.get("axes")
    return tuple(shape[a] for a in (axes if axes is not None else range(len(shape) - 1, -1, -1)))


def _swapped(shape: Shape, config: Mapping[str, Any]) -> Shape:
    order = list(range(len(shape)))
    a, b = config["axis1"], config["axis2"]
    order[a], order[b] = order[b], order[a]
    return tuple(shape[i] for i in order)


def _resized(shape: Shape, config: Mapping[str, Any]) -> Shape:
    height, width = config["size"]
    return (*shape[:-3], int(height), int(width), shape[-1])


def _pooled(shape: Shape, config: Mapping[str, Any]) -> Shape:
    axes = range(2, len(shape)) if config.get("data_format") == "channels_first" else range(1, len(shape) - 1)
    sizes: dict[int, int | None] = {}
    for axis, pool, stride in zip(axes, config["pool_size"], config["strides"], strict=True):
        n = shape[axis]
        if not isinstance(n, int):
            n = None
        else:
            n = -(-n // stride) if config.get("padding") == "same" else (n - pool) // stride + 1
        sizes[axis] = n
    return tuple(sizes.get(axis, n) for axis, n in enumerate(shape))


def _split(shape: Shape, config: Mapping[str, Any]) -> list[Shape | None]:
    axis = int(config.get("axis", 0)) % len(shape)
    n, parts = shape[axis], config["indices_or_sections"]
    if isinstance(parts, int):
        sizes: list[int | None] = [None if n is None else n // parts] * parts
    else:
        ends = [0, *parts, n]
        sizes = [None if b is None else b - a for a, b in itertools.pairwise(ends)]
    return [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]


def _unstacked(shape: Shape, config: Mapping[str, Any]) -> list[Shape | None] | None:
    axis = int(config.get("axis", 0)) % len(shape)
    number = config.get("num") or shape[axis]
    rest = (*shape[:axis], *shape[axis + 1 :])
    return None if number is None else [rest] * int(number)


def _largest(shape: Shape, config: Mapping[str, Any]) -> list[Shape | None]:
    return [(*shape[:-1], int(config["k"]))] * 2


def _moments(shape: Shape, config: Mapping[str, Any]) -> list[Shape | None]:
    return [_reduced(shape, config["axes"], bool(config.get("keepdims")))] * 2


SINGLE: Mapping[str, Callable[[Shape, Mapping[str, Any]], Shape | None]] = {
    "reshape": _reshaped,
    "transpose": _transposed,
    "swapaxes": _swapped,
    "expand_dims": _expanded,
    "squeeze": _squeezed,
    "tile": _tiled,
    "repeat": _repeated,
    "pad": _padded,
    "one_hot": _with_classes,
    "getitem": _indexed,
    "broadcast_to": lambda _, config: tuple(config["shape"]),
    "image.resize": _resized,
    "max_pool": _pooled,
    "average_pool": _pooled,
    "diagonal": lambda shape, config: None,
    "trace": lambda shape, config: shape[:-2],
}
SEVERAL: Mapping[str, Callable[[Shape, Mapping[str, Any]], list[Shape | None] | None]] = {
    "split": _split,
    "unstack": _unstacked,
    "top_k": _largest,
    "moments": _moments,
}
