"""What is printed, and how: for people whose terminal a file's own words may not take over."""

from __future__ import annotations

import os
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from kconvert.errors import ConversionFailed, KConvertError, MapError, VerificationFailed
from kconvert.printable import printable


class Terminal(Console):
    """Lines of text; whoever reads them may go away before the end (`| head`), which is no failure."""

    def on_broken_pipe(self) -> None:
        """Everything else goes nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def show(lines: Iterable[str | Text]) -> None:
    """Styles show on a terminal alone, and not where NO_COLOR is set."""
    console = Terminal(highlight=False, soft_wrap=True, markup=False)
    for line in lines:
        console.print(line if isinstance(line, Text) else "\n".join(map(printable, line.split("\n"))))


def show_error(error: KConvertError) -> None:
    """One line, or a line for each problem."""
    if isinstance(error, ConversionFailed) and len(error.problems) > 1:
        complain(f"{len(error.problems)} problems; nothing was written:")
        _print_problems(f"{problem} [{problem.code}]" for problem in error.problems)
    else:
        said = f"verification failed: {error}" if isinstance(error, VerificationFailed) else str(error)
        if isinstance(error, MapError) and "\n" in said:  # of the user's own files, so its lines are lines
            complain(f"what is wrong [{error.code}]:")
            _print_problems(said.splitlines())
        else:
            complain(f"{said} [{error.code}]")


def _print_problems(lines: Iterable[str]) -> None:
    console = Terminal(stderr=True, highlight=False, soft_wrap=True, markup=False)
    for line in lines:
        console.print(f"  - {printable(line)}")


def complain(text: str) -> None:
    """On stderr."""
    console = Terminal(stderr=True, highlight=False, soft_wrap=True)
    console.print("error:", style="bold red", end=" ")
    console.print(printable(text), markup=False)
