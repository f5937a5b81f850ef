"""What each command says of itself with --help."""

from __future__ import annotations

import os
import subprocess
import sys

from kconvert import cli

WIDTH = "100"


def part() -> str:
    """A section for each command."""
    return "\n".join(f"## kconvert {command}\n\n```text\n{_help(command)}\n```\n" for command in cli.COMMANDS)


def _help(command: str) -> str:
    words = [sys.executable, "-m", "kconvert", command, "--help"]
    done = subprocess.run(words, env={**os.environ, "COLUMNS": WIDTH}, capture_output=True, text=True, check=True)
    return done.stdout.strip()
