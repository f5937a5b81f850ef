"""What is in a file, and what conversion would do with it: from `read` and `upgrade` alone, without TensorFlow."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kconvert.custom_code import NO_CODE, CustomCode
from kconvert.errors import ConversionFailed, Problem
from kconvert.read import read
from kconvert.report import LayerChange, Note
from kconvert.spec import LayerSpec, ModelSpec, ports_in, stored_tensors, walk
from kconvert.upgrade import Upgraded, known_layers, upgrade


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is in a file.

    Attributes:
        origin: path, kind, dialect, keras, backend, evidence.
        inputs, outputs: name -> shape (batch first, None where it is open); outputs have no shape in the file.
        layers: class -> how many.
        signature: name -> dtype of inputs and outputs that a SavedModel is served with.
        tensors: how many; `parameters` their elements, `nbytes` their bytes.
        custom_classes: class -> names of the layers, for classes that are not Keras's own.
        lambdas: names of the layers that hold Python code.
        risks: one sentence each.
    """

    origin: Mapping[str, Any]
    name: str
    sequential: bool
    inputs: Mapping[str, Any]
    outputs: tuple[str, ...]
    layers: Mapping[str, int]
    tensors: int
    parameters: int
    nbytes: int
    training: Mapping[str, Any] | None = None
    signature: Mapping[str, Mapping[str, str]] | None = None
    custom_classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lambdas: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """What conversion would do.

    Attributes:
        layers: one entry per layer and hop, where it could be planned.
        blockers: what stands against it; empty where the conversion would go on to rebuild the model.
    """

    origin: Mapping[str, Any]
    layers: tuple[LayerChange, ...] = ()
    notes: tuple[Note, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    blockers: tuple[Problem, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "origin": dict(self.origin),
            "layers": [dataclasses.asdict(layer) for layer in self.layers],
            "notes": [dataclasses.asdict(note) for note in self.notes],
            "renamed": dict(self.renamed),
            "blockers": [
                {
                    "layer": b.layer,
                    "class_name": b.class_name,
                    "argument": b.argument,
                    "option": b.option,
                    "message": str(b),
                }
                for b in self.blockers
            ],
        }


def inspected(path: Path, weights: Path | None) -> Inspection:
    """Reads the file's structure; no tensor's values."""
    spec = read(path, weights=weights)
    layers = [layer for _, layer in walk(spec)]
    tensors = list(stored_tensors(spec))
    lambdas = tuple(layer.name for layer in layers if layer.class_name == "Lambda")
    custom = _custom_classes(spec, layers)
    return Inspection(
        origin_facts(spec),
        spec.name,
        spec.sequential,
        {port.layer: _declared_shape(spec.layer(port.layer)) for port in ports_in(spec.inputs)},
        tuple(port.layer for port in ports_in(spec.outputs)),
        dict(Counter(layer.class_name for layer in layers)),
        len(tensors),
        sum(t.size for t in tensors),
        sum(t.nbytes for t in tensors),
        spec.training,
        {"inputs": spec.signature.inputs, "outputs": spec.signature.outputs} if spec.signature else None,
        custom,
        lambdas,
        tuple(_risks(spec, custom, lambdas)),
    )


def planned(path: Path, maps: Sequence[Path], reading: Mapping[str, Any], custom: CustomCode = NO_CODE) -> Plan:
    """Reads and upgrades; the tensors' values stay in the file, and the user's code is read, not run."""
    spec = read(path, **reading, custom=custom.definitions)
    try:
        result: Upgraded = upgrade(spec, maps)
    except ConversionFailed as failed:
        return Plan(origin_facts(spec), blockers=failed.problems)
    return Plan(origin_facts(spec), result.layers, result.notes, result.renamed)


def origin_facts(spec: ModelSpec) -> dict[str, Any]:
    """Kind, dialect, version and backend, with the evidence for each."""
    lowest, highest = spec.origin.keras
    exact = str(lowest) if lowest is not None and lowest == highest else None
    return {
        "kind": spec.origin.kind,
        "dialect": spec.dialect.name,
        "package": spec.origin.package,
        "keras": exact or {"from": lowest and str(lowest), "to": highest and str(highest)},
        "backend": spec.origin.backend,
        "evidence": dict(spec.origin.evidence),
    }


def _declared_shape(source: LayerSpec) -> Any:
    return source.config.get("batch_input_shape", source.config.get("batch_shape"))


def _custom_classes(spec: ModelSpec, layers: Sequence[LayerSpec]) -> dict[str, tuple[str, ...]]:
    known = known_layers(spec.dialect)
    names = dict.fromkeys(layer.class_name for layer in layers if layer.class_name not in known)
    return {name: tuple(layer.name for layer in layers if layer.class_name == name) for name in names}


def _risks(spec: ModelSpec, custom: Mapping[str, Any], lambdas: Sequence[str]) -> list[str]:
    risks = []
    if lambdas:
        risks.append(f"{len(lambdas)} Lambda layers hold Python code, which is never run")
    if custom:
        risks.append(f"{len(custom)} classes are not Keras's own: {', '.join(custom)}")
    if spec.origin.backend is None:
        risks.append("the file does not say which backend wrote it (--backend)")
    if spec.origin.keras[0] is None:
        risks.append("the file does not say which Keras wrote it (--keras-version)")
    return risks
