"""What a conversion did, as frozen, picklable values that turn into the JSON report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kconvert.errors import KConvertError

Level = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Note:
    """One remark about one layer, or about the model where `layer` is empty."""

    level: Level
    layer: str
    text: str


@dataclass(frozen=True, slots=True)
class ArgumentChange:
    """What became of one argument: `kept`, `renamed`, `changed`, `replaced`, `packed`, `dropped`, `added`."""

    what: str
    old: str
    new: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class TensorChange:
    """Where a file tensor went: `variable` is the new layer's slot, `steps` what was done to its values."""

    name: str
    variable: str
    shape: tuple[int, ...]
    dtype: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer of the file and the layers that stand for it now."""

    name: str
    class_name: str
    becomes: tuple[str, ...]
    new_name: str
    arguments: tuple[ArgumentChange, ...] = ()
    tensors: tuple[TensorChange, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputCheck:
    """One output compared with a recorded one: largest absolute and relative difference."""

    name: str
    max_abs: float
    max_rel: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared with what.

    `status`: `passed`; `weights-only` (file reloaded, every weight bit for bit, outputs not compared with anything);
    `skipped`.
    """

    status: str
    weights_compared: int = 0
    outputs: tuple[OutputCheck, ...] = ()
    against: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole story of one conversion."""

    source: Mapping[str, Any]
    target: Mapping[str, Any]
    layers: tuple[LayerChange, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    verification: Verification = Verification("skipped")
    notes: tuple[Note, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    custom_module: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON report."""
        data = dataclasses.asdict(self)
        data["custom_module"] = str(self.custom_module) if self.custom_module else None
        return data


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
