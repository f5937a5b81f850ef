"""Reports, inspections and plans as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from kconvert.printable import printable
from kconvert.report import LayerChange, Report, Verification
from kconvert.report.findings import Inspection, Plan
from kconvert.report.side_by_side import Row, rows_of
from kconvert.report.verdict import Verdict, counted, difference, verdict

COLOURS = {"same": "green", "partly": "yellow", "open": "yellow", "different": "red", "refused": "red"}
AGAINST = {"reference": "computed from the old file", "probe": "recorded", "model": "the old file in stock Keras"}
NAMES_SHOWN = 3


def conversion_lines(report: Report, detailed: bool) -> list[Text]:
    """The report for a reader: the verdict, warnings, what it was and is, what changed, what was compared with what."""
    return list(_conversion(report, detailed))


def verification_lines(check: Verification, detailed: bool) -> list[Text]:
    """Is one file the same function as the other, compared with what, and how far apart."""
    return list(_verification(check, detailed))


def inspection_lines(found: Inspection) -> list[str]:
    """What is in a file."""
    return list(_inspection(found))


def plan_lines(found: Plan) -> list[str]:
    """What would be done, and what stands against it."""
    return list(_plan(found))


def _conversion(report: Report, detailed: bool) -> Iterator[Text]:
    yield _verdict(verdict(report.verification, report.failure))
    for note in report.notes:
        if note.level == "warning":
            yield _warning(f"{f'{note.layer}: ' if note.layer else ''}{note.text}")
    yield from _missing(report.verification)
    yield _fact("was", f"{report.source['path']}  ({_origin(report.source)})")
    yield _fact("is", f"{report.target['path']}  ({report.target['format']})")
    rows = rows_of(report)
    changed = [row for row in rows if row.fate not in ("same", "words")]
    yield _fact("layers", f"{len(rows)}, of which {len(changed)} became something else")
    if detailed:
        for layer in report.layers:
            yield from (Text(f"    {printable(line)}") for line in _layer(layer))
    else:
        yield from (Text(f"    {printable(line)}") for line in _grouped(changed))
    yield _fact("tensors", f"{report.source['tensors']}, each used exactly once or said to be of no use")
    yield from _renamed(report, detailed)
    for note in report.notes:
        if note.level != "warning" and note.layer not in report.renamed:
            yield _fact("note", f"{f'{note.layer}: ' if note.layer else ''}{note.text}")
    yield from _compared(report.verification, detailed)
    yield _fact("took", f"{report.seconds['all']:.1f} s")


def _verification(check: Verification, detailed: bool) -> Iterator[Text]:
    yield _verdict(verdict(check))
    yield from _missing(check)
    yield from _compared(check, detailed)


def _verdict(found: Verdict) -> Text:
    return Text.assemble((found.title, f"bold {COLOURS[found.answer]}"), f". {printable(found.text)}")


def _missing(check: Verification) -> Iterator[Text]:
    for lacking in check.missing:
        yield _warning(f"{lacking.class_name} '{lacking.layer}' was not compared: {lacking.reason}")


def _warning(text: str) -> Text:
    return Text.assemble(("  warning  ", "yellow"), printable(text))


def _fact(name: str, text: str) -> Text:
    return Text.assemble((f"  {name:8} ", "dim"), printable(text))


def _grouped(changed: Sequence[Row]) -> Iterator[str]:
    """One line for all layers that became the same thing in the same way."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in changed:
        groups.setdefault((row.node.class_name, _what_became(row)), []).append(row.node.name)
    for (class_name, what), names in groups.items():
        shown = ", ".join(names[:NAMES_SHOWN]) + (f" and {len(names) - NAMES_SHOWN} more" * (len(names) > NAMES_SHOWN))
        yield f"{class_name} {shown}: {what}"


def _what_became(row: Row) -> str:
    if row.fate in ("added", "gone"):
        return {"added": "added", "gone": "left out"}[row.fate]
    became = ", ".join(node.class_name for _, node in row.after) + (f" and {row.hidden} more" if row.hidden else "")
    parts = [f"now {became}"] if became != row.node.class_name else []
    steps = {f"{t.variable} {'; '.join(t.steps)}": None for c in row.changes for t in c.tensors if t.steps}
    return ", ".join((*parts, *steps))


def _renamed(report: Report, detailed: bool) -> Iterator[Text]:
    pairs = [f"{old} -> {new}" for old, new in report.renamed.items()]
    shown = pairs if detailed else pairs[:NAMES_SHOWN]
    yield from (_fact("renamed", pair) for pair in shown)
    if len(pairs) > len(shown):
        yield _fact("", f"and {len(pairs) - len(shown)} more (-v)")


def _compared(check: Verification, detailed: bool) -> Iterator[Text]:
    for output in check.outputs:
        size = f"largest difference {difference(output.max_abs)}, relative {difference(output.max_rel)}"
        against = AGAINST.get(output.against, output.against)
        yield _fact("output", f"{output.name}: {size} ({against}) {output.because}".rstrip())
    worst = max(check.layers, key=lambda layer: layer.max_abs, default=None)
    if worst is not None:
        where = f"the largest difference {difference(worst.max_abs)} at {worst.name}"
        yield _fact("inside", f"{counted(len(check.layers), 'layer')} compared, {where}")
    for layer in check.layers if detailed else ():
        yield _fact("", f"{layer.name} ({layer.class_name}): {difference(layer.max_abs)} of {difference(layer.size)}")
    for run in check.runs:
        yield _fact("inputs", "; ".join(f"{i.name} {list(i.shape)} {i.dtype}: {i.kind}" for i in run.inputs))
    for remark in check.remarks:
        yield _fact("remark", remark)
    if check.status == "weights-only":
        yield _fact("next", "outputs not compared with anything: --probe IO.npz does (kconvert record)")


def _inspection(found: Inspection) -> Iterator[str]:
    yield f"{'Sequential' if found.sequential else 'Model'} '{found.name}', {_origin(found.origin)}"
    for question, answer in found.origin["evidence"].items():
        yield f"  {question}: {answer}"
    for name, shape in found.inputs.items():
        yield f"  input   {name} {shape if shape is not None else ''}".rstrip()
    for name in found.outputs:
        yield f"  output  {name}"
    if found.signature is not None:
        given, made = (", ".join(f"{n} {d}" for n, d in found.signature[k].items()) for k in ("inputs", "outputs"))
        yield f"  serves  {given} -> {made}"
    yield f"  layers  {', '.join(f'{n} {c}' if n > 1 else c for c, n in found.layers.items())}"
    yield f"  tensors {found.tensors}, {found.parameters:,} numbers, {found.nbytes:,} bytes"
    if found.training is not None:
        yield f"  training state, {len(found.training['optimizer_tensors'])} optimizer tensors"
    for class_name, layers in found.custom_classes.items():
        yield f"  custom  {class_name}: {', '.join(layers)}"
    for risk in found.risks:
        yield f"  risk    {risk}"


def _plan(found: Plan) -> Iterator[str]:
    yield _origin(found.origin)
    for layer in found.layers:
        yield from (f"  {line}" for line in _layer(layer, always=True))
    for old, new in found.renamed.items():
        yield f"  renamed {old} -> {new}"
    for note in found.notes:
        yield f"  {'warning' if note.level == 'warning' else 'note   '} {f'{note.layer}: ' if note.layer else ''}{note.text}"
    for blocker in found.blockers:
        yield f"  blocked {blocker}"


def _origin(facts: Any) -> str:
    keras = facts["keras"] if isinstance(facts["keras"], str) else _range(facts["keras"])
    backend = facts["backend"] or "an unknown backend"
    return f"{facts['kind']}, {facts['package']} {keras} on {backend}"


def _range(releases: Any) -> str:
    lowest, highest = releases["from"], releases["to"]
    return f"{lowest} to {highest}" if lowest and highest else "of an unknown version"


def _layer(layer: LayerChange, always: bool = False) -> Iterator[str]:
    same = layer.becomes == (layer.class_name,)
    yield f"{layer.name}: {layer.class_name}" + ("" if same else f" -> {', '.join(layer.becomes)}")
    for change in layer.arguments:
        if change.what == "dropped":
            yield f"  {change.old} dropped: {change.because}"
        elif always and change.what != "kept":
            names = " -> ".join(dict.fromkeys(n for n in (change.old, change.new) if n))
            values = " -> ".join(dict.fromkeys(v for v in (change.old_value, change.new_value) if v))
            yield f"  {change.what} {names}: {values}"
    for tensor in layer.tensors:
        if tensor.steps:
            yield f"  {tensor.name} -> {tensor.variable}: {'; '.join(tensor.steps)}"
