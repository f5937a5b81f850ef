"""One record per model, one page to read in the morning, and the commands that try the failures again."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kconvert.batch.commands import command
from kconvert.batch.journal import Journal
from kconvert.batch.tasks import Task
from kconvert.errors import ConversionFailed
from kconvert.files.stores import is_url, joined, publish_to
from kconvert.report import Converted, Failed, Obstacle, Outcome
from kconvert.report.page import page, zoo_page

PAGES = "pages"


def record_of(task: Task, outcome: Outcome) -> dict[str, Any]:
    """How a model ended, as it is put down, and the command that does it again."""
    record: dict[str, Any] = {
        "model": task.found.relative, "source": outcome.source, "target": outcome.target, "command": command(task),
    }  # fmt: skip
    if isinstance(outcome, Converted):
        found = outcome.report
        return record | {
            "status": "converted", "verification": found.verification.status, "dialect": found.source.get("dialect"),
            "keras": found.source.get("keras"), "backend": found.source.get("backend"),
            "seconds": round(found.seconds.get("all", 0.0), 3),
            "warnings": [note.text for note in found.notes if note.level == "warning"],
        }  # fmt: skip
    if isinstance(outcome, Failed):
        error = outcome.error
        problems = error.problems if isinstance(error, ConversionFailed) else ()
        return record | {
            "status": "failed", "error": type(error).__name__, "code": getattr(error, "code", ""),
            "exit_code": error.exit_code, "message": str(error),
            "problems": [asdict(Obstacle.of(problem)) for problem in problems],
        }  # fmt: skip
    return record | {"status": "skipped", "reason": outcome.reason}


def write_page(output: str, relative: str, outcome: Outcome) -> str:
    """A model's own page; its place below the output, empty where there is nothing to show."""
    report = (
        outcome.report if isinstance(outcome, Converted) else getattr(getattr(outcome, "error", None), "report", None)
    )
    if report is None:
        return ""
    name = f"{PAGES}/{relative}.html"
    _put(output, name, page(report))
    return name


def write_reports(journal: Journal, output: str, wanted: Collection[str]) -> None:
    """`report.json`, `report.html` and `failures.txt` of all models of the batch, those of earlier runs included."""
    records = [record for relative, record in journal.records() if relative in wanted]
    summary = dict(Counter(record["status"] for record in records))
    _put(output, "report.json", json.dumps({"summary": summary, "models": records}, indent=1))
    _put(output, "report.html", zoo_page(records, summary))
    _put(output, "failures.txt", "".join(_retry(record) for record in records if record["status"] == "failed"))


def _retry(record: Mapping[str, Any]) -> str:
    first = (record["message"].splitlines() or [""])[0]
    return f"# {first}\n{record['command']}\n"


def _put(output: str, name: str, text: str) -> None:
    """Whole or not at all."""
    if is_url(output):
        with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
            local = Path(folder) / "report"
            local.write_text(text, encoding="utf-8")
            publish_to(joined(output, name), local)
        return
    path = Path(output) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
