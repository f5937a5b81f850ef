"""Paths in, Report out."""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kconvert.errors import ConversionFailed, KConvertError, UsageError
from kconvert.graphs import Graph, graph_of
from kconvert.inspection import Inspection, Plan, inspected, origin_facts, planned
from kconvert.pipeline import Done, Reached, built, converted
from kconvert.read import read
from kconvert.read.origin import BACKENDS
from kconvert.report import Failure, Note, Obstacle, Report, Verification
from kconvert.sources import Source, local_file, named
from kconvert.spec import ModelSpec, stored_tensors
from kconvert.upgrade import upgrade

if TYPE_CHECKING:
    import keras

    from kconvert.verify import Verifier

PACKAGES = ("kconvert", "keras", "tensorflow", "h5py", "numpy")
DATA_FORMATS = ("channels_first", "channels_last")


def convert(
    source: Source,
    target: str | os.PathLike[str],
    *,
    weights: Source | None = None,
    backend: str | None = None,
    keras_version: str | None = None,
    source_data_format: str | None = None,
    input_shape: Sequence[int | None] | None = None,
    custom: Any = None,
    maps: Sequence[str | os.PathLike[str]] = (),
    training: str = "auto",
    format: str | None = None,
    version_dir: int | None = None,
    probe: str | os.PathLike[str] | None = None,
    verify: bool = True,
    keep_failed: bool = False,
    rtol: float = 1e-4,
    atol: float = 1e-4,
    overwrite: bool = False,
) -> Report:
    """Converts one model file.

    Args:
        source: a path, an fsspec URL or an open binary file: HDF5, `.keras`,
            a SavedModel folder, or an architecture as JSON or YAML.
        target: the file to write (`.keras`) or the folder (SavedModel).
        weights: the tensors of an architecture; by default found by its name.
        backend, keras_version, source_data_format: what wrote the file, where it does not say.
        input_shape: without the batch size, where the file lost it.
        custom: code of custom layers. It is not read by this release: layers that need it are refused.
        maps: the user's own layer maps, looked up before the built-in ones.
        training: `auto` or `drop`: optimizer, losses and metrics are left out, and the report says so.
        format: `keras` or `savedmodel`; by default what the target's ending says.
        version_dir: writes a SavedModel to `target/<version_dir>`, as model servers want it.
        probe: an `.npz` of inputs `in_0`, ... and outputs `out_0`, ... that the original computed.
        verify: reload the file in another process and compare it with what was meant.
        keep_failed: leave a result that failed its verification at the target (the error is raised all the same).
        rtol, atol: outputs agree where |a - b| <= atol + rtol * |b|.
        overwrite: replace an existing target.

    Raises:
        KConvertError: see `kconvert.errors`; nothing is left at the target then, and its `report` says what was found
            until then.
    """
    begin = time.perf_counter()
    reading = _reading(backend, keras_version, source_data_format, input_shape)
    if training not in ("auto", "drop"):
        raise UsageError(f"training={training!r}: not one of auto, drop")
    from kconvert.export.target import checked_target
    from kconvert.verify import Tolerance

    inputs = [p for p in (source, weights, probe, *maps) if isinstance(p, str | os.PathLike)]
    place, kind = checked_target(Path(target), format, version_dir, overwrite, [Path(os.fspath(p)) for p in inputs])
    verifier = _verifier() if verify else None
    with local_file(source) as path, _optional(weights) as tensors:
        digest, reached = _sha256(path), Reached()
        try:
            done = converted(
                path, place, kind, reading={**reading, "weights": tensors}, maps=[Path(m) for m in maps],
                verifier=verifier, probe=Path(probe) if probe is not None else None, tolerance=Tolerance(rtol, atol),
                overwrite=overwrite, keep_failed=keep_failed, reached=reached,
            )  # fmt: skip
        except KConvertError as error:
            facts = {"path": named(source), "sha256": digest}
            error.report = _failed(error, reached, facts, place, kind, time.perf_counter() - begin)
            raise
    return _report(done, named(source), digest, place, kind, time.perf_counter() - begin)


def load(
    source: Source,
    *,
    weights: Source | None = None,
    backend: str | None = None,
    keras_version: str | None = None,
    source_data_format: str | None = None,
    input_shape: Sequence[int | None] | None = None,
    maps: Sequence[str | os.PathLike[str]] = (),
) -> keras.Model:
    """The model as today's Keras has it, in memory; the arguments are those of `convert`.

    Raises:
        KConvertError: see `kconvert.errors`.
    """
    from kconvert.framework import neutral_settings

    reading = _reading(backend, keras_version, source_data_format, input_shape)
    with local_file(source) as path, _optional(weights) as tensors:
        upgraded = upgrade(read(path, weights=tensors, **reading), [Path(m) for m in maps])
        with neutral_settings():
            model: keras.Model = built(upgraded.spec)[0]
    return model


def inspect_model(source: Source, *, weights: Source | None = None) -> Inspection:
    """What is in a file: no TensorFlow, no code run.

    Raises:
        SourceError: not a readable model.
    """
    with local_file(source) as path, _optional(weights) as tensors:
        return inspected(path, tensors)


def plan(
    source: Source,
    *,
    weights: Source | None = None,
    backend: str | None = None,
    keras_version: str | None = None,
    source_data_format: str | None = None,
    input_shape: Sequence[int | None] | None = None,
    maps: Sequence[str | os.PathLike[str]] = (),
) -> Plan:
    """What `convert` would do, layer by layer; converts nothing and imports no TensorFlow.

    Raises:
        SourceError: not a readable model. What stands against converting it is in the plan.
    """
    reading = _reading(backend, keras_version, source_data_format, input_shape)
    with local_file(source) as path, _optional(weights) as tensors:
        return planned(path, [Path(m) for m in maps], {**reading, "weights": tensors})


def versions() -> dict[str, str]:
    """Of this package and what it stands on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _reading(
    backend: str | None,
    keras_version: str | None,
    data_format: str | None,
    input_shape: Sequence[int | None] | None,
) -> dict[str, Any]:
    if backend is not None and backend not in BACKENDS:
        raise UsageError(f"--backend {backend}: not one of {', '.join(BACKENDS)}")
    if data_format is not None and data_format not in DATA_FORMATS:
        raise UsageError(f"--source-data-format {data_format}: not one of {', '.join(DATA_FORMATS)}")
    shape = None if input_shape is None else tuple(input_shape)
    return {"backend": backend, "keras_version": keras_version, "data_format": data_format, "input_shape": shape}


def _optional(source: Source | None) -> contextlib.AbstractContextManager[Path | None]:
    return contextlib.nullcontext(None) if source is None else local_file(source)


@functools.cache
def _verifier_of(process: int) -> Verifier:
    from kconvert.verify import Verifier

    verifier = Verifier()
    atexit.register(verifier.close)
    return verifier


def _verifier() -> Verifier:
    """One checking process for all conversions of this process (and another one after a fork)."""
    return _verifier_of(os.getpid())


def _sha256(path: Path) -> str:
    """Of a file; of a folder, of its files' sums and paths as `sha256sum` prints them, sorted by path."""
    if path.is_dir():
        files = sorted((p.relative_to(path).as_posix(), p) for p in path.rglob("*") if p.is_file())
        listing = "".join(f"{_sha256(file)}  {name}\n" for name, file in files)
        return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _report(done: Done, source: str, digest: str, target: Path, format: str, seconds: float) -> Report:
    spec = done.source
    notes = [*done.upgraded.notes]
    if spec.training is not None:
        notes.append(Note("info", "", "optimizer, losses, metrics and optimizer state are left out"))
    if not done.served.is_kept:
        notes.append(
            Note(
                "warning",
                "",
                f"the serving signature was {_signature(spec)}; names that layers do not have are not kept",
            )
        )
    return Report(
        source={
            "path": source,
            "sha256": digest,
            **origin_facts(spec),
            "tensors": sum(1 for _ in stored_tensors(spec)),
        },
        target={"path": str(target), "format": format, "sha256": _sha256(target)},
        layers=done.upgraded.layers,
        training=_training(spec),
        verification=done.verification,
        notes=tuple(notes),
        renamed=done.upgraded.renamed,
        versions=versions(),
        seconds={**done.seconds, "all": seconds},
        peak_memory=_peak_memory(),
        before=graph_of(spec),
        after=graph_of(done.upgraded.spec),
    )


def _failed(
    error: KConvertError, reached: Reached, source: Mapping[str, Any], target: Path, format: str, seconds: float
) -> Report:
    """What is known of a model that was not converted, and what stood against it."""
    spec, upgraded = reached.source, reached.upgraded
    found = [] if spec is None else list(stored_tensors(spec))
    check: Verification | None = getattr(error, "verification", None)
    return Report(
        source={**source, **(origin_facts(spec) if spec else {}), "tensors": len(found)},
        target={"path": str(target), "format": format, "sha256": ""},
        layers=upgraded.layers if upgraded else (),
        training=_training(spec) if spec else {},
        verification=check or Verification("skipped"),
        notes=upgraded.notes if upgraded else (),
        renamed=upgraded.renamed if upgraded else {},
        versions=versions(),
        seconds={"all": seconds},
        peak_memory=_peak_memory(),
        before=graph_of(spec) if spec else Graph(),
        after=graph_of(upgraded.spec) if upgraded else Graph(),
        failure=Failure(type(error).__name__, str(error), tuple(_obstacles(error))),
    )


def _obstacles(error: KConvertError) -> Iterator[Obstacle]:
    for problem in error.problems if isinstance(error, ConversionFailed) else ():
        yield Obstacle(
            problem.message, type(problem).__name__, problem.layer, problem.class_name, problem.argument, problem.option
        )  # fmt: skip


def _peak_memory() -> int:
    """Bytes, of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _signature(spec: ModelSpec) -> str:
    signed = spec.signature
    return f"{list(signed.inputs)} -> {list(signed.outputs)}" if signed else ""


def _training(spec: ModelSpec) -> dict[str, Any]:
    if spec.training is None:
        return {"kept": False, "because": "the file has none"}
    return {
        "kept": False,
        "because": "this release converts the model for inference only",
        "dropped": ["training_config"] if spec.training.get("config") is not None else [],
        "optimizer_tensors": len(spec.training.get("optimizer_tensors", ())),
    }
