"""Whatever names a source - path, URL or open file - as a local file."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from kconvert.errors import SourceNotFound

Source = str | os.PathLike[str] | IO[bytes]
BACKENDS = ("theano", "tensorflow", "cntk")
DATA_FORMATS = ("channels_first", "channels_last")


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
    if not re.match(r"[a-z][a-z0-9+.-]+://", name):
        yield Path(name)
        return
    import fsspec

    with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
        copy = Path(folder) / (name.rstrip("/").rsplit("/", 1)[-1] or "source")
        try:
            system, path = fsspec.core.url_to_fs(name)
            if system.isdir(path):
                system.get(path, str(copy), recursive=True)  # a SavedModel
            else:
                with system.open(path, "rb") as remote, copy.open("wb") as file:
                    shutil.copyfileobj(remote, file)
        except (OSError, ValueError, ImportError) as error:
            raise SourceNotFound(f"{name}: cannot be read: {error}") from None
        yield copy


def named(source: Source) -> str:
    """What a report calls the source."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "an open file"))
