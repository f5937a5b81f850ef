"""The whole story of one conversion, also of one that ended in a refusal; and what became of each model of many."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kconvert.errors import ConversionFailed, KConvertError, Problem
from kconvert.report.changes import LayerChange, Note
from kconvert.report.graphs import Graph
from kconvert.report.verification import NOT_CHECKED, Verification


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stood against the conversion; the words are those of the `Problem`."""

    message: str
    kind: str = ""
    layer: str = ""
    class_name: str = ""
    argument: str = ""
    option: str = ""

    @classmethod
    def of(cls, problem: Problem) -> Obstacle:
        """What a problem says."""
        return cls(
            problem.message, type(problem).__name__, problem.layer, problem.class_name, problem.argument, problem.option
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no converted file.

    Attributes:
        kind: the exception's class: `ConversionFailed`, `VerificationFailed`, `CorruptSource`, ...
    """

    kind: str
    message: str
    obstacles: tuple[Obstacle, ...] = ()

    @classmethod
    def of(cls, error: KConvertError) -> Failure:
        """What an error says."""
        problems = error.problems if isinstance(error, ConversionFailed) else ()
        return cls(type(error).__name__, str(error), tuple(map(Obstacle.of, problems)))


@dataclass(frozen=True, slots=True)
class Report:
    """The whole story of one conversion, also of one that ended in a refusal.

    Attributes:
        layers: one entry per layer and hop.
        before, after: the graphs of the file and of the upgraded model, as far as it came.
        failure: None where a file was written.
    """

    source: Mapping[str, Any]
    target: Mapping[str, Any]
    layers: tuple[LayerChange, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    verification: Verification = NOT_CHECKED
    notes: tuple[Note, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    custom_module: Path | None = None
    before: Graph = field(default_factory=Graph)
    after: Graph = field(default_factory=Graph)
    failure: Failure | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON report; a difference that is no number (another shape, NaN) is null."""
        data = dataclasses.asdict(self)
        data["verification"] = self.verification.to_dict()
        data["custom_module"] = str(self.custom_module) if self.custom_module else None
        finite: dict[str, Any] = _finite(data)
        return finite


def _finite(value: Any) -> Any:
    """JSON has no infinity."""
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True, slots=True)
class Converted:
    """Outcome: a file was written."""

    source: str
    target: str
    report: Report


@dataclass(frozen=True, slots=True)
class Failed:
    """Outcome: nothing was written, and why."""

    source: str
    target: str
    error: KConvertError


@dataclass(frozen=True, slots=True)
class Skipped:
    """Outcome: not attempted, and why."""

    source: str
    target: str
    reason: str


Outcome = Converted | Failed | Skipped
