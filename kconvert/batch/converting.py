"""One model of a batch; whatever goes wrong is its outcome."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kconvert import api
from kconvert.batch.tasks import Task
from kconvert.errors import InternalError, KConvertError, TargetError
from kconvert.files.stores import exists, fetch_all, is_url, publish_to
from kconvert.plain import restored
from kconvert.report import Converted, Failed, Outcome, Report
from kconvert.targets.publishing import publish
from kconvert.targets.refusals import not_written
from kconvert.targets.staging import staged

KINDS: Mapping[str, Any] = {"Converted": Converted, "Failed": Failed}


def converted(task: Task, overwrite: bool, each: Mapping[str, Any]) -> Outcome:
    """Converts it; never raises."""
    source, target = task.found.source, task.target
    try:
        return Converted(source, target, _report(task, overwrite, each))
    except KConvertError as error:
        return Failed(source, target, error)
    except Exception as error:
        return Failed(source, target, InternalError(f"{source}: {type(error).__name__}: {error}: please report this"))


def copies(
    tasks: Iterable[Task], outcome: Outcome, may_replace: Callable[[Task], bool]
) -> Iterator[tuple[Task, Outcome]]:
    """The same outcome for models of the same content: a conversion that is not done again."""
    for task in tasks:
        source, target = task.found.source, task.target
        if not isinstance(outcome, Converted):
            yield task, replace(outcome, source=source, target=target)
            continue
        try:
            _copy(outcome.target, target, may_replace(task))
        except KConvertError as error:
            yield task, Failed(source, target, error)
        else:
            yield task, Converted(source, target, _of_other_places(outcome.report, source, target))


def restored_outcome(data: Mapping[str, Any]) -> Outcome:
    """The outcome that a worker of a cluster sent as plain data."""
    outcome: Outcome = restored(KINDS[data["kind"]], data["data"])
    return outcome


def _report(task: Task, overwrite: bool, each: Mapping[str, Any]) -> Report:
    given: dict[str, Any] = {"weights": task.found.weights, **each, **task.options}
    if not is_url(task.target):
        return api.convert(task.found.source, task.target, overwrite=overwrite, **given)
    _refuse_existing(task.target, overwrite)
    with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
        local = Path(folder) / (task.target.rpartition("/")[2] or "model")
        report = api.convert(task.found.source, local, **given)
        publish_to(task.target, local)
    return _of_other_places(report, task.found.source, task.target)


def _copy(source: str, target: str, overwrite: bool) -> None:
    if not is_url(target):
        _copy_file(Path(source), Path(target), overwrite)
        return
    _refuse_existing(target, overwrite)
    with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
        local = Path(folder) / "model"
        fetch_all(source, local)
        publish_to(target, local)


def _copy_file(source: Path, target: Path, overwrite: bool) -> None:
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


def _refuse_existing(target: str, overwrite: bool) -> None:
    if not overwrite and exists(target):
        raise TargetError(f"{target}: exists already (--overwrite replaces it)")


def _of_other_places(report: Report, source: str, target: str) -> Report:
    return replace(
        report, source={**report.source, "path": source}, target={**report.target, "path": target}
    )  # fmt: skip
