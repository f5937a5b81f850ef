"""How each operation that rearranges, joins or shortens axes changes a shape."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kconvert.upgrade.fragment import Shape


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


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    axes = range(rank) if axis is None else axis if isinstance(axis, list | tuple | np.ndarray) else [axis]
    return tuple(int(a) % rank for a in axes)


def reduced(shape: Shape, axis: Any, keepdims: bool) -> Shape:
    """Without these axes, or with length one in their place."""
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


def concatenated(shapes: Sequence[Shape], axis: int) -> Shape:
    """One behind the other."""
    axis %= len(shapes[0])
    whole = None if any(s[axis] is None for s in shapes) else sum(s[axis] or 0 for s in shapes)
    return (*shapes[0][:axis], whole, *shapes[0][axis + 1 :])


def stacked(shapes: Sequence[Shape], axis: int) -> Shape:
    """With a new axis."""
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


def taken(shape: Shape, indices: Shape | None, axis: int) -> Shape | None:
    """With the shape of the indices in the place of an axis."""
    axis %= len(shape)
    return None if indices is None else (*shape[:axis], *indices, *shape[axis + 1 :])


def multiplied(a: Shape, b: Shape | None) -> Shape | None:
    """The product of two matrices, or of batches of them."""
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
    return [reduced(shape, config["axes"], bool(config.get("keepdims")))] * 2


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
