"""A batch from its folder to its last outcome."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

from kconvert.asked import FORMATS
from kconvert.batch.converting import copies
from kconvert.batch.journal import Journal
from kconvert.batch.models import models_below
from kconvert.batch.places import Cluster, Here, Place
from kconvert.batch.reports import record_of, write_page, write_reports
from kconvert.batch.settings import refuse_what_is_of_one_model
from kconvert.batch.tasks import Task, tasks_of
from kconvert.errors import UsageError
from kconvert.files.stores import is_url, names_below
from kconvert.report import Failed, Outcome, Skipped

UNCHANGED = "unchanged since it was converted"
NOT_BEGUN = "not begun after a failure"
AHEAD = 1000  # models handed out before their outcomes are in


def convert_many(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    fail_fast: bool = False,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    format: str | None = None,
    version_dir: int | None = None,
    timeout: float | None = None,
    memory_limit: int | str | None = None,
    overwrite: bool = False,
    on_begin: Callable[[str], None] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
    **options: Any,
) -> Iterator[Outcome]:
    """Converts every model below a folder; gives one outcome per model as it is ready, and never raises for a model.

    Leaving the iterator early ends what is in flight. At its end `report.json`, `report.html` and `failures.txt` lie in the
    target.

    Args:
        source: a folder or URL; the layout below it is kept in `target`, a folder or URL too.
        jobs: models at a time; fewer where they would not fit into memory.
        scheduler: address of a dask.distributed cluster (`tcp://host:8786`) whose workers convert instead of this machine;
            paths then mean the same on all of them.
        resume: skip what is provably unchanged since an earlier run into `target`; otherwise all is done again.
        fail_fast: begin nothing new after a failure.
        include, exclude: patterns for paths below `source`.
        format: `keras`, or `savedmodel`: a folder for each model.
        version_dir: every model becomes a SavedModel at `<model>/<version_dir>`, as model servers want it.
        overwrite: replace outputs that were there before the batch first ran; those that it wrote are replaced anyway.
        timeout, memory_limit: of each model.
        on_begin: told of each source that a worker of this machine begins with, in another thread.
        on_outcome: told of each outcome, in the caller's thread.
        options: of `kconvert.convert` for all models; a `kconvert.yaml` beside or above a model says more.

    Raises:
        UsageError: the call is wrong: no such folder, no model in it, two models for one target.
        TargetError: another batch writes to `target`.
    """
    if jobs < 1:
        raise UsageError(f"--jobs {jobs}: is a number of models at a time")
    tasks = tasks_below(
        source, target, include=include, exclude=exclude, format=format, version_dir=version_dir, **options
    )
    output = os.fspath(target)
    each = {"timeout": timeout, "memory_limit": memory_limit, "format": _kind(format, version_dir)}
    journal = Journal(output)
    try:
        place: Place = Here(jobs, each, on_begin) if scheduler is None else Cluster(scheduler, each)
    except BaseException:
        journal.close()
        raise
    ended = _ended(tasks, journal, place, output, resume, fail_fast, overwrite)
    return _outcomes(ended, tasks, journal, place, output, on_outcome)


def tasks_below(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    format: str | None = None,
    version_dir: int | None = None,
    **options: Any,
) -> list[Task]:
    """What `convert_many` would do, with the same arguments; nothing is written.

    Raises:
        UsageError: as there.
    """
    root, output = os.fspath(source), os.fspath(target)
    given = {k: v for k, v in options.items() if v is not None}
    refuse_what_is_of_one_model(given)
    if not is_url(root) and not Path(root).is_dir():
        raise UsageError(f"{root}: is no folder")
    kind = _kind(format, version_dir)
    models = [m for m in models_below(root, include, exclude) if not _is_below(m.source, output)]
    tasks = tasks_of(models, root, output, given, kind, version_dir)
    if not tasks:
        raise UsageError(f"{root}: no model below it")
    return tasks


def _kind(format: str | None, version_dir: int | None) -> str:
    kind = format or ("keras" if version_dir is None else "savedmodel")
    if kind not in FORMATS:
        raise UsageError(f"--format {kind}: not one of {', '.join(FORMATS)}")
    if version_dir is not None and (kind != "savedmodel" or version_dir < 0):
        raise UsageError(f"--version-dir {version_dir}: is a number for a SavedModel")
    return kind


def _outcomes(
    ended: Iterable[tuple[Task, Outcome]],
    tasks: Sequence[Task],
    journal: Journal,
    place: Place,
    output: str,
    on_outcome: Callable[[Outcome], None] | None,
) -> Iterator[Outcome]:
    with journal:
        try:
            for task, outcome in ended:
                if not isinstance(outcome, Skipped):
                    record = record_of(task, outcome) | {"page": write_page(output, task.found.relative, outcome)}
                    journal.write(task, record["status"], record)
                if on_outcome is not None:
                    on_outcome(outcome)
                yield outcome
        except BaseException:
            place.abandon()  # what is in flight is lost, and nobody waits for it
            raise
        finally:
            write_reports(journal, output, {task.found.relative for task in tasks})
        place.close()


def _ended(
    tasks: Sequence[Task],
    journal: Journal,
    place: Place,
    output: str,
    resume: bool,
    fail_fast: bool,
    overwrite: bool,
) -> Iterator[tuple[Task, Outcome]]:
    """Each task and its outcome, in the order in which they end."""
    left: list[Task] = []
    for task in tasks:
        if resume and journal.finished(task) is not None:
            yield task, _skipped(task, UNCHANGED)
        else:
            left.append(task)
    own = journal.claim(left, _is_there(output))

    def may_replace(task: Task) -> bool:
        return overwrite or task.target in own

    leaders, followers = _by_content(left)
    waiting = iter(leaders)
    pending: dict[Future[Any], Task] = {}
    is_stopped = False
    while True:
        for one in itertools.islice(waiting, AHEAD - len(pending)):
            if is_stopped:
                yield from ((t, _skipped(t, NOT_BEGUN)) for t in (one, *followers.get(one.key, ())))
            else:
                pending[place.submit(one, may_replace(one))] = one
        if not pending:
            return
        ready, _ = wait(pending, return_when=FIRST_COMPLETED)
        for future in ready:
            task = pending.pop(future)
            outcome = _skipped(task, NOT_BEGUN) if future.cancelled() else place.outcome(task, future)
            yield task, outcome
            yield from copies(followers.get(task.key, ()), outcome, may_replace)
            if fail_fast and isinstance(outcome, Failed) and not is_stopped:
                is_stopped = True
                for other in pending:
                    other.cancel()


def _is_there(output: str) -> Callable[[Task], bool]:
    if not is_url(output):
        return lambda task: os.path.lexists(task.target)
    names = names_below(output)
    return lambda task: task.target in names


def _skipped(task: Task, reason: str) -> Skipped:
    return Skipped(task.found.source, task.target, reason)


def _by_content(tasks: Sequence[Task]) -> tuple[list[Task], Mapping[str, list[Task]]]:
    """The first task of each content and options, and by its key those that will be its copies."""
    leaders: dict[str, Task] = {}
    followers: dict[str, list[Task]] = {}
    for task in tasks:
        if leaders.setdefault(task.key, task) is not task:
            followers.setdefault(task.key, []).append(task)
    return list(leaders.values()), followers


def _is_below(name: str, folder: str) -> bool:
    if is_url(name) or is_url(folder):
        return name.startswith(f"{folder.rstrip('/')}/")
    return Path(folder).resolve() in Path(name).resolve().parents
