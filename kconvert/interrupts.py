"""Moments that no Ctrl-C and no SIGTERM may fall into."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

ENDING = frozenset(
    s for s in (getattr(signal, n, None) for n in ("SIGINT", "SIGTERM", "SIGHUP")) if isinstance(s, signal.Signals)
)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """What ends a process waits until the body is done: publishing and cleaning up take milliseconds."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
