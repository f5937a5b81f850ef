"""The difference of each layer on a logarithmic scale, as coordinates for an SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kconvert.report import LayerCheck
from kconvert.verdict import difference

HEIGHT = 260
TOP, BOTTOM = 14, 30
"""Pixels above the highest and below the lowest power of ten; what is exactly zero stands at the very bottom."""
MOST_LABELS = 7


@dataclass(frozen=True, slots=True)
class Dot:
    """One layer; `x` in percent of the width, `y` in pixels from the top."""

    x: float
    y: float
    check: LayerCheck
    row: int | None


@dataclass(frozen=True, slots=True)
class Plot:
    """The whole plot; `grid` and `tolerance` are labelled heights."""

    dots: tuple[Dot, ...]
    grid: tuple[tuple[float, str], ...]
    tolerance: tuple[float, str]
    floor: float
    height: int = HEIGHT


def plot_of(checks: Sequence[LayerCheck], rows: Sequence[int | None], tolerance: float) -> Plot | None:
    """None where there is nothing to draw; `rows`: each layer's row on the page."""
    if not checks:
        return None
    known = [c.max_abs for c in checks if 0 < c.max_abs < math.inf] + ([tolerance] if tolerance > 0 else [1e-4])
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    if high - low < 2:
        low, high = low - 1, high + 1
    floor = HEIGHT - 10.0

    def y(value: float) -> float:
        if value <= 0:
            return floor
        if not value < math.inf:
            return TOP / 2
        share = (math.log10(value) - low) / (high - low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    step = max(1, math.ceil((high - low) / MOST_LABELS))
    grid = tuple((y(10.0**power), f"1e{power}") for power in range(high, low - 1, -step))
    width = 100 / len(checks)
    dots = tuple(
        Dot(round((n + 0.5) * width, 3), y(check.max_abs), check, row)
        for n, (check, row) in enumerate(zip(checks, rows, strict=True))
    )
    return Plot(dots, grid, (y(tolerance), difference(tolerance)), floor)
