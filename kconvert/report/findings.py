"""What is in a file, and what conversion would do with it, as plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kconvert.errors import Problem
from kconvert.report.changes import LayerChange, Note
from kconvert.report.conversion import Obstacle


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is in a file.

    Attributes:
        origin: path, kind, dialect, keras, backend, evidence.
        inputs, outputs: name -> shape (batch first, None where it is open); outputs have no shape in the file.
        layers: class -> how many.
        signature: name -> dtype of inputs and outputs that a SavedModel is served with.
        tensors: how many; `parameters` their elements, `nbytes` their bytes.
        custom_classes: class or function -> names of the layers, for those that are not Keras's own: --custom names the code.
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
            "blockers": [dataclasses.asdict(Obstacle.of(b)) | {"message": str(b)} for b in self.blockers],
        }


@dataclass(frozen=True, slots=True)
class Found:
    """One model in a folder of many.

    Attributes:
        source: path or URL of the file or folder, and `weights` of the tensors of an architecture.
        relative: its path below the folder that was searched.
        digest: SHA-256 of all its bytes; of a URL, what its store says changes with them.
        nbytes: of all its files.
    """

    source: str
    weights: str | None
    relative: str
    digest: str
    nbytes: int
