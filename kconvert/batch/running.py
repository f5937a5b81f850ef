"""Workers side by side: each model in a process of its own kind of trouble, as many at a time as memory allows."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

from kconvert import api
from kconvert.batch.journal import Journal
from kconvert.batch.reports import record_of, write_reports
from kconvert.batch.tasks import Task, tasks_of
from kconvert.errors import InternalError, KConvertError, UsageError
from kconvert.report import Converted, Failed, Outcome, Skipped

GIGA = 1 << 30
FRAMEWORK = 3 * GIGA // 2  # bytes of a worker and its verifier with TensorFlow in them
COPIES = 8  # a model is in memory as tensors, as variables, as the file that is written, and in the verifier


def convert_many(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    jobs: int = 1,
    resume: bool = False,
    fail_fast: bool = False,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    format: str = "keras",
    timeout: float | None = None,
    memory_limit: int | str | None = None,
    overwrite: bool = False,
    on_outcome: Callable[[Outcome], None] | None = None,
    **options: Any,
) -> Iterator[Outcome]:
    """Converts every model below a folder; gives one outcome per model as it is ready, and never raises for a model.

    Leaving the iterator early cancels what has not begun. At its end `report.json`, `report.html` and `failures.txt`
    lie in the target.

    Args:
        source: the folder; the layout below it is kept in `target`.
        jobs: models at a time; fewer where they would not fit into memory.
        resume: skip what is provably unchanged since an earlier run into `target`; otherwise all is done again.
        fail_fast: begin nothing new after a failure.
        include, exclude: patterns for paths below `source`.
        overwrite: replace outputs that this journal does not know; those that it wrote are replaced anyway.
        timeout, memory_limit: of each model.
        on_outcome: told of each outcome, in the caller's thread.
        options: of `kconvert.convert` for all models; a `kconvert.yaml` beside or above a model says more.

    Raises:
        UsageError: the call is wrong: no such folder, no model in it, two models for one target.
        TargetError: another batch writes to `target`.
    """
    root, output = Path(source), Path(target)
    if not root.is_dir():
        raise UsageError(f"{root}: is no folder")
    if jobs < 1:
        raise UsageError(f"--jobs {jobs}: is a number of models at a time")
    if format not in ("keras", "savedmodel"):
        raise UsageError(f"--format {format}: not one of keras, savedmodel")
    models = api.models_below(root, include, exclude)
    given = {k: v for k, v in options.items() if v is not None}
    tasks = tasks_of([m for m in models if not _is_below(m.source, output)], root, output, given, format)
    if not tasks:
        raise UsageError(f"{root}: no model below it")
    each = {"timeout": timeout, "memory_limit": memory_limit, "format": format}
    return _outcomes(tasks, Journal(output), output, jobs, resume, fail_fast, overwrite, each, on_outcome)


def _outcomes(
    tasks: Sequence[Task],
    journal: Journal,
    output: Path,
    jobs: int,
    resume: bool,
    fail_fast: bool,
    overwrite: bool,
    each: Mapping[str, Any],
    on_outcome: Callable[[Outcome], None] | None,
) -> Iterator[Outcome]:
    written = {relative for relative, record in journal.records() if record["status"] == "converted"}
    room = _Room()
    stop = threading.Event()

    def done(task: Task) -> Outcome:
        kept = journal.finished(task) if resume else None
        if kept is not None:
            return Skipped(str(task.found.source), str(task.target), "unchanged since it was converted")
        if stop.is_set():
            return Skipped(str(task.found.source), str(task.target), "not begun after a failure")
        with room.taken(FRAMEWORK + COPIES * task.found.nbytes):
            return _converted(task, overwrite or task.found.relative in written, each)

    with journal, ThreadPoolExecutor(jobs, thread_name_prefix="kconvert") as threads:
        leaders, followers = _by_content(tasks)
        pending: dict[Future[Outcome], Task] = {threads.submit(done, task): task for task in leaders}
        try:
            while pending:
                ready, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in ready:
                    task = pending.pop(future)
                    outcome = future.result()
                    for one, ended in [(task, outcome), *_copies(followers.get(task.key, ()), outcome)]:
                        _put_down(journal, one, ended)
                        if fail_fast and isinstance(ended, Failed):
                            stop.set()
                        if on_outcome is not None:
                            on_outcome(ended)
                        yield ended
        except BaseException:
            stop.set()
            for future in pending:
                future.cancel()
            api.end_workers()  # what is in flight is lost, and nobody waits for it
            raise
        finally:
            write_reports(journal, output, {task.found.relative for task in tasks})


def _by_content(tasks: Sequence[Task]) -> tuple[list[Task], dict[str, list[Task]]]:
    """The first task of each content and options, and by its key those that will be its copies."""
    leaders: dict[str, Task] = {}
    followers: dict[str, list[Task]] = {}
    for task in tasks:
        if leaders.setdefault(task.key, task) is not task:
            followers.setdefault(task.key, []).append(task)
    return list(leaders.values()), followers


def _converted(task: Task, overwrite: bool, each: Mapping[str, Any]) -> Outcome:
    """One model; whatever goes wrong is its outcome."""
    source, target = str(task.found.source), str(task.target)
    try:
        report = api.convert(
            task.found.source, task.target, weights=task.found.weights, overwrite=overwrite, **each, **task.options
        )
    except KConvertError as error:
        return Failed(source, target, error)
    except Exception as error:
        return Failed(source, target, InternalError(f"{source}: {type(error).__name__}: {error}: please report this"))
    return Converted(source, target, report)


def _copies(tasks: Sequence[Task], outcome: Outcome) -> Iterator[tuple[Task, Outcome]]:
    """The same outcome for models of the same content: a conversion that is not done again."""
    for task in tasks:
        source, target = str(task.found.source), str(task.target)
        if not isinstance(outcome, Converted):
            yield task, replace(outcome, source=source, target=target)
            continue
        try:
            api.copy_result(Path(outcome.target), task.target)
        except KConvertError as error:
            yield task, Failed(source, target, error)
            continue
        report = replace(
            outcome.report,
            source={**outcome.report.source, "path": source},
            target={**outcome.report.target, "path": target},
        )
        yield task, Converted(source, target, report)


def _put_down(journal: Journal, task: Task, outcome: Outcome) -> None:
    if not isinstance(outcome, Skipped):
        record = record_of(task.found.relative, outcome)
        journal.write(task, record["status"], record)


def _is_below(path: Path, folder: Path) -> bool:
    return folder.resolve() in path.resolve().parents


class _Room:
    """Memory that models at work may take together; one is always let in."""

    def __init__(self) -> None:
        import psutil

        self._free = float(psutil.virtual_memory().available)
        self._at_work = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def taken(self, nbytes: int) -> Iterator[None]:
        """Waits until there is room, and gives it back."""
        with self._changed:
            self._changed.wait_for(lambda: self._at_work == 0 or self._free >= nbytes)
            self._free -= nbytes
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._free += nbytes
                self._at_work -= 1
                self._changed.notify_all()
