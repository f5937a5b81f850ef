"""The process that checks files: started early, because importing TensorFlow takes seconds, and kept for the next file."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from kconvert.errors import VerificationFailed

LIMIT = 900.0


class Verifier:
    """A stock Keras in a process of its own; `ask` starts it if it is not running."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._process: subprocess.Popen[bytes] | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """Begins to import TensorFlow there, without waiting for it."""
        if self._process is not None and self._process.poll() is None:
            return
        self._home = self._home or tempfile.TemporaryDirectory(prefix="kconvert-", ignore_cleanup_errors=True)
        program = Path(__file__).with_name("judge.py")
        environment = {k: v for k, v in os.environ.items() if k != "TF_USE_LEGACY_KERAS"} | {
            "KERAS_BACKEND": "tensorflow",
            "KERAS_HOME": self._home.name,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=environment, start_new_session=True,
        )  # fmt: skip

    def ask(self, **question: Any) -> dict[str, Any]:
        """The judge's answer about one file.

        Raises:
            VerificationFailed: stock Keras cannot load or run the file, died over it, or took too long.
        """
        self.start()
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        line = b""
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], self._limit)
            line = process.stdout.readline() if ready else b""
        if not line:
            died = process.poll() is not None
            self.close()
            raise VerificationFailed(
                f"{question['path']}: the process that checks it "
                + ("died" if died else f"gave no answer in {self._limit:g} s")
            )
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise VerificationFailed(f"stock Keras cannot use the file that was written: {answer['error']}")
        return answer

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
        if self._home is not None:
            self._home.cleanup()
            self._home = None

    def __enter__(self) -> Verifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
