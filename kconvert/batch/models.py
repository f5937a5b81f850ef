"""Which models are there? Asked of a worker, for content decides, and content may be hostile."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kconvert.asked import Reading
from kconvert.files.stores import is_url
from kconvert.jobs import Discovering
from kconvert.jobs.doing import Work
from kconvert.report import Found


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
        from kconvert.jobs.discovery import models_at  # not what opens models: that is for the worker

        return tuple(models_at(os.fspath(folder), include, exclude))
    reading = Reading(Path(folder))
    found: tuple[Found, ...] = Work(isolation, timeout, None).done(Discovering(reading, tuple(include), tuple(exclude)))
    return found
