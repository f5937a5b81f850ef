"""The migration of a file: reading it as Python would, showing the difference, writing the result whole or not at all."""

from __future__ import annotations

import difflib
import io
import os
import re
import tempfile
import tokenize
from dataclasses import replace
from pathlib import Path

from kconvert.errors import MigrationError, SourceNotFound, TargetError
from kconvert.migrate import Migrated, migrate_source


def migrate_file(path: Path) -> tuple[str, Migrated]:
    """The file's text and what becomes of it.

    Raises:
        SourceNotFound: there is no such file.
        MigrationError: it is no Python source.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceNotFound(f"{path}: {error.strerror}") from None
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="").read()
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise MigrationError(f"{path}: {error}") from None
    migrated = migrate_source(text, filename=str(path))
    return text, replace(migrated, text=_as_utf8(migrated.text))


def _as_utf8(text: str) -> str:
    """The text with a coding line, if it has one, that says what it is written in from now on."""
    lines = text.split("\n")
    lines[:2] = [re.sub(r"^([ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+", r"\1utf-8", line) for line in lines[:2]]
    return "\n".join(lines)


def difference(path: Path, old: str, new: str) -> str:
    """Both texts as a unified diff; empty where they are the same."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), str(path), f"{path} (migrated)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def write(path: Path, text: str, *, overwrite: bool) -> None:
    """Writes beside the target and moves it there.

    Raises:
        TargetError: it is there already, or cannot be written.
    """
    if path.exists() and not overwrite:
        raise TargetError(f"{path} is there already; --overwrite replaces it")
    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if path.exists():
            Path(name).chmod(path.stat().st_mode)
        else:
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror}") from None
