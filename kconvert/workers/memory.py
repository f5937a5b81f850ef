"""How much memory a process and its children hold."""

from __future__ import annotations

import contextlib
import time

import psutil

GLANCE, LOOK = 0.05, 0.5  # seconds between looks at the process, and at its children too, which takes longer


class Watch:
    """Looks at a process again and again, not more often than it is worth."""

    def __init__(self, pid: int) -> None:
        self._glanced = self._looked = 0.0
        self._children = self._held = 0
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(pid)

    def bytes_held(self) -> int:
        """Resident memory, as of not long ago; 0 where the process is gone."""
        now = time.monotonic()
        if self._process is None or now - self._glanced < GLANCE:
            return self._held
        self._glanced = now
        try:
            if now - self._looked > LOOK:
                self._looked = now
                self._children = sum(map(_resident, self._process.children(recursive=True)))
            self._held = _resident(self._process) + self._children
        except psutil.Error:
            self._held = 0
        return self._held


def descendants(pid: int) -> list[int]:
    """The process ids of its children and theirs."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
