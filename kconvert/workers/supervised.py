"""The supervisor's half: a process that may crash, hang or grow, and costs one error if it does."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kconvert.errors import Crashed, InternalError, OutOfMemory, TimedOut
from kconvert.interrupts import uninterrupted
from kconvert.workers.environment import environment, interpreter
from kconvert.workers.limits import Allowance
from kconvert.workers.memory import GLANCE, Watch, descendants

CHILD = Path(__file__).with_name("child.py")
LONGEST = 64 << 20  # bytes of one answer
STARTING = 120.0  # seconds until it takes the question: a program may import TensorFlow first
Heard = Callable[[str, str], None]


class Supervised:
    """A program in a process and session of its own; `ask` starts it if it is not running.

    Not for two threads at once.

    Args:
        program: a Python file with `answer(question, heard)`, see `child.py`.
        idle: seconds after which a process that is asked nothing ends itself; 0 = never.
        is_verbose: what the process writes to its stderr is shown.
    """

    def __init__(self, program: Path, *, idle: float = 0.0, is_verbose: bool = False) -> None:
        self._program = program
        self._idle = idle
        self._is_verbose = is_verbose
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._lifeline: int | None = None
        self._watch = Watch(0)
        self._rest = b""
        self._step = ""

    @property
    def is_running(self) -> bool:
        """True from `start` until it ended, by itself or by `close`."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process id, where it is running."""
        return self._process.pid if self._process is not None else None

    @property
    def bytes_held(self) -> int:
        """Memory that it and its children hold, as of not long ago."""
        return self._watch.bytes_held()

    def start(self) -> None:
        """Begins, without waiting for what takes long in it."""
        if self.is_running:
            return
        self.close()
        ours, theirs = socket.socketpair()
        lifeline, ours_of_it = os.pipe()
        command = [*interpreter(), str(CHILD), str(self._program), str(theirs.fileno()), str(lifeline), str(self._idle)]
        try:
            with uninterrupted():
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=None if self._is_verbose else subprocess.DEVNULL, cwd="/",
                    env=environment(self._is_verbose), pass_fds=[theirs.fileno(), lifeline], start_new_session=True,
                )  # fmt: skip
                self._socket, self._lifeline, self._rest, self._step = ours, ours_of_it, b"", "starting"
                self._watch = Watch(self._process.pid)
        finally:
            theirs.close()
            os.close(lifeline)
            if self._process is None:
                ours.close()
                os.close(ours_of_it)

    def ask(self, question: dict[str, Any], allowance: Allowance, *, about: str, heard: Heard | None = None) -> Any:
        """The program's answer.

        Args:
            about: what is worked on, for errors.
            heard: told of each stage and step.

        Raises:
            WorkerError: it crashed, took too long or too much memory, or raised something; it is not running any more,
                unless it only raised.
        """
        message = json.dumps({**question, "memory": allowance.building.memory}).encode() + b"\n"
        was_running = self.is_running
        try:
            try:
                return self._asked(message, allowance, about, heard)
            except _GoneBefore:
                if not was_running:
                    raise self._crash(about) from None
                return self._asked(message, allowance, about, heard)  # it ended idle in this very moment
        except InternalError:
            raise
        except BaseException:
            self.close()
            raise

    def kill(self) -> None:
        """Kills it with its children, from another thread than the one that asks."""
        process = self._process
        if process is not None and self._owner == os.getpid() and process.poll() is None:
            for pid in descendants(process.pid):
                _kill(os.kill, pid)
            _kill(os.killpg, process.pid)

    def close(self) -> None:
        """Ends it with its children, if it is running; in a fork of the process that started it, only lets go of it."""
        with uninterrupted():
            if self._process is not None and self._owner == os.getpid():
                for pid in descendants(self._process.pid):
                    _kill(os.kill, pid)
                if self._process.poll() is None:
                    _kill(os.killpg, self._process.pid)
                self._process.wait()
            self._process = None
            if self._socket is not None:
                self._socket.close()
                self._socket = None
            if self._lifeline is not None:
                os.close(self._lifeline)
                self._lifeline = None

    def _asked(self, message: bytes, allowance: Allowance, about: str, heard: Heard | None) -> Any:
        self.start()
        assert self._socket is not None and self._process is not None
        watch = self._watch
        before = watch.bytes_held()
        stage, has_begun, begin = "", False, time.monotonic()
        try:
            self._socket.sendall(message)
        except OSError:
            raise _GoneBefore from None
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while True:
                limits = allowance.at(stage)
                seconds = limits.seconds if has_begun else max(limits.seconds, STARTING)
                if time.monotonic() - begin > seconds:
                    raise TimedOut(
                        f"{about}: not done after {seconds:.3g} s, while {self._step} (--timeout)", step=self._step
                    )
                if watch.bytes_held() > (before if limits is allowance.reading else 0) + limits.memory:
                    raise self._too_large(about, limits.memory)
                if not selector.select(GLANCE):
                    continue
                lines = self._received()
                if lines is None:
                    raise self._crash(about) if has_begun else _GoneBefore
                for line in lines:
                    said = _message(line, about)
                    if "answer" in said:
                        return said["answer"]
                    if "fault" in said:
                        raise self._fault(said, about, limits.memory)
                    if "began" in said:
                        has_begun, begin = True, time.monotonic()
                    stage = said.get("stage", stage)
                    self._step = str(said.get("step", self._step))
                    if heard is not None:
                        for kind in said.keys() & {"stage", "step"}:
                            heard(kind, said[kind])

    def _received(self) -> list[bytes] | None:
        """Whole lines; None where the other end is closed."""
        assert self._socket is not None
        try:
            block = self._socket.recv(1 << 16)
        except OSError:
            block = b""
        if not block:
            return None
        self._rest += block
        *lines, self._rest = self._rest.split(b"\n")
        if len(self._rest) > LONGEST:
            raise InternalError(f"an answer of more than {LONGEST:,} bytes")
        return lines

    def _fault(self, said: dict[str, Any], about: str, memory: int) -> Exception:
        if said["fault"] == "memory":
            return self._too_large(about, memory)
        error = InternalError(
            f"{about}: kconvert failed over it while {self._step}, by {said['text']}: please report this",
            step=self._step,
        )
        error.add_note(said.get("trace", ""))
        return error

    def _too_large(self, about: str, memory: int) -> OutOfMemory:
        return OutOfMemory(
            f"{about}: needs more than {memory / (1 << 30):.3g} GiB of memory, while {self._step} (--memory-limit)",
            step=self._step,
        )

    def _crash(self, about: str) -> Crashed:
        assert self._process is not None
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return Crashed(f"{about}: its process closed its connection while {self._step}", step=self._step)
        if status >= 0:
            return Crashed(f"{about}: its process ended with status {status} while {self._step}", step=self._step)
        name = signal.Signals(-status).name
        hint = " (by the system, for want of memory?)" if name == "SIGKILL" else ""
        return Crashed(f"{about}: {name}{hint} while {self._step}", step=self._step, signal=name)


def _message(line: bytes, about: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Crashed(f"{about}: its process said what is no message")
    return said


class _GoneBefore(Exception):
    """The process ended before it took the question."""


def _kill(how: Callable[[int, int], None], number: int) -> None:
    try:
        how(number, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
