"""What a batch has done, in SQLite beside its output: kill it at any time, and at most the models in flight are lost."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from kconvert.batch.tasks import Task
from kconvert.errors import TargetError

FOLDER = ".kconvert"
TABLE = """CREATE TABLE IF NOT EXISTS models (
    relative TEXT PRIMARY KEY, key TEXT NOT NULL, status TEXT NOT NULL, target_digest TEXT NOT NULL, record TEXT NOT NULL
)"""


class Journal:
    """The records of one output folder, which one batch at a time writes to.

    Raises:
        TargetError: another batch is at work there, or the folder cannot be written.
    """

    def __init__(self, output: Path) -> None:
        folder = output / FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / "lock")
            self._lock.acquire(timeout=0)
        except Timeout:
            raise TargetError(f"{output}: another batch is writing there") from None
        except OSError as error:
            raise TargetError(f"{output}: cannot be written: {error.strerror or error}") from None
        try:
            self._database = sqlite3.connect(folder / "journal.sqlite", isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute(TABLE)
        except sqlite3.DatabaseError as error:
            self._lock.release()
            raise TargetError(f"{folder / 'journal.sqlite'}: {error}: move it away to begin anew") from None

    def finished(self, task: Task) -> Mapping[str, Any] | None:
        """The record of a model that is provably done: nothing it depends on has changed, and its output is as written."""
        query = "SELECT key, target_digest, record FROM models WHERE relative = ? AND status = 'converted'"
        row = self._database.execute(query, (task.found.relative,)).fetchone()
        if row is None or row[0] != task.key or row[1] != digest_of(task.target):
            return None
        record: Mapping[str, Any] = json.loads(row[2])
        return record

    def write(self, task: Task, status: str, record: Mapping[str, Any]) -> None:
        """Puts down how a model ended."""
        digest = digest_of(task.target) if status == "converted" else ""
        values = (task.found.relative, task.key, status, digest, json.dumps(record, default=str))
        self._database.execute("INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?, ?)", values)

    def records(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Relative path and record of every model, in the order of the paths."""
        for relative, record in self._database.execute("SELECT relative, record FROM models ORDER BY relative"):
            yield relative, json.loads(record)

    def close(self) -> None:
        """Lets others in."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or of all files in a folder with their names; empty where there is nothing."""
    if path.is_file():
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    total = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        total.update(f"{file.relative_to(path)}\0{digest_of(file)}\0".encode())
    return total.hexdigest() if files else ""
