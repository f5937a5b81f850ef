"""How much this process and machine have: memory, threads, files; a container's limits where they are less."""

from __future__ import annotations

import contextlib
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path

import psutil

GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of this process and machine; None means that there is none, or that the system does not say.

    Attributes:
        memory: bytes of the machine, or of the control group (container) where that is less; `memory_free` of it.
        open_files, address_space, file_size: those of the process (`ulimit -n`, `-v`, `-f`), in bytes where they are sizes.
        threads: how many more the user or the container may have.
    """

    processors: int = 1
    memory: int | None = None
    memory_free: int | None = None
    open_files: int | None = None
    address_space: int | None = None
    file_size: int | None = None
    threads: int | None = None


def limits() -> Limits:
    """Of here and now."""
    memory = psutil.virtual_memory()
    most = _number("memory.max", "memory/memory.limit_in_bytes")
    total, free = memory.total, memory.available
    if most is not None and most < total:
        total, free = most, min(free, most - _held_by_group())
    return Limits(
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=total,
        memory_free=free,
        open_files=_soft(resource.RLIMIT_NOFILE),
        address_space=_soft(resource.RLIMIT_AS),
        file_size=_soft(resource.RLIMIT_FSIZE),
        threads=_threads(),
    )


def _soft(kind: int) -> int | None:
    limit = resource.getrlimit(kind)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _threads() -> int | None:
    """What the container leaves, or `ulimit -u` less what the user has; root has no limit of the second kind."""
    left = []
    most = _number("pids.max", "pids/pids.max")
    if most is not None:
        left.append(most - (_number("pids.current", "pids/pids.current") or 0))
    of_user = _soft(resource.RLIMIT_NPROC) if os.getuid() != 0 else None
    if of_user is not None:
        left.append(of_user - sum(p.info["num_threads"] or 0 for p in _own_processes()))
    return max(min(left), 0) if left else None


def _own_processes() -> list[psutil.Process]:
    found = psutil.process_iter(["uids", "num_threads"])
    return [p for p in found if p.info["uids"] is not None and p.info["uids"].real == os.getuid()]


def _held_by_group() -> int:
    """Without what the system gives back when somebody asks: copies of files that nobody has used lately."""
    held = _number("memory.current", "memory/memory.usage_in_bytes") or 0
    for name in ("memory.stat", "memory/memory.stat"):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            cached = re.search(r"^(?:total_)?inactive_file (\d+)$", (GROUPS / name).read_text("ascii"), re.MULTILINE)
            return held - (int(cached[1]) if cached else 0)
    return held


def _number(*names: str) -> int | None:
    """Of the control group that this process sees as its root, as in a container; `max` is None."""
    for name in names:
        try:
            text = (GROUPS / name).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.isdigit():
            return int(text)
    return None
