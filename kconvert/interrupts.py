"""How Ctrl-C, SIGTERM and SIGHUP end a run, and moments that they may not fall into."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

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


def end_in_order(say: Callable[[str], object]) -> None:
    """From now on these signals end the process by way of all its `finally`, once: a second Ctrl-C disturbs no cleaning up.

    Args:
        say: tells the user.
    """

    def end(number: int, frame: FrameType | None) -> None:
        for one in ENDING:
            signal.signal(one, signal.SIG_IGN)
        say("interrupted")
        sys.exit(128 + number)

    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup sets it
            signal.signal(number, end)
