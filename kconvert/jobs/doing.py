"""A job on its way to a worker and back, or done in this process."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kconvert.asked import Reading
from kconvert.errors import UsageError
from kconvert.jobs import Bench, Job
from kconvert.plain import plain, restored
from kconvert.steps import heard_by
from kconvert.workers import Pool, allowance

ISOLATIONS = ("process", "none")
Heard = Callable[[str, str], None]


class Work:
    """How a job is done: elsewhere within limits, or here.

    Args:
        isolation: `process` or `none`.
        timeout: seconds, and `memory` bytes or `4G`, instead of limits by the size of what is read.
        on_step: told of each `stage` and `step` of the work.
        is_verbose: TensorFlow's own messages go to stderr.

    Raises:
        UsageError: no such isolation, time or size.
    """

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
        data = pool_of(os.getpid(), self._is_verbose).done(
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
def pool_of(process: int, is_verbose: bool) -> Pool:
    """The workers of this process (and others after a fork)."""
    pool = Pool(Path(__file__).parents[1] / "worker.py", is_verbose=is_verbose)
    atexit.register(pool.close)
    return pool


def end_workers() -> None:
    """Ends all processes of this one, those at work too: their callers get a WorkerError."""
    for is_verbose in (False, True):
        pool_of(os.getpid(), is_verbose).close()
