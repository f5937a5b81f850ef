"""Where models are converted: in threads of this process, each with workers of its own, or on a cluster."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Protocol

from kconvert.batch.converting import converted, restored_outcome
from kconvert.batch.tasks import Task
from kconvert.errors import InternalError, UsageError
from kconvert.jobs.doing import end_workers
from kconvert.report import Failed, Outcome
from kconvert.workers.limits import COPIES, FRAMEWORK


class Place(Protocol):
    """Takes tasks; a context manager that ends when all is done."""

    def submit(self, task: Task, overwrite: bool) -> Future[Any]:
        """Begins as soon as there is room."""
        ...

    def outcome(self, task: Task, future: Future[Any]) -> Outcome:
        """Of a future that is done."""
        ...

    def abandon(self) -> None:
        """Ends what is in flight, at once."""
        ...

    def close(self) -> None:
        """Frees what it holds."""
        ...


class Here:
    """Threads of this process: `jobs` models at a time, fewer where they would not fit into memory.

    Args:
        on_begin: told of each source when its turn comes, in the thread that converts it.
    """

    def __init__(self, jobs: int, each: Mapping[str, Any], on_begin: Callable[[str], None] | None = None) -> None:
        self._on_begin = on_begin
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="kconvert")
        self._room = Room()
        self._each = each

    def submit(self, task: Task, overwrite: bool) -> Future[Any]:
        """In a thread."""
        return self._threads.submit(self._converted, task, overwrite)

    def _converted(self, task: Task, overwrite: bool) -> Outcome:
        with self._room.taken(FRAMEWORK + COPIES * task.found.nbytes):
            if self._on_begin is not None:
                self._on_begin(task.found.source)
            return converted(task, overwrite, self._each)

    def outcome(self, task: Task, future: Future[Any]) -> Outcome:
        """As the thread gave it."""
        found: Outcome = future.result()
        return found

    def abandon(self) -> None:
        """Kills the workers: their threads end with an error that nobody hears."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        end_workers()

    def close(self) -> None:
        """Waits for threads."""
        self._threads.shutdown(wait=True)


class Cluster:
    """A dask.distributed cluster that is there already; each of its workers converts as this machine would.

    A model whose worker is lost is given to another one.

    Raises:
        UsageError: dask is not installed, or nobody answers at the address.
    """

    def __init__(self, address: str, each: Mapping[str, Any]) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise UsageError("--scheduler needs dask: pip install distributed") from None
        try:
            self._client = Client(address, timeout=30, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(f"--scheduler {address}: no scheduler answers there: {error}") from None
        self._executor = self._client.get_executor(pure=False)
        self._each = dict(each)

    def submit(self, task: Task, overwrite: bool) -> Future[Any]:
        """On whichever worker is free."""
        future: Future[Any] = self._executor.submit(convert_there, asdict(task), overwrite, self._each)
        return future

    def outcome(self, task: Task, future: Future[Any]) -> Outcome:
        """What a worker answered; a model that took several workers with it has failed."""
        try:
            return restored_outcome(future.result())
        except Exception as error:
            text = f"{task.found.source}: lost on the cluster: {type(error).__name__}: {error}"
            return Failed(task.found.source, task.target, InternalError(text))

    def abandon(self) -> None:
        """Cancels everything."""
        self._executor.shutdown(wait=False)

    def close(self) -> None:
        """Leaves the cluster as it was."""
        self._executor.shutdown()
        self._client.close()


def convert_there(task: Mapping[str, Any], overwrite: bool, each: Mapping[str, Any]) -> dict[str, Any]:
    """One task on a worker of a cluster: plain data in, plain data out."""
    from kconvert.plain import plain
    from kconvert.report.findings import Found

    mine = Task(Found(**task["found"]), task["target"], task["options"], task["key"])
    outcome = converted(mine, overwrite, each)
    return {"kind": type(outcome).__name__, "data": plain(outcome)}


class Room:
    """Memory that models at work may take together; one is always let in."""

    def __init__(self, nbytes: float | None = None) -> None:
        import psutil

        self._free = float(psutil.virtual_memory().available if nbytes is None else nbytes)
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
