"""What flows along the edges of a model: an array and its mask."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kconvert.tensor import Array


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """One tensor of a running model.

    Attributes:
        array: real numbers in double precision; integers, booleans and texts as they are. The first axis is the batch.
        mask: boolean, or None. Its shape is that of the array without its last axes (mostly: batch, steps).
    """

    array: Array
    mask: Array | None = None

    def to(self, array: Array) -> Value:
        """Another array under the same mask."""
        return replace(self, array=array)

    def unmasked(self) -> Value:
        """The same array without a mask."""
        return replace(self, mask=None)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return tuple(self.array.shape)


Result = Value | tuple[Value, ...]


def wide(array: Array) -> Array:
    """Real numbers in double precision, everything else as it is."""
    return array.astype(np.float64) if array.dtype.kind == "f" or array.dtype.name == "bfloat16" else array


def agree(a: Result, b: Result) -> bool:
    """Are two results the same numbers, but for rounding?"""
    left, right = (r if isinstance(r, tuple) else (r,) for r in (a, b))
    return len(left) == len(right) and all(_same(x, y) for x, y in zip(left, right, strict=True))


def _same(a: Value, b: Value) -> bool:
    if a.shape != b.shape or a.array.dtype.kind != b.array.dtype.kind or (a.mask is None) != (b.mask is None):
        return False
    if a.mask is not None and b.mask is not None and not np.array_equal(a.mask, b.mask):
        return False
    if a.array.dtype.kind not in "fc":
        return bool(np.array_equal(a.array, b.array))
    return bool(np.allclose(a.array, b.array, rtol=1e-7, atol=1e-7, equal_nan=True))
