"""The bytes of a file, of a folder, or of a checkpoint that is named by its prefix: how many, and what tells them from others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


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
