"""Whatever names a source - path, URL or open file - as a local file."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from kconvert.errors import SourceNotFound
from kconvert.files.stores import fetch_all, is_url

Source = str | os.PathLike[str] | IO[bytes]


@contextlib.contextmanager
def local_file(source: Source) -> Iterator[Path]:
    """The path of the source; what is not a local file is copied for as long as it is needed.

    Args:
        source: a path, an fsspec URL (`s3://...`, `memory://...`) or a file that is open for reading bytes.

    Raises:
        SourceNotFound: the URL cannot be read.
    """
    if not isinstance(source, str | os.PathLike):
        with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
            copy = Path(folder) / "source"
            with copy.open("wb") as file:
                shutil.copyfileobj(source, file)
            yield copy
        return
    name = os.fspath(source)
    if not is_url(name):
        yield Path(name)
        return
    with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
        copy = Path(folder) / (name.rstrip("/").rsplit("/", 1)[-1] or "source")
        try:
            fetch_all(name, copy)
        except (OSError, ValueError) as error:
            raise SourceNotFound(f"{name}: cannot be read: {error}") from None
        yield copy


def named(source: Source) -> str:
    """What a report calls the source."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "an open file"))
