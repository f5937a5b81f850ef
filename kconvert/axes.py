"""How the numbers of a tensor lie in comparison with how they lay before: in which order its axes stand, and its last axis.

Batch first: axis 0 never moves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kconvert.tensor import Array, Tensor

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a last axis that an image was flattened into.

    Attributes:
        dims: the image's axes, in the order that they had.
        order: which of them comes first now, which second, ...
    """

    dims: tuple[int, ...]
    order: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        product = 1
        for n in self.dims:
            product *= n
        return product

    @property
    def is_plain(self) -> bool:
        """Nothing moves."""
        return self.order == tuple(range(len(self.order)))

    def moved(self, part: Tensor, axis: int) -> Tensor:
        """A tensor with this block along `axis`, in its new order."""
        if self.is_plain:
            return part
        front, back = part.shape[:axis], part.shape[axis + 1 :]
        middle = [axis + n for n in self.order]
        axes = [*range(axis), *middle, *range(axis + len(self.dims), axis + len(self.dims) + len(back))]
        return part.reshape((*front, *self.dims, *back)).transpose(axes).reshape(part.shape)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the axes of a tensor are, and the elements of its last one.

    Attributes:
        axes: for each axis as it is now which one it was, the batch included; empty: all as before.
        rows: the blocks of the last axis, empty where its elements are as before.
    """

    axes: tuple[int, ...] = ()
    rows: tuple[Block, ...] = ()

    @property
    def is_before(self) -> bool:
        """Nothing has moved."""
        return not self.axes

    @property
    def is_turned(self) -> bool:
        """Axes have moved, and nothing else."""
        return bool(self.axes) and not self.rows

    @property
    def back(self) -> tuple[int, ...]:
        """For each axis that was where it is now."""
        return tuple(self.axes.index(n) for n in range(len(self.axes)))

    def shape(self, before: Sequence[int | None]) -> Shape:
        """The shape that a tensor of this shape has now."""
        return tuple(before[a] for a in self.axes) if self.axes else tuple(before)

    def indices(self) -> list[int]:
        """For each element of the last axis as it is now which one it was."""
        found: list[int] = []
        for block in self.rows:
            found += [len(found) + n for n in _places(block)]
        return found

    def laid(self, array: Array) -> Array:
        """An array as it was, as it is now."""
        if not self.axes:
            return array
        new: Array = array.transpose(self.axes)
        return new[..., self.indices()] if self.rows else new

    def restored(self, array: Array) -> Array:
        """An array as it is now, as it was; one of another rank is left alone."""
        if not self.axes or array.ndim != len(self.axes):
            return array
        if self.rows:
            old_order = np.empty_like(array)
            old_order[..., self.indices()] = array
            array = old_order
        old: Array = array.transpose(self.back)
        return old

    def __str__(self) -> str:
        if not self.axes:
            return "as before"
        axes = f"axes {list(self.axes)}" if not self.rows else ""
        blocks = " and ".join(
            f"{block.size} as they were" if block.is_plain else f"{list(block.dims)} in the order {list(block.order)}"
            for block in self.rows
        )
        return axes or f"elements of the last axis: {blocks}"


AS_BEFORE = Layout()


@dataclass(frozen=True, slots=True)
class Order:
    """How the tensors of a whole model lie in comparison with those of its original.

    Attributes:
        inputs, outputs: layouts, in the original's order; empty: all as before.
        layers: name in the new model (`outer/inner`) -> the layout of each output, only where one is not as before.
    """

    inputs: tuple[Layout, ...] = ()
    outputs: tuple[Layout, ...] = ()
    layers: Mapping[str, tuple[Layout, ...]] = field(default_factory=dict)

    def given(self, number: int) -> Layout:
        """The layout of an input."""
        return self.inputs[number] if number < len(self.inputs) else AS_BEFORE

    def made(self, number: int) -> Layout:
        """The layout of an output."""
        return self.outputs[number] if number < len(self.outputs) else AS_BEFORE

    def inside(self, node: str, output: int) -> Layout:
        """The layout of what a node of the graph gives, whichever call it is (`name#1`)."""
        found = self.layers.get(re.sub(r"#\d+(?=/|$)", "", node), ())
        return found[output] if output < len(found) else AS_BEFORE


NO_ORDER = Order()


def turned(axes: Sequence[int]) -> Layout:
    """The layout with these axes."""
    order = tuple(axes)
    return AS_BEFORE if order == tuple(range(len(order))) else Layout(order)


def channels_last(rank: int, leading: int = 0) -> Layout:
    """What was channels_first and is channels_last now, behind so many further axes (of time)."""
    first = 1 + leading
    return turned((*range(first), *range(first + 1, rank), first))


def in_blocks(rank: int, blocks: Sequence[Block]) -> Layout:
    """The layout of a tensor whose last axis is made of these; blocks that do not move are joined."""
    joined: list[Block] = []
    for block in map(_simple, blocks):
        if joined and joined[-1].is_plain and block.is_plain:
            joined[-1] = plain(joined[-1].size + block.size)
        else:
            joined.append(block)
    return AS_BEFORE if all(b.is_plain for b in joined) else Layout(tuple(range(rank)), tuple(joined))


def plain(size: int) -> Block:
    """Elements that stay as they are."""
    return Block((size,), (0,))


def _simple(block: Block) -> Block:
    """Without axes of length one."""
    kept = [n for n, size in enumerate(block.dims) if size != 1]
    order = tuple(kept.index(n) for n in block.order if n in kept)
    simple = Block(tuple(block.dims[n] for n in kept), order)
    return plain(block.size) if simple.is_plain else simple


def _places(block: Block) -> list[int]:
    return [int(n) for n in np.arange(block.size).reshape(block.dims).transpose(block.order).reshape(-1)]
