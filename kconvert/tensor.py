"""A named array that is read late: shape and dtype are known at once, values come from the file when asked for.

Transposing, flipping and the like are recorded, and run when the value is read, so a whole model can be planned
without reading one weight, and converted holding one tensor at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class InBlocks:
    """Reads a value as a whole, or all of its elements in row-major order in blocks of at most so many bytes.

    Both are one thing, so that whoever puts another way of reading into a tensor replaces both.
    """

    whole: Callable[[], Array]
    blocks: Callable[[int], Iterator[Array]]

    def __call__(self) -> Array:
        """The whole."""
        return self.whole()


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """One array of the file, or what operations made of one or several.

    Attributes:
        name: the file's own name for it (of the first, where several were joined).
        shape, dtype: of the value that `read` returns.
        read: gives the value; `InBlocks` where it can be read part by part too.
        sources: file tensor -> how many of its elements are in here. Summed over a whole model, every file tensor's
            count equals its size: that is what "used exactly once" means.
        steps: what was done to it, for the report.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], Array] = field(repr=False)
    sources: Mapping[str, int] = field(default_factory=dict, repr=False)
    steps: tuple[str, ...] = ()

    @classmethod
    def of_file(cls, name: str, shape: Sequence[int], dtype: Any, read: Callable[[], Array]) -> Tensor:
        """A tensor as the file stores it."""
        dims = tuple(int(n) for n in shape)
        return cls(name, dims, np.dtype(dtype), read, {name: _count(dims)})

    @classmethod
    def constant(cls, name: str, value: Array) -> Tensor:
        """A tensor that does not come from the file."""
        return cls(name, value.shape, value.dtype, lambda: value)

    def again(self) -> Tensor:
        """The same values for a second place that the same formula needs them at; they count once."""
        return Tensor(self.name, self.shape, self.dtype, self.read, {}, self.steps)

    def blocks(self, limit: int) -> Iterator[Array]:
        """All elements in row-major order, in arrays of one axis and at most `limit` bytes (or one element).

        Blocks are of whole rows (all that has one index of the first axis) where a row is no larger than that.

        A tensor that lies in the file as it is wanted is never in memory as a whole. A block may be overwritten by the next.
        """
        if isinstance(self.read, InBlocks):
            yield from self.read.blocks(limit)
        else:
            yield from cut(self.read(), limit)

    @property
    def size(self) -> int:
        """Number of elements."""
        return _count(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the value."""
        return self.size * self.dtype.itemsize

    def transpose(self, axes: Sequence[int]) -> Tensor:
        """Axes in a new order."""
        order = tuple(axes)
        shape = tuple(self.shape[a] for a in order)
        return self._view(f"transpose {list(order)}", shape, lambda a: a.transpose(order))

    def flip(self, axes: Sequence[int]) -> Tensor:
        """Reversed along `axes`; unchanged where all of them have length one."""
        turned = tuple(a for a in axes if self.shape[a] > 1)
        return self._view(f"flip {list(turned)}", self.shape, lambda a: np.flip(a, turned)) if turned else self

    def reshape(self, shape: Sequence[int]) -> Tensor:
        """The same elements in row-major order under another shape (no -1)."""
        new = tuple(int(n) for n in shape)
        if _count(new) != self.size:
            raise ValueError(f"cannot reshape {self.name} {self.shape} to {new}")
        if new == self.shape:
            return self
        shaped = self._view(f"reshape {list(new)}", new, lambda a: a.reshape(new))
        return (
            replace(shaped, read=replace(self.read, whole=shaped.read)) if isinstance(self.read, InBlocks) else shaped
        )

    def take(self, start: int, stop: int, axis: int = 0) -> Tensor:
        """The part `start:stop` along `axis`."""
        axis %= len(self.shape)
        shape = (*self.shape[:axis], stop - start, *self.shape[axis + 1 :])
        index = (slice(None),) * axis + (slice(start, stop),)
        total = self.shape[axis] or 1
        sources = {k: n * (stop - start) // total for k, n in self.sources.items()}
        return self._view(f"take {start}:{stop} of axis {axis}", shape, lambda a: a[index], sources)

    def scale(self, factor: float, columns: tuple[int, int] | None = None) -> Tensor:
        """Multiplied by `factor`, in double precision, on the whole or on columns `start:stop` of the last axis."""

        def scaled(a: Array) -> Array:
            wide = a.astype(np.float64)
            part = wide if columns is None else wide[..., columns[0] : columns[1]]
            part *= factor
            return wide.astype(a.dtype)

        where = "" if columns is None else f" columns {columns[0]}:{columns[1]}"
        return self._view(f"scale by {factor:g}{where}", self.shape, scaled)

    def pad(self, widths: Sequence[tuple[int, int]]) -> Tensor:
        """Zeros added at the ends of each axis."""
        shape = tuple(n + a + b for n, (a, b) in zip(self.shape, widths, strict=True))
        pairs = tuple(widths)
        return self._view(f"pad {[list(p) for p in pairs]}", shape, lambda a: np.pad(a, pairs))

    def apply(self, step: str, function: Callable[[Array], Array], shape: Sequence[int] | None = None) -> Tensor:
        """The result of a named function of all elements."""
        return self._view(step, self.shape if shape is None else tuple(shape), function)

    @staticmethod
    def concat(parts: Sequence[Tensor], axis: int = -1) -> Tensor:
        """Several tensors joined along `axis`."""
        first = parts[0]
        axis %= len(first.shape)
        shape = (*first.shape[:axis], sum(p.shape[axis] for p in parts), *first.shape[axis + 1 :])
        return Tensor.join(f"concat axis {axis}", parts, shape, lambda arrays: np.concatenate(arrays, axis))

    @staticmethod
    def join(
        step: str, parts: Sequence[Tensor], shape: Sequence[int], function: Callable[[list[Array]], Array]
    ) -> Tensor:
        """The result of a named function of several tensors."""
        group = tuple(parts)
        counts: dict[str, int] = {}
        for part in group:
            for name, n in part.sources.items():
                counts[name] = counts.get(name, 0) + n
        steps = tuple(dict.fromkeys(s for p in group for s in p.steps))
        names = ", ".join(p.name for p in group)
        return Tensor(
            group[0].name, tuple(shape), np.result_type(*(p.dtype for p in group)),
            lambda: function([p.read() for p in group]), counts, (*steps, f"{step} of {names}"),
        )  # fmt: skip

    def _view(
        self,
        step: str,
        shape: tuple[int, ...],
        function: Callable[[Array], Array],
        sources: Mapping[str, int] | None = None,
    ) -> Tensor:
        before = self.read
        return Tensor(
            self.name, shape, self.dtype, lambda: function(before()),
            self.sources if sources is None else sources, (*self.steps, step),
        )  # fmt: skip


def cut(value: Array, limit: int) -> Iterator[Array]:
    """Its elements in row-major order, in arrays of one axis and at most `limit` bytes (or one element)."""
    if value.nbytes <= limit or value.ndim == 0:
        yield np.ascontiguousarray(value).reshape(-1)
        return
    row = value.nbytes // len(value)
    if row > limit:
        for part in value:
            yield from cut(part, limit)
        return
    rows = limit // row
    for start in range(0, len(value), rows):
        yield np.ascontiguousarray(value[start : start + rows]).reshape(-1)


def _count(shape: Sequence[int]) -> int:
    product = 1
    for n in shape:
        product *= n
    return product
