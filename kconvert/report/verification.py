"""What was compared with what, and how far apart it is."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

MOST_NAMED = 3


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
        said = [f"{c.name} {c.because or f'by {c.max_abs:.3g} (relative {c.max_rel:.3g})'}" for c in wrong[:MOST_NAMED]]
        if len(wrong) > MOST_NAMED:
            said.append(f"{len(wrong) - MOST_NAMED} more outputs")
        if self.first_difference:
            classes = {layer.name: f" ({layer.class_name})" for layer in self.layers}
            said.append(
                f"the first layer that differs is {self.first_difference}{classes.get(self.first_difference, '')}"
            )
        return "; ".join(said)


NOT_CHECKED = Verification("skipped")
