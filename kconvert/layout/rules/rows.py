"""A last axis that an image was flattened into: the rows of the Dense behind it are moved instead of the numbers."""

from __future__ import annotations

from dataclasses import replace

from kconvert.axes import AS_BEFORE, Block, Layout, channels_last, in_blocks, plain
from kconvert.layout.facts import facts
from kconvert.layout.ways import Use, Way
from kconvert.tensor import Tensor


def moved_along(tensor: Tensor, axis: int, layout: Layout) -> Tensor:
    """The tensor with its elements along `axis` as the layout's rows have them.

    Raises:
        ValueError: it is not as long.
    """
    if sum(block.size for block in layout.rows) != tensor.shape[axis]:
        raise ValueError(f"{tensor.name} has not the length of what it is for: {tensor.shape}, {layout}")
    if len(layout.rows) == 1:
        return layout.rows[0].moved(tensor, axis)
    parts, start = [], 0
    for block in layout.rows:
        part = tensor.take(start, start + block.size, axis)
        parts.append(block.moved(part, axis))
        start += block.size
    return Tensor.concat(parts, axis)


def on_last_axis(use: Use) -> Way | None:
    """Dense and recurrent layers: the kernel's rows go where their numbers went."""
    slot = facts().on_last_axis[use.layer.class_name]
    kernel = use.layer.tensors.get(slot)
    if not use.first.rows or kernel is None:
        return None
    tensors = {**use.layer.tensors, slot: moved_along(kernel, 0, use.first)}
    return Way(replace(use.layer, tensors=tensors), (use.first,))


def flatten(use: Use) -> Way | None:
    """Of axes in another order: their elements lie in that order."""
    layout, shape = use.first, use.shape
    if use.layer.config.get("data_format") == "channels_first":
        return _flatten_channels_first(use)
    if not layout.is_turned or shape is None:
        return None
    dims = [n for n in shape[1:] if n is not None]
    if len(dims) != len(shape) - 1:
        return None
    return Way(use.layer, (layout,), (in_blocks(2, [Block(tuple(dims), tuple(a - 1 for a in layout.axes[1:]))]),))


def _flatten_channels_first(use: Use) -> Way | None:
    """Keras 2 puts channels to the end before it flattens (keras 3.15.1 src/layers/reshaping/flatten.py `call`)."""
    if use.rank is None:
        return None
    layer = replace(use.layer, config={**use.layer.config, "data_format": "channels_last"})
    return Way(layer, (channels_last(use.rank) if use.rank > 2 else AS_BEFORE,))


def repeat_vector(use: Use) -> Way | None:
    """The last axis stays what it is."""
    return Way(use.layer, (use.first,), (Layout((0, 1, 2), use.first.rows),)) if use.first.rows else None


def concatenate(use: Use) -> Way | None:
    """Of flattened images along their last axis: a block behind the other."""
    from kconvert.layout.rules.along import axis_of
    from kconvert.layout.rules.elementwise import common

    ranks = {len(o.axes) or (0 if s is None else len(s)) for o, s in zip(use.offers, use.shapes, strict=True)}
    if len(ranks) != 1 or 0 in ranks or all(o.is_before for o in use.offers):
        return None
    (rank,) = ranks
    axis = axis_of(use, rank)
    if axis is None:
        return None
    if not any(o.rows for o in use.offers):
        layout = common(use)
        if layout is None:
            return None
        layer = replace(use.layer, config={**use.layer.config, "axis": layout.axes.index(axis)})
        return Way(layer, (layout,) * len(use.offers), (layout,))
    if axis != rank - 1 or any(o.is_turned for o in use.offers):
        layout = use.offers[0]
        return Way(use.layer, use.offers, (layout,)) if axis != rank - 1 and set(use.offers) == {layout} else None
    blocks: list[Block] = []
    for offer, shape in zip(use.offers, use.shapes, strict=True):
        size = None if shape is None else shape[-1]
        if not offer.rows and size is None:
            return None
        blocks += offer.rows or [plain(int(size or 0))]
    return Way(use.layer, use.offers, (in_blocks(rank, blocks),))


def dot(use: Use) -> Way | None:
    """Of two flattened images with the same order: a sum has none."""
    axes = use.layer.config.get("axes")
    pair = [axes, axes] if isinstance(axes, int) else list(axes or ())
    is_last = len(pair) == 2 and all(a in (1, -1) for a in pair)
    if len(use.offers) != 2 or use.offers[0] != use.offers[1] or not use.first.rows or use.rank != 2 or not is_last:
        return None
    return Way(use.layer, use.offers)
