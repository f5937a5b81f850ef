"""What was written comes to its place: all of it or nothing, and at every instant a place has the old, the new, or nothing.

Linux moves a name onto a free one, or exchanges two, in one step, files and folders alike. Elsewhere a file has a link
that fails where something is, and a rename that replaces; only a folder that replaces a folder is away for a moment there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kconvert.interrupts import uninterrupted
from kconvert.targets.refusals import already_there, not_written

CURRENT = -100  # AT_FDCWD: paths are as they are
ONLY_IF_FREE, EXCHANGE = 1, 2  # RENAME_NOREPLACE, RENAME_EXCHANGE of linux/fs.h
CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
IS_THERE = (errno.EEXIST, errno.ENOTEMPTY)
GAP = "gap-"  # what is moved aside for a moment in which nothing is at its place; sweeping puts it back


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder that was written.

    Attributes:
        place: where it belongs.
        aside: a folder for what it replaces, on the same file system.
        overwrite: it may replace what is there.
    """

    new: Path
    place: Path
    aside: Path
    overwrite: bool


def publish(entries: Sequence[Entry]) -> None:
    """Moves each entry to its place, in this order; if one cannot be, those before it are taken back.

    Raises:
        TargetError: something else has appeared there meanwhile, or the system refuses.
    """
    with uninterrupted():
        moved: list[Entry] = []
        entry = entries[0]
        try:
            for entry in entries:
                _to_disk(entry.new)
            for entry in entries:
                _move(entry)
                moved.append(entry)
            for folder in dict.fromkeys(e.place.parent for e in entries):
                _sync(folder)
        except OSError as error:
            for done in reversed(moved):
                _take_back(done.new, done.place, done.aside / done.place.name)
            if error.errno in IS_THERE and not entry.overwrite:
                raise already_there(entry.place) from None
            raise not_written(entry.place, error) from None


def move_to_free(new: Path, place: Path) -> None:
    """Moves a file or folder to where nothing is.

    Raises:
        FileExistsError: something is there.
    """
    if _renamed(new, place, ONLY_IF_FREE):
        return
    if new.is_dir():
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        new.rename(place)
        return
    os.link(new, place, follow_symlinks=False)
    new.unlink()


def _move(entry: Entry) -> None:
    while True:
        try:
            move_to_free(entry.new, entry.place)
        except OSError as error:
            if error.errno not in IS_THERE or not entry.overwrite:
                raise
        else:
            return
        try:
            _replace(entry.new, entry.place, entry.aside / entry.place.name)
        except FileNotFoundError:
            continue  # what was there has gone
        else:
            return


def _replace(new: Path, place: Path, old: Path) -> None:
    """What was at the place is at `old` afterwards."""
    if _renamed(new, place, EXCHANGE):
        new.rename(old)
    elif new.is_dir() or place.is_dir():
        gap = old.with_name(GAP + old.name)
        place.rename(gap)
        new.rename(place)
        gap.rename(old)
    else:
        os.link(place, old, follow_symlinks=False)
        new.replace(place)


def _take_back(new: Path, place: Path, old: Path) -> None:
    if not os.path.lexists(old):
        place.rename(new)
    elif not _renamed(old, place, EXCHANGE):
        if place.is_dir():
            place.rename(new)
        old.replace(place)


def _renamed(old: Path, new: Path, how: int) -> bool:
    """True where the system and the file system can do that, and did.

    Raises:
        OSError: they can, but it failed.
    """
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if function is None:
        return False
    if function(CURRENT, os.fsencode(old), CURRENT, os.fsencode(new), how) == 0:
        return True
    number = ctypes.get_errno()
    if number in CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(new))


def _to_disk(path: Path) -> None:
    """Content first, then the names in each folder from the inside out."""
    if path.is_dir() and not path.is_symlink():
        for below in path.iterdir():
            _to_disk(below)
    _sync(path)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # a file system without
            raise
    finally:
        os.close(number)
