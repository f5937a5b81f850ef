"""What a batch has done, in SQLite beside its output: kill it at any time, and at most the models in flight are lost."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from kconvert.batch.tasks import Task
from kconvert.errors import TargetError
from kconvert.files.stores import fetch, is_url, joined, publish_to, state_of

FOLDER, NAME = ".kconvert", "journal.sqlite"
BETWEEN = 10.0  # seconds between two copies of the journal to where its output is
TABLES = """CREATE TABLE IF NOT EXISTS models (
    relative TEXT PRIMARY KEY, key TEXT NOT NULL, status TEXT NOT NULL, target_digest TEXT NOT NULL, record TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS own (target TEXT PRIMARY KEY);
"""  # own: what was not there when the batch began, and what it wrote


class Journal:
    """The records of one output, which one batch at a time writes to.

    That of a URL is kept in a local folder while it is written, and put there again and again.

    Raises:
        TargetError: another batch is at work there, or it cannot be written.
    """

    def __init__(self, output: str) -> None:
        self._url = joined(output, f"{FOLDER}/{NAME}") if is_url(output) else None
        self._copy = tempfile.TemporaryDirectory(prefix="kconvert-") if self._url else None
        self._pushed = time.monotonic()
        folder = Path(self._copy.name) if self._copy else Path(output) / FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / "lock")
            self._lock.acquire(timeout=0)
        except Timeout:
            raise TargetError(f"{output}: another batch is writing there") from None
        except OSError as error:
            raise TargetError(f"{output}: cannot be written: {error.strerror or error}") from None
        self._path = folder / NAME
        if self._url:
            fetch(self._url, self._path)
        try:
            self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=" + ("DELETE" if self._url else "WAL"))
            self._database.execute(
                "PRAGMA synchronous=NORMAL"
            )  # whole after any kill; after a power cut, some records are done again
            self._database.executescript(TABLES)
        except sqlite3.DatabaseError as error:
            self._lock.release()
            raise TargetError(f"{self._path}: {error}: move it away to begin anew") from None

    def finished(self, task: Task) -> Mapping[str, Any] | None:
        """The record of a model that is provably done: nothing it depends on has changed, and its output is as written."""
        query = "SELECT key, target_digest, record FROM models WHERE relative = ? AND status = 'converted'"
        row = self._database.execute(query, (task.found.relative,)).fetchone()
        if row is None or row[0] != task.key or row[1] != state_of(task.target):
            return None
        record: Mapping[str, Any] = json.loads(row[2])
        return record

    def claim(self, tasks: Sequence[Task], is_there: Callable[[Task], bool]) -> Collection[str]:
        """The targets that are the batch's own: what appears there meanwhile, it wrote, also if it was killed before it could say so."""
        own = {target for (target,) in self._database.execute("SELECT target FROM own")}
        new = [task.target for task in tasks if task.target not in own and not is_there(task)]
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT INTO own VALUES (?)", [(target,) for target in new])
        if self._url and new:
            self._push()
        return own.union(new)

    def write(self, task: Task, status: str, record: Mapping[str, Any]) -> None:
        """Puts down how a model ended."""
        digest = state_of(task.target) if status == "converted" else ""
        values = (task.found.relative, task.key, status, digest, json.dumps(record, default=str))
        self._database.execute("INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?, ?)", values)
        if digest:
            self._database.execute("INSERT OR IGNORE INTO own VALUES (?)", (task.target,))
        if self._url and time.monotonic() - self._pushed > BETWEEN:
            self._push()

    def records(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Relative path and record of every model, in the order of the paths."""
        for relative, record in self._database.execute("SELECT relative, record FROM models ORDER BY relative"):
            yield relative, json.loads(record)

    def close(self) -> None:
        """Lets others in."""
        if self._url:
            self._push()
        self._database.close()
        self._lock.release()
        if self._copy is not None:
            self._copy.cleanup()

    def _push(self) -> None:
        assert self._url is not None
        publish_to(self._url, self._path)
        self._pushed = time.monotonic()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
