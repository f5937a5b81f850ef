"""Paths in, Report out. What opens a model or imports TensorFlow happens in `kconvert.workers`."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kconvert.asked import Borders, Checking, Reading, Wanted, Wishes
from kconvert.custom_code import custom_code, files_of, located, module_beside
from kconvert.errors import KConvertError, TargetError, UsageError, VerificationFailed
from kconvert.files.sources import Source, local_file, named
from kconvert.jobs import Comparing, Conversion, Inspecting, Planning, Upgrading
from kconvert.jobs.doing import Heard, Work
from kconvert.report import Failure, Inspection, Plan, Report, Verification
from kconvert.report.document import ENDINGS, document
from kconvert.targets.checked import checked_report, checked_target, refuse_inputs
from kconvert.targets.publishing import Entry, publish
from kconvert.targets.refusals import already_there, not_written
from kconvert.targets.staging import Staged, staged

if TYPE_CHECKING:
    import keras


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
    data_format: Borders = "keep",
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
    wishes = Wishes(_paths(maps), data_format, io, training)
    if report is not None and Path(report).suffix not in ENDINGS:
        raise UsageError(f"--report {os.fspath(report)}: the report is written as .json or .html")
    code = located(custom)
    own = files_of(code)
    inputs = [Path(os.fspath(p)) for p in (source, weights, probe, *maps, *own) if isinstance(p, str | os.PathLike)]
    place, kind = checked_target(Path(target), format, version_dir, overwrite, inputs)
    module = module_beside(place)
    refuse_inputs(module, own)
    if own and os.path.lexists(module) and not overwrite:
        raise already_there(module)
    beside = None if report is None else checked_report(Path(report), place, inputs)
    work = Work(isolation, timeout, memory_limit, on_step, verbose)
    with (
        _reading(source, weights, backend, keras_version, source_data_format, input_shape, code) as reading,
        staged(place) as room,
        contextlib.nullcontext() if beside is None else staged(beside) as page,
    ):
        checking = Checking(_path(probe), rtol, atol, verify)
        wishes = replace(wishes, format=kind)
        job = Conversion(reading, wishes, checking, named(source), room.path.absolute(), place)
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
    work = Work(isolation, timeout, memory_limit, on_step, verbose)
    with (
        _reading(source, weights, backend, keras_version, source_data_format, input_shape) as reading,
        tempfile.TemporaryDirectory(prefix="kconvert-") as folder,
    ):
        job = Comparing(reading, Path(other).absolute(), Checking(_path(probe), rtol, atol))
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
    data_format: Borders = "keep",
    io: Borders = "keep",
    isolation: str = "process",
    timeout: float | None = None,
    memory_limit: int | str | None = None,
) -> keras.Model:
    """The model as today's Keras has it, in memory; the arguments are those of `convert`.

    With `isolation="process"` the file is read and upgraded elsewhere; what is built here comes from checked, plain data.

    Raises:
        KConvertError: see `kconvert.errors`.
    """
    code, wishes = located(custom), Wishes(_paths(maps), data_format, io)
    work = Work(isolation, timeout, memory_limit)
    with (
        _reading(source, weights, backend, keras_version, source_data_format, input_shape, code) as reading,
        tempfile.TemporaryDirectory(prefix="kconvert-") as folder,
    ):
        if not work.is_isolated:
            from kconvert.upgrading import read_and_upgraded

            return _built(read_and_upgraded(reading, wishes, custom_code(code).definitions), code)
        work.done(Upgrading(reading, Path(folder), wishes))
        from kconvert.jobs.spec_file import read_spec

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
    work = Work(isolation, timeout, memory_limit)
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
    data_format: Borders = "keep",
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
    wishes = Wishes(_paths(maps), data_format, io)
    work = Work(isolation, timeout, memory_limit)
    code = located(custom)
    with _reading(source, weights, backend, keras_version, source_data_format, input_shape, code) as reading:
        found: Plan = work.done(Planning(reading, wishes))
    return found


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
    shape = None if input_shape is None else tuple(input_shape)
    with local_file(source) as path, _optional(weights) as tensors:
        yield Reading(path, tensors, backend, keras_version, data_format, shape, custom)


def _optional(source: Source | None) -> contextlib.AbstractContextManager[Path | None]:
    return contextlib.nullcontext(None) if source is None else local_file(source)


def _built(spec: Any, code: Sequence[str]) -> Any:
    from kconvert.framework import neutral_settings
    from kconvert.pipeline import built
    from kconvert.rebuild import loaded
    from kconvert.upgrade.custom import needs_code

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
    try:
        page.path.write_text(document(report, page.path.suffix), encoding="utf-8")
    except OSError as error:
        raise not_written(page.target, error) from None
    return page.entries(overwrite=True)


def _paths(given: Sequence[str | os.PathLike[str]]) -> tuple[Path, ...]:
    return tuple(Path(p) for p in given)


def _path(given: str | os.PathLike[str] | None) -> Path | None:
    return None if given is None else Path(given)
