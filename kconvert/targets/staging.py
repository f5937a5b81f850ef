"""A place beside a target to write in, of which nothing is left: not after an error, and not for long after a kill -9.

The folder `.kconvert-XXXX` lies beside the target, so that it is on the same file system. Its owner holds a lock on it
that the system takes back when the owner dies, however it dies: a folder whose lock is free is a dead process's, and
the next conversion to the same place removes it. Age alone would prove nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kconvert.interrupts import uninterrupted
from kconvert.targets.publishing import GAP, Entry, move_to_free
from kconvert.targets.refusals import not_written

PREFIX = ".kconvert-"
NEW, OLD, SCRATCH = "new", "old", "scratch"


@dataclass(frozen=True, slots=True)
class Staged:
    """Room for what will be at `target`.

    Attributes:
        path: where to write it; what belongs beside the target is written beside it, under its own name.
        aside: a folder for what it replaces.
        scratch: a folder for temporary files.
    """

    path: Path
    target: Path
    aside: Path
    scratch: Path

    def entries(self, overwrite: bool) -> list[Entry]:
        """What was written and where it belongs; what lies beside the target comes before it."""
        found = sorted(self.path.parent.iterdir(), key=lambda p: (p == self.path, p.name))
        return [Entry(p, self.target.with_name(p.name), self.aside, overwrite) for p in found]


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Staged]:
    """A place in a hidden folder beside `target`; gone afterwards, whatever happened.

    Raises:
        TargetError: nothing can be written there.
    """
    missing = [p for p in target.parents if not p.exists()]
    folder, lock = None, None
    try:
        try:
            with uninterrupted():
                folder, lock = _new_folder(target.parent)
                for part in (NEW, OLD, SCRATCH):
                    (folder / part).mkdir()
                with contextlib.suppress(FileNotFoundError):
                    os.lstat(folder / NEW / target.name)  # can there be such a name?
        except (OSError, ValueError) as error:
            raise not_written(target, error) from None
        sweep(target.parent)
        yield Staged(folder / NEW / target.name, target, folder / OLD, folder / SCRATCH)
    finally:
        with uninterrupted():
            if folder is not None and lock is not None:
                _remove(folder)
                os.close(lock)
            for parent in missing:  # made for this, and nothing came into it
                with contextlib.suppress(OSError):
                    parent.rmdir()


def sweep(place: Path) -> None:
    """Removes what dead processes left beside a target, and puts back what one of them had just moved aside."""
    for left in place.glob(f"{PREFIX}*"):
        with uninterrupted():
            lock = _lock(left)
            if lock is None:
                continue
            for old in (left / OLD).glob(f"{GAP}*"):
                with contextlib.suppress(OSError):
                    move_to_free(old, place / old.name.removeprefix(GAP))
            _remove(left)
            os.close(lock)


def _new_folder(place: Path) -> tuple[Path, int]:
    for attempt in range(100):
        try:
            place.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        except FileNotFoundError:
            if attempt == 99:
                raise
            continue  # another process gave up and took the folder away
        lock = _lock(folder, is_own=True)
        if lock is not None:
            return folder, lock
    raise OSError("no folder of its own can be had")


def _lock(folder: Path, is_own: bool = False) -> int | None:
    """The lock on a folder that is still there; None where somebody else has it, or where it cannot be known.

    Args:
        is_own: the folder was just made by this process: on a file system without locks it is used without one.
    """
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        is_locked = is_own or os.fstat(number).st_uid == os.geteuid()
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_locked = False
        except OSError:
            is_locked = is_own
        if is_locked and os.path.samestat(os.fstat(number), folder.lstat()):
            return number
    except OSError:
        pass  # it has gone
    os.close(number)
    return None


def _remove(folder: Path) -> None:
    """Children first and the folder last, so that what a kill leaves is still found by its name."""
    for _ in range(3):  # a worker that was just killed may have been writing
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
