"""The page by error message: docs/pains.yaml as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "pains.yaml"


def part() -> str:
    """All of them, in their order."""
    return "\n".join(_pain(pain) for pain in yaml.safe_load(FILE.read_text()))


def _pain(pain: dict[str, Any]) -> str:
    lines = [f"## {pain['title']} {{#{pain['id'].lower()}}}", ""]
    for error in pain["errors"]:
        text = " ".join(error["text"].split())
        heading = text if text.startswith("(") else f"`` {text} ``"
        lines += [f"### {heading}", "", f"Says: {error['by']}. {_proof(error)}", ""]
    lines += [f"**Why.** {pain['why']}", "", f"**What to do.** {pain['do']}", ""]
    for command in pain["commands"]:
        shown = "\n".join(command["shows"]).replace("…", "...")
        lines += ["```console", f"$ {command['run']}", shown, "```", ""]
    return "\n".join(lines)


def _proof(error: dict[str, Any]) -> str:
    if "today" not in error:
        return f"Source: {error['seen']}."
    word, *arguments = error["today"]
    if not arguments:
        return "The tests hear it from today's Keras."
    if word == "differs":
        return f"The tests see it with today's Keras and `{arguments[0]}`."
    return f"The tests hear it from today's Keras, of `{arguments[0]}`."
