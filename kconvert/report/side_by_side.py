"""Which layers of the new graph stand for which layer of the file, and all that is known of each: report by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kconvert.report.changes import LayerChange, Note
from kconvert.report.conversion import Obstacle, Report
from kconvert.report.graphs import Graph, Node
from kconvert.report.verification import LayerCheck, MissingLayer

Fate = Literal["same", "words", "changed", "added", "gone", "refused"]
MOST_LINES = 14


@dataclass(slots=True)
class Row:
    """One layer of the file and what stands for it; one of both may be missing.

    Attributes:
        number: its place, for anchors.
        after: with their places in the new graph.
        fate: `same`; `words`: the same layer with other arguments or another name; `changed`: another layer, or other tensors; `added`:
            only in the new graph; `gone`: only in the old one; `refused`: a problem stands against it.
        hidden: how many further layers it became.
    """

    number: int
    before: tuple[int, Node] | None
    after: list[tuple[int, Node]]
    fate: Fate = "same"
    hidden: int = 0
    changes: list[LayerChange] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    checks: list[LayerCheck] = field(default_factory=list)
    missing: list[MissingLayer] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)

    @property
    def node(self) -> Node:
        """The layer of the file, or the new one."""
        return self.before[1] if self.before else self.after[0][1]

    @property
    def depth(self) -> int:
        """How many models it is inside."""
        return self.node.depth

    @property
    def lines(self) -> int:
        """How many lines it takes."""
        return max(1, len(self.after))

    @property
    def differs(self) -> bool:
        """Its output is another than the original's."""
        return any(not check.passed for check in self.checks)

    @property
    def worst(self) -> float | None:
        """The largest difference of its output."""
        return max((check.max_abs for check in self.checks), default=None)


def rows_of(report: Report) -> list[Row]:
    """Every layer of the file in the order of its graph; what was added stands before what takes it."""
    owners = _Owners(report)
    rows = [Row(0, (place, node), []) for place, node in enumerate(report.before.nodes)]
    by_name = {row.node.name: row for row in rows}
    old_names = _old_names(report.after, report.renamed)
    added: list[tuple[int, Node]] = []
    for place, node in enumerate(report.after.nodes):
        owner = owners.of(old_names[node.name])
        row = by_name.get(owner)
        if row is None:
            added.append((place, node))
        elif not row.before or row.before[1].is_model or not _is_inside(node, row, report.after):
            row.after.append((place, node))
    rows = _with_added(rows, added, report.after)
    _attach(rows, owners, report)
    for number, row in enumerate(rows):
        row.number = number
        row.fate = _fate(row, bool(report.after.nodes))
        if len(row.after) > MOST_LINES:
            row.hidden = len(row.after) - MOST_LINES
            del row.after[MOST_LINES - 1 : -1]
    return rows


class _Owners:
    """Name of a layer at any time of the conversion -> the layer of the file that it comes from."""

    def __init__(self, report: Report) -> None:
        self._owners = {node.name: node.name for node in report.before.nodes}
        for change in report.layers:
            owner = self.of(change.name)
            for name in change.names:
                self._owners.setdefault(name, owner)

    def of(self, name: str) -> str:
        """By the name itself, or that of the nearest model or wrapper around it; itself if there is none."""
        parts = name.split("/")
        for length in range(len(parts), 0, -1):
            owner = self._owners.get("/".join(parts[:length]))
            if owner is not None:
                return owner
        return name


def _old_names(graph: Graph, renamed: Mapping[str, str]) -> dict[str, str]:
    """The names of a new graph -> what they were before those that today's Keras refuses were replaced.

    The table of the replaced ones has the names of the surrounding models as they were.
    """
    before = {new: old for old, new in renamed.items()}
    names: dict[str, str] = {}
    for node in graph.nodes:
        model, _, own = node.name.rpartition("/")
        half = f"{names.get(model, model)}/{own}" if model else own
        names[node.name] = before.get(half, half)
    return names


def _is_inside(node: Node, row: Row, graph: Graph) -> bool:
    """A layer of a model that the row's layer became: the model stands for it."""
    return any(new.is_model and node.name.startswith(f"{new.name}/") for _, new in row.after)


def _with_added(rows: list[Row], added: Sequence[tuple[int, Node]], graph: Graph) -> list[Row]:
    """The rows, with one more for each new layer, in front of the first that takes it."""
    takers: dict[int, int] = {}
    for place, node in enumerate(graph.nodes):
        for taken in node.takes:
            takers.setdefault(taken, place)
    for place, node in reversed(added):
        homes = {p: n for n, row in enumerate(rows) for p, _ in row.after}
        rows.insert(homes.get(takers.get(place, -1), len(rows)), Row(0, None, [(place, node)]))
    return rows


def _attach(rows: Iterable[Row], owners: _Owners, report: Report) -> None:
    by_name = {row.node.name: row for row in rows}

    def home(name: str) -> Row | None:
        return by_name.get(owners.of(name))

    for change in report.layers:
        if (row := home(change.name)) is not None:
            row.changes.append(change)
    for note in report.notes:
        if note.layer and (row := home(note.layer)) is not None:
            row.notes.append(note)
    for check in report.verification.layers:
        if (row := home(check.name.partition("#")[0])) is not None:
            row.checks.append(check)
    for lacking in report.verification.missing:
        if (row := home(lacking.layer)) is not None:
            row.missing.append(lacking)
    for obstacle in report.failure.obstacles if report.failure else ():
        if obstacle.layer and (row := home(obstacle.layer)) is not None:
            row.obstacles.append(obstacle)


def _fate(row: Row, upgraded: bool) -> Fate:
    if row.obstacles:
        return "refused"
    if not upgraded:
        return "same"
    if row.before is None:
        return "added"
    if not row.after:
        return "gone"
    node = row.before[1]
    same_class = [new.class_name for _, new in row.after] == [node.class_name]
    if not node.is_model and (not same_class or any(t.steps for c in row.changes for t in c.tensors)):
        return "changed"
    if row.after[0][1].label != node.label:
        return "words"
    return "words" if any(a.what != "kept" for c in row.changes for a in c.arguments) else "same"
