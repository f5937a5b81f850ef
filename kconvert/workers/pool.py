"""Workers that wait for the next job: importing TensorFlow takes seconds, so one that is done is kept for a while."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kconvert.plain import restored_error
from kconvert.workers.environment import import_roots
from kconvert.workers.limits import GIGA, Allowance
from kconvert.workers.supervised import Heard, Supervised


class Pool:
    """Hands out workers, one job at a time each; for any number of threads.

    Args:
        program: takes jobs, see `kconvert/worker.py`.
        jobs_each: after so many jobs a worker is replaced, whatever it has piled up: importing TensorFlow twice, here and
            in the verifier, costs as much as some fifty small models.
        bytes_each: one that still holds so much after a job, with its verifier, is replaced at once.
        idle: seconds that one waits for the next job before it ends.
        is_verbose: what workers write to stderr is shown.
    """

    def __init__(
        self,
        program: Path,
        *,
        jobs_each: int = 1000,
        bytes_each: int = 3 * GIGA,
        idle: float = 60.0,
        is_verbose: bool = False,
    ) -> None:
        self._program = program
        self._jobs_each = jobs_each
        self._bytes_each = bytes_each
        self._idle = idle
        self._is_verbose = is_verbose
        self._lock = threading.Lock()
        self._waiting: list[tuple[Supervised, int]] = []
        self._at_work: set[Supervised] = set()

    def done(
        self,
        job: str,
        data: Any,
        allowance: Allowance,
        *,
        about: str,
        scratch: Path | None = None,
        is_last: bool = False,
        heard: Heard | None = None,
    ) -> Any:
        """The result of a job, as plain data.

        Args:
            job: a name in `kconvert.jobs.JOBS`, and `data` its fields.
            about: the source, for errors.
            scratch: a folder for temporary files; the caller removes it.
            is_last: the job runs code of the user's, so no other model is worked on in that process afterwards.

        Raises:
            KConvertError: what the job raised, or a WorkerError.
        """
        question = {
            "job": job, "data": data, "scratch": None if scratch is None else str(scratch),
            "folder": _current_folder(), "import_roots": import_roots(),
        }  # fmt: skip
        worker, count = self._taken()
        with self._lock:
            self._at_work.add(worker)
        try:
            answer: Mapping[str, Any] = worker.ask(question, allowance, about=about, heard=heard)
        except BaseException:
            worker.close()
            raise
        finally:
            with self._lock:
                self._at_work.discard(worker)
        if is_last or count + 1 >= self._jobs_each or worker.bytes_held > self._bytes_each:
            worker.close()
        else:
            with self._lock:
                self._waiting.append((worker, count + 1))
        if "error" in answer:
            raise restored_error(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """Ends all that wait, and kills those at work: who asked them hears of a crash."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            for worker in self._at_work:
                worker.kill()
        for worker, _ in waiting:
            worker.close()

    def _taken(self) -> tuple[Supervised, int]:
        with self._lock:
            while self._waiting:
                worker, count = self._waiting.pop()
                if worker.is_running:
                    return worker, count
                worker.close()
        return Supervised(self._program, idle=self._idle, is_verbose=self._is_verbose), 0


def _current_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return "/"  # it was removed: paths in full still mean something
