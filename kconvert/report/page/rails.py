"""The lines beside a list of layers that show what each takes, as version control draws branches.

One lane per layer whose output is still needed; it begins at the layer and ends at the last that takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

STEP, HEIGHT, MARGIN = 12, 34, 9
MOST_LANES = 10


@dataclass(frozen=True, slots=True)
class Rail:
    """One line's part of the drawing, `HEIGHT` high.

    Attributes:
        path: of an SVG.
        x, y: of the layer's dot; None where the line has none.
    """

    path: str
    x: int | None = None
    y: int = HEIGHT // 2


@dataclass(slots=True)
class _Lane:
    """The layers that still wait for one layer's output."""

    waiting: set[int]


@dataclass(slots=True)
class _Lanes:
    lanes: list[_Lane | None] = field(default_factory=list)

    def free(self) -> int:
        """The first column that no lane is in."""
        return next((n for n, lane in enumerate(self.lanes) if lane is None), len(self.lanes))

    def put(self, column: int, lane: _Lane) -> None:
        """A lane in a column."""
        self.lanes += [None] * (column + 1 - len(self.lanes))
        self.lanes[column] = lane


def rails(lines: Sequence[int | None], takes: Sequence[Sequence[int]]) -> tuple[list[Rail], int]:
    """The drawing of each line and the width of all.

    Args:
        lines: the layer of each line, by its place in `takes`; None for a line that has none.
        takes: for each layer the layers that it takes. What stands further down is passed over: a shared layer may take
            what comes from itself.
    """
    at = {layer: line for line, layer in enumerate(lines) if layer is not None}
    needed: dict[int, set[int]] = {}
    for layer, line in at.items():
        for source in takes[layer]:
            if at.get(source, line) < line:
                needed.setdefault(source, set()).add(layer)
    state, drawn, widest = _Lanes(), [], 0
    for shown in lines:
        drawn.append(_passing(state) if shown is None else _with_dot(state, shown, needed.get(shown)))
        widest = max(widest, len(state.lanes))
    return drawn, 2 * MARGIN + STEP * (min(max(widest, 1), MOST_LANES) - 1)


def _passing(state: _Lanes) -> Rail:
    return Rail("".join(f"M{_x(n)} 0V{HEIGHT}" for n, lane in enumerate(state.lanes) if lane is not None))


def _with_dot(state: _Lanes, layer: int, needed: set[int] | None) -> Rail:
    middle = HEIGHT // 2
    arriving, ending = [], []
    for number, lane in enumerate(state.lanes):
        if lane is not None and layer in lane.waiting:
            arriving.append(number)
            lane.waiting.discard(layer)
            if not lane.waiting:
                ending.append(number)
    for number in ending:
        state.lanes[number] = None
    column = ending[0] if ending else state.free()
    path = "".join(f"M{_x(n)} 0V{middle}" if n == column else _bend(n, column) for n in arriving)
    path += "".join(f"M{_x(n)} 0V{HEIGHT}" for n, lane in enumerate(state.lanes) if lane is not None)
    if needed:
        state.put(column, _Lane(set(needed)))
        path += f"M{_x(column)} {middle}V{HEIGHT}"
    while state.lanes and state.lanes[-1] is None:
        state.lanes.pop()
    return Rail(path, _x(column))


def _bend(source: int, target: int) -> str:
    middle = HEIGHT // 2
    return f"M{_x(source)} 0C{_x(source)} {middle} {_x(target)} 4 {_x(target)} {middle}"


def _x(column: int) -> int:
    return MARGIN + STEP * min(column, MOST_LANES - 1)
