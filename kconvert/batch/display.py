"""What is to be seen while a batch runs: a bar on a terminal, a line per model elsewhere, and the sum at the end."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from kconvert.files.stores import joined
from kconvert.printable import printable
from kconvert.report import Converted, Failed, Outcome


class Display:
    """Shows outcomes as they come, and on a terminal what each worker is at and for how long; a context manager.

    Args:
        console: of the caller, who alone prints.
    """

    def __init__(self, console: Console, *, is_quiet: bool) -> None:
        self._console = console
        self._is_quiet = is_quiet
        self._counts: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._begin = time.monotonic()
        self._stack = contextlib.ExitStack()
        self._progress: Progress | None = None
        self._at_work: dict[str, TaskID] = {}

    def __enter__(self) -> Display:
        if self._console.is_terminal and not self._is_quiet:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._progress = self._stack.enter_context(Progress(*columns, console=self._console))
            self._task = self._progress.add_task("looking for models", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def begin(self, source: str) -> None:
        """A worker has taken it; from any thread."""
        if self._progress is not None:
            self._at_work[source] = self._progress.add_task(printable(f"  {shortened(source)}"), total=None)

    def add(self, outcome: Outcome) -> None:
        """One more."""
        if self._progress is not None and outcome.source in self._at_work:
            self._progress.remove_task(self._at_work.pop(outcome.source))
        status = _status(outcome)
        self._counts[status] += 1
        if isinstance(outcome, Failed):
            self._errors[type(outcome.error).__name__] += 1
        if self._progress is not None:
            done = sum(self._counts.values())
            rate = done / max(time.monotonic() - self._begin, 1e-6) * 60
            failed = f", {self._counts['failed']} failed" if self._counts["failed"] else ""
            self._progress.update(self._task, description=f"{done} done, {rate:.0f} models a minute{failed}")
        if not self._is_quiet and (self._progress is None or isinstance(outcome, Failed)):
            self._console.print(printable(_line(outcome)))

    def summary(self, output: str) -> list[str]:
        """How many ended how, and by which errors."""
        lines = [f"{count:6} {status}" for status, count in sorted(self._counts.items())]
        lines += [f"{count:6} by {error}" for error, count in self._errors.most_common()]
        if self._counts["failed"]:
            lines.append(f"{joined(output, 'failures.txt')} has the command that tries each again")
        return [*lines, joined(output, "report.html")]


def shortened(source: str, width: int = 60) -> str:
    """The end of a long path, where models differ."""
    return source if len(source) <= width else f"...{source[3 - width :]}"


def _status(outcome: Outcome) -> str:
    if isinstance(outcome, Converted):
        is_whole = outcome.report.verification.status in ("passed", "skipped")
        return "converted" if is_whole else "converted, not fully verified"
    return "failed" if isinstance(outcome, Failed) else "skipped"


def _line(outcome: Outcome) -> str:
    if isinstance(outcome, Converted):
        return f"{_status(outcome)}: {outcome.source}"
    if isinstance(outcome, Failed):
        said = (str(outcome.error).splitlines() or [""])[0]
        return f"failed: {said}" if said.startswith(f"{outcome.source}: ") else f"failed: {outcome.source}: {said}"
    return f"skipped: {outcome.source}: {outcome.reason}"
