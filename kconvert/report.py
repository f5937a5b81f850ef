"""What a conversion did, as frozen, picklable values that turn into the JSON report."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kconvert.errors import ConversionFailed, KConvertError
from kconvert.graphs import Graph

Level = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Note:
    """One remark about one layer, or about the model where `layer` is empty."""

    level: Level
    layer: str
    text: str


@dataclass(frozen=True, slots=True)
class ArgumentChange:
    """What became of one argument: `kept`, `renamed`, `changed`, `replaced`, `packed`, `dropped`, `added`.

    Attributes:
        old_value, new_value: in short, as Python writes them.
    """

    what: str
    old: str
    new: str = ""
    because: str = ""
    old_value: str = ""
    new_value: str = ""


@dataclass(frozen=True, slots=True)
class TensorChange:
    """Where a file tensor went: `variable` is the new layer's slot, `steps` what was done to its values."""

    name: str
    variable: str
    shape: tuple[int, ...]
    dtype: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleUsed:
    """A rule that had something to do, and what it is there for."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer before one hop and the layers that stand for it behind it.

    Attributes:
        hop: `keras1 -> keras2`.
        names: of the layers that it became, in the order of `becomes`; empty for what a wrapper holds.
    """

    name: str
    class_name: str
    becomes: tuple[str, ...]
    new_name: str
    arguments: tuple[ArgumentChange, ...] = ()
    tensors: tuple[TensorChange, ...] = ()
    rules: tuple[RuleUsed, ...] = ()
    hop: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputCheck:
    """One output compared with what it should be; the largest differences over all runs.

    Attributes:
        max_abs, max_rel: of |a - b| and |a - b| / |b|; infinite where they cannot be compared number by number.
        against: `reference` (computed in NumPy, from the original file) or `probe` (recorded in the original framework).
        because: why it did not pass, where that is not the size of the difference: another shape, NaN, other strings.
    """

    name: str
    max_abs: float
    max_rel: float
    passed: bool
    against: str = "probe"
    because: str = ""


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """One layer's output in the original and in the converted model; the largest differences over all runs.

    Attributes:
        name: of the layer in the file: `outer/inner` for one of a nested model, `name#1` for its second call.
        class_name: its class in the file.
        new_name: of the layer that gives the same in the converted model, spelled likewise.
        size: the largest absolute value of the original's output, the scale of `max_abs`.
        passed: |a - b| <= atol + rtol * size. A layer may miss that where every output agrees: differences can vanish.
    """

    name: str
    class_name: str
    new_name: str
    max_abs: float
    max_rel: float
    passed: bool
    size: float = 0.0
    because: str = ""


@dataclass(frozen=True, slots=True)
class MissingLayer:
    """A layer that the reference cannot compute: it and what depends on it were not compared."""

    layer: str
    class_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class InputUsed:
    """One input of one run.

    Attributes:
        shape: with the batch.
        kind: what it is made of, in words: `ids below 5000`, `pixels from 0 to 255`, `recorded`.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    kind: str


@dataclass(frozen=True, slots=True)
class Run:
    """One computation of the whole model on both sides.

    Attributes:
        source: `generated`, from `seed`; or `recorded`, from a probe.
    """

    source: str
    inputs: tuple[InputUsed, ...]
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared with what.

    Attributes:
        status: `passed`: every output agrees with the reference, a probe or both. `partial`: what could be compared agrees,
            but some outputs could not be (`missing` says which layers stand before them). `weights-only`: the file was
            reloaded and holds every weight bit for bit, no output was compared. `skipped`: nothing was checked.
            `failed`: they differ (such a report only comes with `VerificationFailed`, or from comparing two files).
        against: in words, for a sentence that begins "outputs agree with".
        outputs: one for each output and each thing it was compared with.
        layers: in the order of the computation.
        first_difference: the name in the file of the first layer that differs, or empty.
        missing: what the reference lacks.
        runs: what it was computed on.
        rtol, atol: numbers of outputs agree where |a - b| <= atol + rtol * |b|.
        remarks: on the comparison, one sentence each.
    """

    status: str
    weights_compared: int = 0
    outputs: tuple[OutputCheck, ...] = ()
    against: str = ""
    layers: tuple[LayerCheck, ...] = ()
    first_difference: str = ""
    missing: tuple[MissingLayer, ...] = ()
    runs: tuple[Run, ...] = ()
    rtol: float = 1e-4
    atol: float = 1e-4
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON, which has no infinity: null where numbers could not be compared."""
        data = dataclasses.asdict(self)
        for check in (*data["outputs"], *data["layers"]):
            check.update({k: None for k in ("max_abs", "max_rel", "size") if not math.isfinite(check.get(k, 0.0))})
        return data

    @property
    def difference(self) -> str:
        """How outputs and layers differ, in one sentence; empty where none does."""
        wrong = [check for check in self.outputs if not check.passed]
        said = [f"{c.name} {c.because or f'by {c.max_abs:.3g} (relative {c.max_rel:.3g})'}" for c in wrong]
        first = next((layer for layer in self.layers if layer.name == self.first_difference), None)
        if first is not None:
            said.append(f"the first layer that differs is {first.name} ({first.class_name})")
        return "; ".join(said)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stood against the conversion; the words are those of the `Problem`."""

    message: str
    kind: str = ""
    layer: str = ""
    class_name: str = ""
    argument: str = ""
    option: str = ""


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
        obstacles = tuple(
            Obstacle(p.message, type(p).__name__, p.layer, p.class_name, p.argument, p.option) for p in problems
        )
        return cls(type(error).__name__, str(error), obstacles)


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
    verification: Verification = Verification("skipped")
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
