"""The difference of each layer on a logarithmic scale, as coordinates for an SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kconvert.report import LayerCheck

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
    """The whole plot.

    Attributes:
        grid: labelled heights.
        tolerance: how much a layer may differ, in steps: from x to x in percent, and the height.
        floor: the height of what is exactly zero.
    """

    dots: tuple[Dot, ...]
    grid: tuple[tuple[float, str], ...]
    tolerance: tuple[tuple[float, float, float], ...]
    floor: float
    height: int = HEIGHT

    @property
    def label(self) -> float:
        """A height at the right end that is above the tolerance there."""
        return min(y for _, end, y in self.tolerance if end > 88)


def plot_of(checks: Sequence[LayerCheck], rows: Sequence[int | None], rtol: float, atol: float) -> Plot | None:
    """None where there is nothing to draw; `rows`: each layer's row on the page.

    A layer may differ by atol + rtol * the largest value of its output.
    """
    if not checks:
        return None
    allowed = [atol + rtol * check.size for check in checks]
    known = [v for v in (*(c.max_abs for c in checks), *allowed) if 0 < v < math.inf] or [1e-4]
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
    return Plot(dots, grid, tuple(_steps([y(value) for value in allowed])), floor)


def _steps(heights: Sequence[float]) -> Iterator[tuple[float, float, float]]:
    """One line for neighbours of the same height."""
    width, begin = 100 / len(heights), 0
    for number, height in enumerate(heights):
        if number + 1 == len(heights) or heights[number + 1] != height:
            yield round(begin * width, 3), round((number + 1) * width, 3), height
            begin = number + 1
