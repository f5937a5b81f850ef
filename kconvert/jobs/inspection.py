"""What is in a file, and what conversion would do with it: from `read` and `upgrade` alone, without TensorFlow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kconvert.asked import Reading, Wishes
from kconvert.custom_code import NO_CODE, CustomCode
from kconvert.errors import ConversionFailed
from kconvert.files.content import size_of
from kconvert.jobs.risks import risks_of
from kconvert.map_files import known_activations, known_layers
from kconvert.read import read
from kconvert.report.findings import Inspection, Plan
from kconvert.spec import LayerSpec, ModelSpec, ports_in, stored_tensors, walk


def inspected(path: Path, weights: Path | None) -> Inspection:
    """Reads the file's structure; no tensor's values."""
    spec = read(path, weights=weights)
    layers = [layer for _, layer in walk(spec)]
    tensors = list(stored_tensors(spec))
    lambdas = tuple(layer.name for layer in layers if layer.class_name == "Lambda")
    custom = _custom_classes(spec, layers) | _custom_functions(spec, layers)
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
        _training_facts(spec),
        {"inputs": spec.signature.inputs, "outputs": spec.signature.outputs} if spec.signature else None,
        custom,
        lambdas,
        tuple(risks_of(spec, custom, _size_of_source(spec, path, weights))),
    )


def planned(reading: Reading, wishes: Wishes, custom: CustomCode = NO_CODE) -> Plan:
    """Reads and upgrades; the tensors' values stay in the file, and the user's code is read, not run."""
    from kconvert.upgrading import upgraded_as  # reading alone does without it

    spec = read(reading.source, **reading.said(), custom=custom.definitions)
    try:
        upgraded, _ = upgraded_as(spec, wishes)
    except ConversionFailed as failed:
        return Plan(origin_facts(spec), blockers=failed.problems)
    return Plan(origin_facts(spec), upgraded.layers, upgraded.notes, upgraded.renamed)


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


def _training_facts(spec: ModelSpec) -> dict[str, Any] | None:
    if spec.training is None:
        return None
    return {"config": spec.training.config, "optimizer_tensors": list(spec.training.tensors)}


def _declared_shape(source: LayerSpec) -> Any:
    return source.config.get("batch_input_shape", source.config.get("batch_shape"))


def _custom_classes(spec: ModelSpec, layers: Sequence[LayerSpec]) -> dict[str, tuple[str, ...]]:
    known = known_layers(spec.dialect)
    names = dict.fromkeys(layer.class_name for layer in layers if layer.class_name not in known)
    return {name: tuple(layer.name for layer in layers if layer.class_name == name) for name in names}


def _custom_functions(spec: ModelSpec, layers: Sequence[LayerSpec]) -> dict[str, tuple[str, ...]]:
    """Activations that no Keras had, and the functions of Lambda layers of which the file has the name alone."""
    known = known_activations(spec.dialect) | known_layers(spec.dialect)
    found: dict[str, dict[str, None]] = {}
    for layer in layers:
        said = [value for argument, value in layer.config.items() if argument.endswith("activation")]
        if layer.class_name == "Lambda" and layer.config.get("function_type") == "function":
            said.append(layer.config.get("function"))
        for value in said:
            name = value.get("class_name") if isinstance(value, Mapping) else value
            name = value.get("config") if isinstance(value, Mapping) and name == "function" else name
            if isinstance(name, str) and name not in known:
                found.setdefault(name, {})[layer.name] = None
    return {name: tuple(names) for name, names in found.items()}


def _size_of_source(spec: ModelSpec, path: Path, weights: Path | None) -> int | None:
    """Bytes of what it was read from; None where the tensors were found by name in another file."""
    if "+" in spec.origin.kind and weights is None:
        return None
    return sum(size_of(p) for p in (path, weights) if p is not None)
