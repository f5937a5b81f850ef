"""Places beyond the local file system, by fsspec URL: `s3://bucket/key`, `gs://...`, `memory://...`.

Only what the user names is opened; nothing inside a model file can cause an access.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from kconvert.errors import SourceNotFound, TargetError
from kconvert.files.content import digest_of

URL = re.compile(r"[a-z][a-z0-9+.-]+://")
LAST = ("saved_model.pb",)  # who sees this file takes the folder for whole


def is_url(name: Any) -> bool:
    """True for a URL, False for a path."""
    return isinstance(name, str) and URL.match(name) is not None


def joined(base: str, relative: str) -> str:
    """A path below a URL or folder."""
    return f"{base.rstrip('/')}/{relative}"


def files_below(url: str) -> Iterator[tuple[str, int, str]]:
    """Path below the URL, size, and what changes when its content does, of every file.

    Raises:
        SourceNotFound: the URL cannot be listed.
    """
    system, root = _opened(url)
    try:
        found = system.find(root, detail=True)
        root = root.rstrip("/")
        for path, facts in sorted(found.items()):
            yield path.removeprefix(root).lstrip("/"), int(facts.get("size") or 0), _mark(system, path, facts)
    except (OSError, ValueError) as error:
        raise SourceNotFound(f"{url}: cannot be listed: {error}") from None


def names_below(url: str) -> set[str]:
    """The URLs of all files and folders below one; none where it is not there."""
    system, root = _opened(url)
    system.invalidate_cache()
    root = root.rstrip("/")
    try:
        files = [path.removeprefix(root).lstrip("/") for path in system.find(root)]
    except FileNotFoundError:
        return set()
    return {joined(url, str(part)) for file in files for part in (PurePosixPath(file), *PurePosixPath(file).parents)}


def state_of(name: str) -> str:
    """What changes when the content at a path or URL does; empty where there is nothing."""
    if not is_url(name):
        return digest_of(Path(name))
    system, path = _opened(name)
    system.invalidate_cache()
    try:
        if system.isdir(path):
            marks = sorted(f"{p}:{_mark(system, p, f)}" for p, f in system.find(path, detail=True).items())
            return hashlib.sha256("\n".join(marks).encode()).hexdigest()
        return _mark(system, path, system.info(path))
    except FileNotFoundError:
        return ""


def exists(url: str) -> bool:
    """Is there something?"""
    system, path = _opened(url)
    system.invalidate_cache()
    return bool(system.exists(path))


def publish_to(url: str, local: Path) -> None:
    """Puts a file or folder there: an object appears whole, a file by a rename, of a folder what makes it one comes last.

    Raises:
        TargetError: it cannot be written there.
    """
    system, path = _opened(url)
    try:
        if local.is_dir():
            files = [p for p in local.rglob("*") if p.is_file()]
            for file in sorted(files, key=lambda p: (p.name in LAST, str(p))):
                _put(system, file, f"{path.rstrip('/')}/{file.relative_to(local).as_posix()}")
        else:
            _put(system, local, path)
    except (OSError, ValueError) as error:
        raise TargetError(f"{url}: cannot be written: {error}") from None


def fetch_all(name: str, local: Path) -> None:
    """Copies a file or folder, from a path or URL."""
    system, path = _opened(name)
    system.get(path, str(local), recursive=bool(system.isdir(path)))


def fetch(url: str, local: Path) -> bool:
    """Copies a file from there; False where there is none."""
    system, path = _opened(url)
    try:
        system.get_file(path, str(local))
    except FileNotFoundError:
        return False
    return True


def _put(system: Any, file: Path, path: str) -> None:
    """Object stores show an object when all of it is there; where a file grows, it grows under another name."""
    if "file" in _protocols(system) or "local" in _protocols(system):
        system.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH120 - a path of the store's, not of this system
        partial = f"{path}.partial"
        system.put_file(str(file), partial)
        system.mv(partial, path)
        return
    system.put_file(str(file), path)


def _mark(system: Any, path: str, facts: Any) -> str:
    mark = facts.get("ETag") or facts.get("etag") or facts.get("md5Hash") or facts.get("mtime") or facts.get("created")
    return f"{facts.get('size')}:{mark}"


def _protocols(system: Any) -> tuple[str, ...]:
    found = system.protocol
    return (found,) if isinstance(found, str) else tuple(found)


def _opened(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (OSError, ValueError, ImportError) as error:
        raise SourceNotFound(f"{url}: cannot be opened: {error}") from None
    return system, str(path)
