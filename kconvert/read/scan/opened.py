"""What is at a path, before it is opened: a regular file of a sane size; and whether it is still the same one later."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from kconvert.errors import CorruptSource, NotAModel, SourceNotFound, UnsafeSource
from kconvert.read.scan.limits import LARGEST_FILE

LONG = {errno.ENAMETOOLONG, errno.EINVAL}
AGAIN = "copy it to a place where nothing writes to it, and convert that"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which bytes a file had when it was first looked at."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, found: os.stat_result) -> Identity:
        """From what the system says."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def status(path: Path) -> os.stat_result:
    """What the system says of a path; a link that the user named is followed.

    Raises:
        SourceNotFound: there is nothing, nothing that may be looked at, or no such path can be.
    """
    try:
        return path.stat()
    except FileNotFoundError:
        hint = " (a broken link)" if path.is_symlink() else ""
        raise SourceNotFound(f"{path}: no such file{hint}") from None
    except PermissionError:
        raise SourceNotFound(f"{path}: no permission to look into its folder", code="E_PERMISSION") from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        code = "E_PATH" if isinstance(error, ValueError) or error.errno in LONG else ""
        raise SourceNotFound(f"{str(path)[:200]}: cannot be read: {words}", code=code) from None


def regular_file(path: Path) -> Identity:
    """The identity of a file that can be opened without a surprise: a pipe would wait for ever.

    Raises:
        SourceNotFound: see `status`, or it may not be read.
        NotAModel: a pipe, socket or device.
        CorruptSource: no bytes.
        UnsafeSource: more than a model may have.
    """
    found = status(path)
    if not stat.S_ISREG(found.st_mode):
        raise NotAModel(f"{path}: not a regular file", code="E_NOT_REGULAR")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise SourceNotFound(f"{path}: no permission to read it", code="E_PERMISSION")
    if not found.st_size:
        raise CorruptSource(f"{path}: the file is empty (0 bytes): an interrupted download?", code="E_EMPTY")
    if found.st_size > LARGEST_FILE:
        raise UnsafeSource(f"{path}: {found.st_size:,} bytes; the limit is {LARGEST_FILE:,}", code="E_LIMIT")
    return Identity.of(found)


def check_unchanged(path: Path, before: Identity) -> None:
    """Compares what is at the path with what was.

    Raises:
        CorruptSource: another file, or other bytes, or none.
    """
    try:
        now = Identity.of(path.stat())
    except OSError as error:
        raise CorruptSource(f"{path}: went away while it was read: {error.strerror}", code="E_CHANGED") from None
    if now != before:
        raise CorruptSource(f"{path}: changed while it was read: {AGAIN}", code="E_CHANGED")


def inside(folder: Path, path: Path) -> Path:
    """The path, if what it leads to lies in the folder that the user named.

    Caches of model hubs keep every file in a store beside the folder and link to it: `models--a--b/snapshots/1/` and
    `models--a--b/blobs/`; there the whole cache of the model counts.

    Raises:
        UnsafeSource: a link leads out of it.
    """
    own = folder.resolve()
    home = own.parent.parent if own.parent.name == "snapshots" else own
    target = path.resolve()
    if not target.is_relative_to(home):
        raise UnsafeSource(
            f"{path}: is a link to {str(target)!r}, outside of the model's folder, which is not followed",
            code="E_EXTERNAL_REF",
        )
    return path
