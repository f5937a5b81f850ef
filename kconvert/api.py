"""Paths in, Report out. What opens a model or imports TensorFlow happens in `kconvert.workers`."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from kconvert.custom_code import custom_code, files_of, located
from kconvert.errors import KConvertError, TargetError, UsageError, VerificationFailed
from kconvert.export.publishing import Entry, publish
from kconvert.export.refusals import already_there, not_written
from kconvert.export.staging import Staged, staged
from kconvert.export.target import checked_report, checked_target, refuse_inputs
from kconvert.findings import Found, Inspection, Plan
from kconvert.jobs import Bench, Comparing, Conversion, Discovering, Inspecting, Job, Planning, Reading, Upgrading
from kconvert.plain import plain, restored
from kconvert.report import Failure, Report, Verification
from kconvert.sources import BACKENDS, DATA_FORMATS, Source, local_file, named
from kconvert.steps import heard_by
from kconvert.stores import is_url
from kconvert.training import Borders, Wanted
from kconvert.workers import Pool, allowance

if TYPE_CHECKING:
    import keras

ISOLATIONS = ("process", "none")
TRAINING: tuple[Wanted, ...] = get_args(Wanted)
LAYOUTS: tuple[Borders, ...] = get_args(Borders)
Heard = Callable[[str, str], None]


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
    data_format: str = "keep",
    io: Borders = "keep",
    training: Wanted = "auto",
    format: str | None = None,
    version_dir: int | None = None,
    probe: str | os.PathLike[str] | None = None,
    verify: bool = True,
    keep_failed: bool = False,
    rtol: float = 1e-4,
    atol: float = 1e-4,
    overwrite: bool = False,
    report: str | os.PathLike[str] | None = None,
    isolation: str = "process",
    timeout: float | None = None,
    memory_limit: int | str | None = None,
    on_step: Heard | None = None,
    verbose: bool = False,
) -> Report:
    """Converts one model file.

    Args:
        source: a path, an fsspec URL or an open binary file: HDF5, `.keras`,
            a SavedModel folder, or an architecture as JSON or YAML.
        target: the file to write (`.keras`) or the folder (SavedModel).
        weights: the tensors of an architecture; by default found by its name.
        backend, keras_version, source_data_format: what wrote the file, where it does not say.
        input_shape: without the batch size, where the file lost it.
        custom: the user's own layers and functions, in the style of any Keras: `FILE.py`, `package.module` or
            `package.module:Name`, or several. This runs that code. What the result needs of it is written beside the
            target, in today's Keras, as `<target's stem>_custom.py`.
        maps: the user's own layer maps, looked up before the built-in ones.
        data_format: `keep`, or `channels_last`: the model is rewritten so that no convolution or pooling has its channels first.
        io: what the caller's arrays look like then: `keep`, as before; `channels_last`, likewise.
        training: optimizer, losses, metrics and the optimizer's state: `auto` keeps them where today's Keras has the like
            and says what differs or why they are left out; `keep` fails where they are not exact; `drop` leaves them out.
        format: `keras` or `savedmodel`; by default what the target's ending says.
        version_dir: writes a SavedModel to `target/<version_dir>`, as model servers want it.
        probe: an `.npz` of inputs `in_0`, ... and outputs `out_0`, ... that the original computed.
        verify: reload the file in another process and compare it with what was meant.
        keep_failed: leave a result that failed its verification at the target (the error is raised all the same).
        rtol, atol: outputs agree where |a - b| <= atol + rtol * |b|.
        overwrite: replace an existing target.
        report: write the report there too (`.json` or `.html`), together with the target.
        isolation: `process`: files are read and models built in a process of their own, which may crash, hang or grow
            and costs one error if it does; it is kept for a minute for the next call. `none`: all of it here.
        timeout: seconds, instead of a limit by the file's size.
        memory_limit: bytes, or `4G`; instead of a limit by the file's size. Both hold with `isolation="process"`.
        on_step: told of each `stage` and `step` of the work.
        verbose: TensorFlow's own messages go to stderr.

    Raises:
        KConvertError: see `kconvert.errors`; nothing is left at the target then, but `report` is written, and the error
            has it as its attribute.
    """
    begin = time.perf_counter()
    if training not in TRAINING:
        raise UsageError(f"training={training!r}: not one of {', '.join(TRAINING)}")
    _check_layout(data_format, io)
    if report is not None and Path(report).suffix not in (".json", ".html"):
        raise UsageError(f"--report {os.fspath(report)}: the report is written as .json or .html")
    code = located(custom)
    own = files_of(code)
    inputs = [Path(os.fspath(p)) for p in (source, weights, probe, *maps, *own) if isinstance(p, str | os.PathLike)]
    place, kind = checked_target(Path(target), format, version_dir, overwrite, inputs)
    module = place.with_name(f"{place.stem}_custom.py")
    refuse_inputs(module, own)
    if own and os.path.lexists(module) and not overwrite:
        raise already_there(module)
    beside = None if report is None else checked_report(Path(report), place, inputs)
    work = _Work(isolation, timeout, memory_limit, on_step, verbose)
    with (
        _reading(source, weights, backend, keras_version, source_data_format, input_shape, code) as reading,
        staged(place) as room,
        contextlib.nullcontext() if beside is None else staged(beside) as page,
    ):
        job = Conversion(
            reading,
            named(source),
            room.path.absolute(),
            place,
            kind,
            _paths(maps),
            _path(probe),
            verify,
            rtol,
            atol,
            training,
            data_format,
            io,
        )
        try:
            done: Report = work.done(job, room.scratch)
        except KConvertError as error:
            facts = {"path": named(source)}, {"path": str(place), "format": kind}
            error.report = error.report or Report(*facts, failure=Failure.of(error))
            if isinstance(error, VerificationFailed) and keep_failed and room.path.exists():
                publish(room.entries(overwrite))
            if page is not None:
                with contextlib.suppress(TargetError):  # what stands against the model is said all the same
                    publish(_written(page, error.report))
            raise
        done = replace(done, seconds={**done.seconds, "all": time.perf_counter() - begin})
        _publish(room, page, done, overwrite)
    return done


def _check_layout(data_format: str, io: str) -> None:
    for name, said in (("data_format", data_format), ("io", io)):
        if said not in LAYOUTS:
            raise UsageError(f"{name}={said!r}: not one of {', '.join(LAYOUTS)}")
    if io != "keep" and data_format == "keep":
        raise UsageError("--io says what a model that --data-format channels_last rewrites is given: say both")


def verify_model(
    source: Source,
    other: str | os.PathLike[str],
    *,
    weights: Source | None = None,
    backend: str | None = None,
    keras_version: str | None = None,
    source_data_format: str | None = None,
    input_shape: Sequence[int | None] | None = None,
    probe: str | os.PathLike[str] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-4,
    isolation: str = "process",
    timeout: float | None = None,
    memory_limit: int | str | None = None,
    on_step: Heard | None = None,
    verbose: bool = False,
) -> Verification:
    """Is `other` the same function as `source`? It need not come from kconvert.

    Args:
        source: the original, as for `convert`; so are the other arguments. None of its code is run.
        other: `.keras`, HDF5 that today's Keras loads in safe mode, or a SavedModel folder, whose graph TensorFlow runs, in
            a process of its own.

    Returns:
        What was compared with what: `passed`, `partial` or `weights-only` (no output could be compared).

    Raises:
        VerificationFailed: it is not; its `verification` tells where they differ.
        KConvertError: see `kconvert.errors`.
    """
    if not Path(other).exists():
        raise UsageError(f"{os.fspath(other)}: there is nothing at this path")
    work = _Work(isolation, timeout, memory_limit, on_step, verbose)
    with (
        _reading(source, weights, backend, keras_version, source_data_format, input_shape) as reading,
        tempfile.TemporaryDirectory(prefix="kconvert-") as folder,
    ):
        job = Comparing(reading, Path(other).absolute(), _path(probe), rtol, atol)
        found: Verification = work.done(job, Path(folder))
    return found


def load(
    source: Source,
    *,
    weights: Source | None = None,
    backend: str | None = None,
    keras_version: str | None = None,
    source_data_format: str | None = None,
    input_shape: Sequence[int | None] | None = None,
    custom: Any = None,
    maps: Sequence[str | os.PathLike[str]] = (),
    isolation: str = "process",
    timeout: float | None = None,
    memory_limit: int | str | None = None,
) -> keras.Model:
    """The model as today's Keras has it, in memory; the arguments are those of `convert`.

    With `isolation="process"` the file is read and upgraded elsewhere; what is built here comes from checked, plain data.

    Raises:
        KConvertError: see `kconvert.errors`.
    """
    code = located(custom)
    work = _Work(isolation, timeout, memory_limit)
    with (
        _reading(source, weights, backend, keras_version, source_data_format, input_shape, code) as reading,
        tempfile.TemporaryDirectory(prefix="kconvert-") as folder,
    ):
        if not work.is_isolated:
            from kconvert.read import read
            from kconvert.upgrade import upgrade

            spec = read(reading.source, **reading.options(), custom=custom_code(code).definitions)
            return _built(upgrade(spec, _paths(maps)).spec, code)
        work.done(Upgrading(reading, Path(folder), _paths(maps)))
        from kconvert.spec_file import read_spec

        return _built(read_spec(Path(folder)), code)


def inspect_model(
    source: Source,
    *,
    weights: Source | None = None,
    isolation: str = "process",
    timeout: float | None = None,
    memory_limit: int | str | None = None,
) -> Inspection:
    """What is in a file: no TensorFlow, no code run.

    Raises:
        SourceError: not a readable model.
        WorkerError: reading it crashed or reached a limit.
    """
    work = _Work(isolation, timeout, memory_limit)
    with _reading(source, weights) as reading:
        found: Inspection = work.done(Inspecting(reading))
    return found


def plan(
    source: Source,
    *,
    weights: Source | None = None,
    backend: str | None = None,
    keras_version: str | None = None,
    source_data_format: str | None = None,
    input_shape: Sequence[int | None] | None = None,
    custom: Any = None,
    maps: Sequence[str | os.PathLike[str]] = (),
    data_format: str = "keep",
    io: Borders = "keep",
    isolation: str = "process",
    timeout: float | None = None,
    memory_limit: int | str | None = None,
) -> Plan:
    """What `convert` would do, layer by layer; converts nothing and imports no TensorFlow.

    Raises:
        SourceError: not a readable model. What stands against converting it is in the plan.
        WorkerError: reading it crashed or reached a limit.
    """
    _check_layout(data_format, io)
    work = _Work(isolation, timeout, memory_limit)
    code = located(custom)
    with _reading(source, weights, backend, keras_version, source_data_format, input_shape, code) as reading:
        found: Plan = work.done(Planning(reading, _paths(maps), data_format, io))
    return found


def models_below(
    folder: str | os.PathLike[str],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    *,
    isolation: str = "process",
    timeout: float | None = None,
) -> tuple[Found, ...]:
    """Every model below a folder, by content, or below a URL, by name; what belongs together is one model.

    Raises:
        WorkerError: looking crashed or reached a limit.
    """
    if is_url(folder):
        from kconvert.discovery import models_at

        return tuple(models_at(os.fspath(folder), include, exclude))
    reading = Reading(Path(folder))
    found: tuple[Found, ...] = _Work(isolation, timeout, None).done(
        Discovering(reading, tuple(include), tuple(exclude))
    )
    return found


def copy_result(source: Path, target: Path, overwrite: bool) -> None:
    """A second place for a model that was converted; whole or not at all.

    Raises:
        TargetError: it cannot be written there, or something is there already.
    """
    with staged(target) as room:
        try:
            if source.is_dir():
                shutil.copytree(source, room.path)
            else:
                shutil.copyfile(source, room.path)
        except OSError as error:
            raise not_written(target, error) from None
        publish(room.entries(overwrite=overwrite))


def end_workers() -> None:
    """Ends all processes of this one, those at work too: their callers get a WorkerError."""
    for is_verbose in (False, True):
        _pool_of(os.getpid(), is_verbose).close()


class _Work:
    """How a job is done: elsewhere within limits, or here."""

    def __init__(
        self,
        isolation: str,
        timeout: float | None,
        memory: int | str | None,
        on_step: Heard | None = None,
        is_verbose: bool = False,
    ) -> None:
        if isolation not in ISOLATIONS:
            raise UsageError(f"isolation={isolation!r}: not one of {', '.join(ISOLATIONS)}")
        allowance((), timeout, memory)  # wrong ones are refused before anything is done
        self.is_isolated = isolation == "process"
        self._timeout, self._memory, self._on_step = timeout, memory, on_step
        self._is_verbose = is_verbose

    def done(self, job: Job, scratch: Path | None = None) -> Any:
        """The job's result."""
        reading: Reading = job.reading  # type: ignore[attr-defined]
        if not self.is_isolated:
            with heard_by(self._on_step) if self._on_step else contextlib.nullcontext():
                return job.run(Bench.of_process())
        files = [p for p in (reading.source, reading.weights) if p is not None]
        limits = allowance(files, self._timeout, self._memory)
        data = _pool_of(os.getpid(), self._is_verbose).done(
            type(job).__name__,
            plain(job),
            limits,
            about=str(reading.source),
            scratch=scratch and scratch.absolute(),
            is_last=bool(reading.custom),
            heard=self._on_step,
        )
        return restored(job.Result, data)


@functools.cache
def _pool_of(process: int, is_verbose: bool) -> Pool:
    """The workers of this process (and others after a fork)."""
    pool = Pool(Path(__file__).with_name("worker.py"), is_verbose=is_verbose)
    atexit.register(pool.close)
    return pool


@contextlib.contextmanager
def _reading(
    source: Source,
    weights: Source | None,
    backend: str | None = None,
    keras_version: str | None = None,
    data_format: str | None = None,
    input_shape: Sequence[int | None] | None = None,
    custom: tuple[str, ...] = (),
) -> Iterator[Reading]:
    if backend is not None and backend not in BACKENDS:
        raise UsageError(f"--backend {backend}: not one of {', '.join(BACKENDS)}")
    if data_format is not None and data_format not in DATA_FORMATS:
        raise UsageError(f"--source-data-format {data_format}: not one of {', '.join(DATA_FORMATS)}")
    shape = None if input_shape is None else tuple(input_shape)
    with local_file(source) as path, _optional(weights) as tensors:
        yield Reading(path, tensors, backend, keras_version, data_format, shape, custom)


def _optional(source: Source | None) -> contextlib.AbstractContextManager[Path | None]:
    return contextlib.nullcontext(None) if source is None else local_file(source)


def _built(spec: Any, code: Sequence[str]) -> Any:
    from kconvert.framework import neutral_settings
    from kconvert.pipeline import built, needs_code
    from kconvert.rebuild import loaded

    text = custom_code(code).text if needs_code(spec) else ""
    with neutral_settings(), loaded(text, "custom", ", ".join(code)) as objects:
        model, values = built(spec, objects, is_digested=False)
        values.fill()
        return model


def _publish(room: Staged, page: Staged | None, report: Report, overwrite: bool) -> None:
    """The model with what belongs beside it, and the report last: who sees that sees all."""
    publish([*room.entries(overwrite), *_written(page, report)])


def _written(page: Staged | None, report: Report) -> list[Entry]:
    """The report at its staging place, as its ending says."""
    if page is None:
        return []
    if page.path.suffix == ".html":
        from kconvert.page import page as html

        text = html(report)
    else:
        text = json.dumps(report.to_dict(), indent=2, default=str)
    try:
        page.path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise not_written(page.target, error) from None
    return page.entries(overwrite=True)


def _paths(given: Sequence[str | os.PathLike[str]]) -> tuple[Path, ...]:
    return tuple(Path(p) for p in given)


def _path(given: str | os.PathLike[str] | None) -> Path | None:
    return None if given is None else Path(given)
