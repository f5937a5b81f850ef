"""The process that checks files: started early, because importing TensorFlow takes seconds, and kept for the next file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from kconvert.errors import VerificationFailed, WorkerError
from kconvert.workers import Allowance, Limits, Supervised

JUDGE = Path(__file__).with_name("judge.py")
LIMITS = Limits(900.0, 1 << 40)  # the process that asks has its own, and this one's memory counts as that one's


class Verifier:
    """A stock Keras in a process of its own; `ask` starts it if it is not running."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._allowance = Allowance(limits, limits)
        self._process = Supervised(JUDGE)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """Begins to import TensorFlow there, without waiting for it."""
        self._process.start()

    def ask(self, **question: Any) -> dict[str, Any]:
        """The judge's answer about one file.

        Raises:
            VerificationFailed: stock Keras cannot load or run the file, died over it, or took too long.
        """
        if self._scratch is None or question["do"] == "load":
            self._tidy()
            self._scratch = tempfile.TemporaryDirectory(prefix="kconvert-", ignore_cleanup_errors=True)
        question["scratch"] = self._scratch.name
        try:
            answer: dict[str, Any] = self._process.ask(question, self._allowance, about="the file that was written")
        except WorkerError as error:
            self.close()
            raise VerificationFailed(f"stock Keras cannot use {error}") from None
        if "error" in answer:
            raise VerificationFailed(f"stock Keras cannot use the file that was written: {answer['error']}")
        return answer

    def close(self) -> None:
        """Ends the process."""
        self._process.close()
        self._tidy()

    def _tidy(self) -> None:
        """TensorFlow writes the functions that it traces into files, and leaves them there when it is killed."""
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def __enter__(self) -> Verifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
