"""The command line: the only place that prints or exits.

* `commands.py`, `maps.py`: one function per command; `options.py`: what several of them take; `folder.py`: a folder of models;
* `terminal.py`: how it is printed; `completion.py`: what a shell asks while a command is typed.

`record_probe.txt` is the script that `kconvert record` prints.
"""

from __future__ import annotations

import os
import sys

import typer

from kconvert.cli.commands import app
from kconvert.cli.completion import ASKED, with_convert
from kconvert.cli.terminal import complain, show, show_error
from kconvert.errors import KConvertError, UsageError
from kconvert.interrupts import end_in_order

COMMANDS = ("convert", "inspect", "plan", "verify", "migrate", "maps", "record", "doctor")
FIRST_WORDS = (*COMMANDS, "-h", "--help", "--version", "--install-completion", "--show-completion")
WITHOUT_O = " (where the result goes is said with -o NEW)"


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs one command and exits with its status."""
    end_in_order(complain)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        from kconvert.versions import versions

        show([f"{name} {number}" for name, number in versions().items()])
        sys.exit(0)
    if ASKED in os.environ:
        os.environ.update(with_convert(os.environ, FIRST_WORDS))
    elif words in ([], ["maps"]):
        _status([*words, "--help"])
        sys.exit(UsageError.exit_code)
    elif words[0] not in FIRST_WORDS:
        words.insert(0, "convert")
    sys.exit(_status(words))


def _status(words: list[str]) -> int:
    tracebacks = any(w.startswith("-v") and w.strip("-v") == "" and w.count("v") > 1 for w in words)
    try:
        status = app(words, prog_name="kconvert", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except KConvertError as error:
        if tracebacks:
            raise
        show_error(error)
        return error.exit_code
    except OSError as error:
        if tracebacks:
            raise
        complain(str(error))  # of this process alone: where to write what it says
        return 1
    except typer.TyperException as error:
        complain(
            error.format_message() + (WITHOUT_O if words[0] == "convert" and "extra argument" in str(error) else "")
        )
        return 2
