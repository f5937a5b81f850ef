"""The bytes of a file, of a folder, or of a checkpoint that is named by its prefix: how many, and what tells them from others."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType


class Aside:
    """Digests that are made, and files that are brought to the disk, in threads beside other work."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="digest")
        self._digests: dict[Path, Future[str]] = {}

    def begin(self, path: Path) -> None:
        """Starts with the digest of what is there now."""
        self._digests[path] = self._threads.submit(digest_of, path)

    def to_disk(self, path: Path) -> None:
        """Starts to write what the system still holds of a file, so that who waits for that later waits less."""
        if path.is_file():
            self._threads.submit(_to_disk, path)

    def digest_of(self, path: Path) -> str:
        """As the function, with what has been begun.

        Raises:
            OSError: it cannot be read.
        """
        return self._digests[path].result() if path in self._digests else digest_of(path)

    def __enter__(self) -> Aside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def digest_of(path: Path) -> str:
    """SHA-256 of a file; of several, of their sums and paths as `sha256sum` prints them; empty where there is nothing.

    Raises:
        OSError: one cannot be read.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    root = path if path.is_dir() else path.parent
    listing = "".join(f"{digest_of(file)}  {file.relative_to(root).as_posix()}\n" for file in files_of(path))
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest() if listing else ""


def digest_of_all(paths: Iterable[Path]) -> str:
    """One digest for what belongs together; what cannot be read counts with the reason, for who wants to tell it from others."""
    digests = [_digest_or_reason(path) for path in paths]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def size_of(path: Path) -> int:
    """Bytes of all of it; 0 where there is nothing."""
    return sum(file.stat().st_size for file in files_of(path))


def files_of(path: Path) -> list[Path]:
    """The file itself, every file below the folder by its path, or the files of the checkpoint."""
    if path.is_file():
        return [path]
    found = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.name}.*")
    return sorted((file for file in found if file.is_file()), key=lambda file: file.relative_to(path.parent).as_posix())


def _digest_or_reason(path: Path) -> str:
    try:
        return digest_of(path)
    except OSError as error:
        return hashlib.sha256(f"{path}: {error}".encode("utf-8", "surrogateescape")).hexdigest()


def _to_disk(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("rb") as file:
        os.fsync(file.fileno())
