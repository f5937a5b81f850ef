"""How far two arrays are apart, and whether that is far."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kconvert.tensor import Array

TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Numbers agree where |a - b| <= absolute + relative * |b|."""

    relative: float = 1e-4
    absolute: float = 1e-4


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one array from another; `because` where it is not one of size."""

    max_abs: float
    max_rel: float
    passed: bool
    size: float = 0.0
    because: str = ""

    def worse(self, other: Difference | None) -> Difference:
        """The larger one of each kind: what two runs show together."""
        if other is None:
            return self
        return Difference(
            max(self.max_abs, other.max_abs), max(self.max_rel, other.max_rel), self.passed and other.passed,
            max(self.size, other.size), self.because or other.because,
        )  # fmt: skip


def difference(
    got: Array, want: Array, tolerance: Tolerance, *, by_scale: bool = False, slack: Array | None = None
) -> Difference:
    """Of `got` from what it should be.

    Args:
        by_scale: numbers are held against the largest number of the array. Where sums cancel, a small one has the
            rounding error of the large ones that it was made of; in an output that counts as a difference, inside a
            model it does not.
        slack: for each number what may be added to its tolerance.
    """
    if got.shape != want.shape:
        return _unequal(f"the shape is {got.shape}, not {want.shape}")
    if want.dtype.kind in "USO" or got.dtype.kind in "USO":
        wrong = int((_words(got) != _words(want)).sum())
        return _unequal(f"{wrong} strings are others") if wrong else Difference(0.0, 0.0, True)
    a, b = got.astype(np.float64), want.astype(np.float64, copy=False)
    if slack is None and (found := _finite(a, b, tolerance, by_scale)) is not None:
        return found
    with np.errstate(invalid="ignore"):
        away = np.asarray(np.abs(a - b))  # of a single number NumPy makes no array
    away[(a == b) | (np.isnan(a) & np.isnan(b))] = 0.0
    broken = ~np.isfinite(away)
    size = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
    with np.errstate(invalid="ignore"):
        allowed = tolerance.absolute + tolerance.relative * (size if by_scale else np.abs(b))
        allowed = allowed if slack is None else allowed + slack
        passed = bool(((away <= allowed) | (away == 0.0)).all())
    if broken.any():
        return Difference(
            math.inf, math.inf, False, size, f"{int(broken.sum())} numbers are NaN or infinite in one only"
        )
    largest = float(np.max(away, initial=0.0))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        relative = np.where(away == 0.0, 0.0, away / np.maximum(np.abs(b), TINY))
    return Difference(largest, float(np.max(relative, initial=0.0)), passed, size)


def _finite(a: Array, b: Array, tolerance: Tolerance, by_scale: bool) -> Difference | None:
    """The difference, in few passes over arrays that may be large; None where a number is NaN or infinite."""
    if not a.size:
        return Difference(0.0, 0.0, True)
    with np.errstate(invalid="ignore", over="ignore"):
        away = np.asarray(np.subtract(a, b))  # of a single number NumPy makes no array
        np.abs(away, out=away)
        largest = float(away.max())
    if not math.isfinite(largest):
        return None
    scale = np.asarray(np.abs(b))
    size = float(scale.max())
    with np.errstate(over="ignore"):
        relative = float((away / np.maximum(scale, TINY)).max())
    if by_scale:
        return Difference(largest, relative, largest <= tolerance.absolute + tolerance.relative * size, size)
    scale *= tolerance.relative
    scale += tolerance.absolute
    return Difference(largest, relative, bool((away <= scale).all()), size)


def _unequal(because: str) -> Difference:
    return Difference(math.inf, math.inf, False, because=because)


def _words(value: Array) -> Array:
    return np.array([v.decode() if isinstance(v, bytes) else str(v) for v in value.ravel().tolist()]).reshape(
        value.shape
    )
