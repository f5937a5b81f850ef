"""Layers and operations that are told an axis, and the weights along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kconvert.axes import Layout, turned
from kconvert.layout.facts import facts
from kconvert.layout.rules.rows import moved_along
from kconvert.layout.ways import Use, Way, same
from kconvert.tensor import Tensor


def axis_of(use: Use, rank: int) -> int | None:
    """The axis that the layer is told, counted from the front."""
    axis = use.layer.config.get("axis", -1)
    if isinstance(axis, list | tuple) and len(axis) == 1:
        axis = axis[0]
    return axis % rank if isinstance(axis, int) and -rank <= axis < rank else None


def by_axis(use: Use) -> Way | None:
    """BatchNormalization and the like: the axis is where it went, and weights of several axes go with them."""
    layout = use.first
    if layout.is_before or len(use.offers) != 1:
        return None
    rank = len(layout.axes)
    told = use.layer.config.get("axis", -1)
    old = [int(a) % rank for a in (told if isinstance(told, list | tuple) else [told])]
    slots = [s for s in facts().by_axis[use.layer.class_name] if s in use.layer.tensors]
    tensors = dict(use.layer.tensors)
    if layout.rows:
        if slots and old != [rank - 1]:
            return same(use, layout) if rank - 1 not in old else None
        tensors |= {s: moved_along(tensors[s], 0, layout) for s in slots}
        return Way(replace(use.layer, tensors=tensors), (layout,), (layout,))
    places = [layout.axes.index(a) for a in old]
    new = sorted(places)
    if len(new) > 1:
        order = [places.index(a) for a in new]
        tensors |= {s: _of_axes(tensors[s], order) for s in slots}
    config = {**use.layer.config, "axis": new if isinstance(told, list | tuple) else new[0]}
    return Way(replace(use.layer, config=config, tensors=tensors), (layout,), (layout,))


def _of_axes(tensor: Tensor, order: Sequence[int]) -> Tensor:
    return tensor.transpose(order)


def along(use: Use) -> Way | None:
    """An operation along one axis or several that leaves all axes where they are."""
    layout, config = use.first, use.layer.config
    if not layout.is_turned or len(use.offers) != 1 or use.call.kwargs:
        return None
    axes = _axes(config.get("axis", ...), len(layout.axes))
    if axes is None:
        return None
    new = [layout.axes.index(a) for a in axes]
    return same(use, layout, axis=new[0] if isinstance(config["axis"], int) else new)


def reduction(use: Use) -> Way | None:
    """Axes that go, or stay with one element; of all others the order is what is left."""
    layout, config = use.first, use.layer.config
    if layout.is_before or len(use.offers) != 1 or use.call.kwargs or len(use.call.args) != 1:
        return None
    rank = len(layout.axes)
    said = config.get("axis")
    axes = list(range(rank)) if said is None else _axes(said, rank)
    if axes is None or (layout.rows and rank - 1 not in axes and not config.get("keepdims")):
        return None
    if 0 in axes and len(set(axes)) < rank and not config.get("keepdims"):
        return None  # without its batch a tensor has no layout here
    if layout.rows:
        return Way(use.layer, (layout,)) if rank - 1 in axes else same(use, layout)
    new = [layout.axes.index(a) for a in axes]
    layer = replace(
        use.layer, config={**config, "axis": None if said is None else new[0] if isinstance(said, int) else new}
    )
    return Way(layer, (layout,), (layout if config.get("keepdims") else without(layout, axes),))


def without(layout: Layout, gone: Sequence[int]) -> Layout:
    """What is left of a layout without these axes of before."""
    kept = [a for a in layout.axes if a not in gone]
    return turned([sorted(kept).index(a) for a in kept])


def pad(use: Use) -> Way | None:
    """A pair of widths for each axis."""
    layout, widths = use.first, use.layer.config.get("pad_width")
    if not layout.is_turned or len(use.offers) != 1 or not isinstance(widths, list | tuple):
        return None
    if len(widths) != len(layout.axes):
        return None
    return same(use, layout, pad_width=[widths[a] for a in layout.axes])


def getitem(use: Use) -> Way | None:
    """A part of each axis; axes of which one element is taken go."""
    layout, key = use.first, list(use.layer.config.get("key") or ())
    if not layout.is_turned or len(use.offers) != 1 or len(use.call.args) != 1 or None in key:
        return None
    rank, whole = len(layout.axes), {"slice": [None, None, None]}
    if "..." in key:
        at = key.index("...")
        key[at : at + 1] = [whole] * (rank - len(key) + 1)
    key += [whole] * (rank - len(key))
    if len(key) != rank or not all(isinstance(k, dict | int) for k in key) or isinstance(key[0], int):
        return None
    gone = [a for a, k in enumerate(key) if isinstance(k, int)]
    layer = replace(use.layer, config={**use.layer.config, "key": [key[a] for a in layout.axes]})
    return Way(layer, (layout,), (without(layout, gone),))


def _axes(said: Any, rank: int) -> list[int] | None:
    axes = [said] if isinstance(said, int) else said
    if not isinstance(axes, list | tuple) or not all(isinstance(a, int) and -rank <= a < rank for a in axes):
        return None
    return [a % rank for a in axes]
