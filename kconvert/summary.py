"""Reports, inspections and plans as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconvert.findings import Inspection, Plan
from kconvert.report import LayerChange, Report, Verification


def conversion_lines(report: Report, detailed: bool) -> list[str]:
    """The report for a reader: what it was, what it is, and why to believe it."""
    return list(_conversion(report, detailed))


def verification_lines(check: Verification, detailed: bool) -> list[str]:
    """What was compared with what, and how far it is apart."""
    return list(_verification(check, detailed))


def inspection_lines(found: Inspection) -> list[str]:
    """What is in a file."""
    return list(_inspection(found))


def plan_lines(found: Plan) -> list[str]:
    """What would be done, and what stands against it."""
    return list(_plan(found))


def _conversion(report: Report, detailed: bool) -> Iterator[str]:
    yield f"{report.source['path']}  ({_origin(report.source)})"
    yield f"  -> {report.target['path']}  ({report.target['format']})"
    changed = [layer for layer in report.layers if detailed or _is_telling(layer)]
    yield f"  layers   {len(report.layers)}, of which {sum(map(_is_telling, report.layers))} became something else"
    for layer in changed:
        yield from (f"    {line}" for line in _layer(layer))
    yield f"  tensors  {report.source['tensors']}, each used exactly once or said to be of no use"
    for old, new in report.renamed.items():
        yield f"  renamed  {old} -> {new}"
    for note in report.notes:
        yield f"  {note.level:8} {f'{note.layer}: ' if note.layer else ''}{note.text}"
    for line in verification_lines(report.verification, detailed):
        yield f"  {line}"
    yield f"  {report.seconds['all']:.1f} s"


def _verification(check: Verification, detailed: bool) -> Iterator[str]:
    if check.status == "skipped":
        yield "checked  nothing (--no-verify)"
        return
    if check.weights_compared:
        yield f"checked  reloaded by stock Keras elsewhere, {check.weights_compared} weights equal bit for bit"
    if check.status == "weights-only":
        yield "checked  outputs not compared with anything: --probe IO.npz does"
    elif check.status == "failed":
        yield f"checked  DIFFERS from {check.against}: {check.difference}"
    else:
        what = "outputs agree" if check.status == "passed" else "NOT FULLY VERIFIED: what could be compared agrees"
        yield f"checked  {what} with {check.against}"
    for output in check.outputs:
        yield f"  {output.name}: largest difference {output.max_abs:.3g} ({output.against}) {output.because}".rstrip()
    if check.layers:
        agree = sum(layer.passed for layer in check.layers)
        yield f"  layers: {agree} of {len(check.layers)} agree" + (
            f", the first that does not is {check.first_difference}" if check.first_difference else ""
        )
    for layer in check.layers if detailed else ():
        yield f"    {layer.name} ({layer.class_name}): {layer.max_abs:.3g} of {layer.size:.3g}"
    for run in check.runs:
        yield "  on " + "; ".join(f"{i.name} {list(i.shape)} {i.dtype}: {i.kind}" for i in run.inputs)
    for missing in check.missing:
        yield f"  missing  {missing.layer} ({missing.class_name}): {missing.reason}"
    for remark in check.remarks:
        yield f"  remark   {remark}"


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
    for blocker in found.blockers:
        yield f"  blocked {blocker}"


def _origin(facts: Any) -> str:
    keras = facts["keras"] if isinstance(facts["keras"], str) else _range(facts["keras"])
    backend = facts["backend"] or "an unknown backend"
    return f"{facts['kind']}, {facts['package']} {keras} on {backend}"


def _range(releases: Any) -> str:
    lowest, highest = releases["from"], releases["to"]
    return f"{lowest} to {highest}" if lowest and highest else "of an unknown version"


def _is_telling(layer: LayerChange) -> bool:
    return layer.becomes != (layer.class_name,) or any(t.steps for t in layer.tensors)


def _layer(layer: LayerChange, always: bool = False) -> Iterator[str]:
    same = layer.becomes == (layer.class_name,)
    yield f"{layer.name}: {layer.class_name}" + ("" if same else f" -> {', '.join(layer.becomes)}")
    for change in layer.arguments:
        if change.what == "dropped":
            yield f"  {change.old} dropped: {change.because}"
        elif always and change.what != "kept":
            yield f"  {change.what} {' -> '.join(n for n in (change.old, change.new) if n)}"
    for tensor in layer.tensors:
        if tensor.steps:
            yield f"  {tensor.name} -> {tensor.variable}: {'; '.join(tensor.steps)}"
