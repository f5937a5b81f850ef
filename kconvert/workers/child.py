"""The worker's half: limits, lifeline and messages around a program that answers questions.

Runs as a program of its own and imports nothing of kconvert:

    python child.py PROGRAM MESSAGES LIFELINE IDLE

PROGRAM is a Python file with `answer(question, heard)`; `begin()`, if there is one, imports what takes long. MESSAGES is the
number of a socket that carries one JSON object per line both ways; LIFELINE that of a pipe which nobody writes to: when
the supervisor is gone, however it went, the kernel ends this process and its children.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

THREADS = 64 << 20  # bytes of address space per processor for the stacks of TensorFlow's threads


class Messages:
    """JSON lines over a socket."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._rest = b""

    def send(self, **message: Any) -> None:
        """At once: what was said before a crash has arrived."""
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self._number, data) :]

    def heard(self, kind: str, text: str) -> None:
        """A step of the work."""
        self.send(**{kind: text[:500]})

    def questions(self, idle: float) -> Iterator[dict[str, Any]]:
        """Until the supervisor hangs up, or asks nothing for `idle` seconds (0: waits for ever)."""
        while True:
            while b"\n" not in self._rest:
                ready, _, _ = select.select([self._number], [], [], idle or None)
                block = os.read(self._number, 1 << 16) if ready else b""
                if not block:
                    return
                self._rest += block
            line, _, self._rest = self._rest.partition(b"\n")
            yield json.loads(line)


def main() -> None:
    """Answers until there are no more questions."""
    program, number, lifeline, idle = sys.argv[1:]
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what the supervisor held back while it started this
    _end_with(int(lifeline))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(2, 1)  # whatever is printed is no answer
    messages = Messages(int(number))
    messages.heard("step", "starting")
    try:
        module = _module(program)
        getattr(module, "begin", int)()
    except BaseException as error:
        messages.send(**_fault(error))
        raise
    for question in messages.questions(float(idle)):
        messages.send(began=True)
        _limit_memory(question.pop("memory", None))
        messages.send(**_answered(module.answer, question, messages.heard))


def _answered(answer: Callable[..., Any], question: dict[str, Any], heard: Callable[[str, str], None]) -> Any:
    try:
        return {"answer": answer(question, heard)}
    except BaseException as error:
        return _fault(error)


def _fault(error: BaseException) -> dict[str, Any]:
    text = f"{type(error).__name__}: {' '.join(str(error).split())[:1000]}"
    kind = "memory" if isinstance(error, MemoryError) else "error"
    return {"fault": kind, "text": text, "trace": traceback.format_exc()[-20000:]}


def _end_with(lifeline: int) -> None:
    """Ends this process group when the other end of the pipe is closed: by SIGIO, which needs no interpreter."""
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([lifeline], [], [], 0)[0]:
            os._exit(1)  # it was closed before
        return

    def wait() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def _limit_memory(limit: int | None) -> None:
    """One allocation that is far too large fails at once; the sum is watched by the supervisor.

    Counted is the data segment: TensorFlow reserves gigabytes of address space that it never uses.
    """
    room = resource.RLIM_INFINITY if limit is None else limit + THREADS * (os.cpu_count() or 1)
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (room if hard == resource.RLIM_INFINITY else min(room, hard), hard))


def _module(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("program", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["program"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
