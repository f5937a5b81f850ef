"""What the judge says of a file, compared with what was meant."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kconvert.errors import UsageError, VerificationFailed
from kconvert.report import OutputCheck, Verification
from kconvert.verify.process import Verifier


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Outputs agree where |a - b| <= absolute + relative * |b|."""

    relative: float = 1e-4
    absolute: float = 1e-4


def verified(
    verifier: Verifier,
    path: Path,
    format: str,
    digests: Mapping[str, str],
    *,
    probe: Path | None = None,
    tolerance: Tolerance = Tolerance(),
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    module: Path | None = None,
) -> Verification:
    """Reloads the file elsewhere; every weight bit for bit, and the outputs where a probe says what they were.

    Args:
        digests: of every weight as it was meant, under the keys of `keyed_variables`.
        probe: an `.npz` with inputs `in_0`, ... and the outputs `out_0`, ... that the original computed.
        module: the user's own code, which the file needs.

    Raises:
        VerificationFailed: it is not the same function, or stock Keras cannot load it.
        UsageError: the probe is not one.
    """
    if probe is not None:
        _check_probe(probe, len(output_names))
    with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
        results = Path(folder) / "results.npz"
        answer = verifier.ask(
            path=str(path), format=format, probe=str(probe.resolve()) if probe else None, results=str(results),
            input_names=list(input_names), output_names=list(output_names), module=str(module) if module else None,
        )  # fmt: skip
        _compare_weights(digests, answer["digests"], by_name=format == "keras")
        if probe is None:
            return Verification("weights-only", len(digests))
        checks = _compared(probe, results, output_names, tolerance)
    failed = [c for c in checks if not c.passed]
    if failed:
        raise VerificationFailed(
            "the outputs differ from the recorded ones: "
            + ", ".join(f"{c.name} by {c.max_abs:.3g} (relative {c.max_rel:.3g})" for c in failed)
        )
    return Verification("passed", len(digests), checks, f"those recorded in {probe.name}")


def _compare_weights(meant: Mapping[str, str], found: Mapping[str, str], by_name: bool) -> None:
    if by_name:
        wrong = sorted(k for k in meant.keys() | found.keys() if meant.get(k) != found.get(k))
        if wrong:
            raise VerificationFailed(f"{len(wrong)} weights of the file are not what was meant: {', '.join(wrong[:5])}")
    else:  # the format keeps neither names nor order
        missing = set(meant.values()) - set(found.values())
        if missing:
            raise VerificationFailed(f"{len(missing)} weights of the model are not in the folder")


def _check_probe(probe: Path, outputs: int) -> None:
    try:
        with np.load(probe, allow_pickle=False) as data:
            names = set(data.files)
    except (OSError, ValueError) as error:
        raise UsageError(f"{probe}: no .npz file of plain arrays: {error}") from None
    wanted = {"in_0", *(f"out_{n}" for n in range(outputs))}
    if wanted - names:
        raise UsageError(f"{probe}: a probe of this model holds {', '.join(sorted(wanted - names))} too")


def _compared(probe: Path, results: Path, output_names: Sequence[str], tolerance: Tolerance) -> tuple[OutputCheck, ...]:
    with np.load(probe, allow_pickle=False) as recorded, np.load(results, allow_pickle=False) as computed:
        return tuple(
            _check(name, computed[f"out_{n}"], recorded[f"out_{n}"], tolerance) for n, name in enumerate(output_names)
        )


def _check(name: str, got: np.ndarray[Any, Any], want: np.ndarray[Any, Any], tolerance: Tolerance) -> OutputCheck:
    if got.shape != want.shape:
        raise VerificationFailed(f"the output {name} has the shape {got.shape}, the recorded one {want.shape}")
    a, b = got.astype("float64"), want.astype("float64")
    difference = np.abs(a - b)
    agree = np.isnan(a) & np.isnan(b) | (a == b) | (difference <= tolerance.absolute + tolerance.relative * np.abs(b))
    largest = float(np.nanmax(difference, initial=0.0))
    relative = float(np.nanmax(difference / np.maximum(np.abs(b), 1e-12), initial=0.0))
    return OutputCheck(name, largest, relative, bool(agree.all()))
