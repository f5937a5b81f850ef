"""One record per model, one page to read in the morning, and the commands that try the failures again."""

from __future__ import annotations

import html
import json
import shlex
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from kconvert.batch.journal import Journal
from kconvert.errors import ConversionFailed
from kconvert.report import Converted, Failed, Outcome
from kconvert.stores import is_url, joined, publish_to

STYLE = Path(__file__).with_name("report.css")
SCRIPT = Path(__file__).with_name("report.js")
COLUMNS = ("model", "status", "checked", "written by", "error", "seconds")


def record_of(relative: str, outcome: Outcome) -> dict[str, Any]:
    """How a model ended, as it is put down."""
    record: dict[str, Any] = {"model": relative, "source": outcome.source, "target": outcome.target}
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
            "problems": [{"layer": p.layer, "class_name": p.class_name, "argument": p.argument, "option": p.option,
                          "message": p.message} for p in problems],
        }  # fmt: skip
    return record | {"status": "skipped", "reason": outcome.reason}


def write_reports(journal: Journal, output: str, wanted: Collection[str]) -> None:
    """`report.json`, `report.html` and `failures.txt` of all models of the batch, those of earlier runs included."""
    records = [record for relative, record in journal.records() if relative in wanted]
    summary = dict(Counter(record["status"] for record in records))
    page = {"summary": summary, "models": records}
    _put(output, "report.json", json.dumps(page, indent=1))
    _put(output, "report.html", page_of(records, summary))
    _put(output, "failures.txt", "".join(_retry(record) for record in records if record["status"] == "failed"))


def page_of(records: Sequence[Mapping[str, Any]], summary: Mapping[str, int]) -> str:
    """The page: a table that is sorted and filtered in place; nothing is loaded from elsewhere."""
    head = "".join(f'<th scope="col"><button type="button">{name}</button></th>' for name in COLUMNS)
    body = "\n".join(_row(record) for record in records)
    counts = " · ".join(f"{count} {status}" for status, count in sorted(summary.items()))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>kconvert: {html.escape(counts)}</title><style>{STYLE.read_text(encoding="utf-8")}</style></head>
<body><main><h1>{html.escape(counts) or "no models"}</h1>
<label>Filter <input type="search" id="filter" placeholder="a name, a status, an error"></label>
<table><thead><tr>{head}</tr></thead><tbody>
{body}
</tbody></table></main><script>{SCRIPT.read_text(encoding="utf-8")}</script></body></html>
"""


def _row(record: Mapping[str, Any]) -> str:
    error = record.get("message", "").splitlines()
    cells = (
        record["model"], record["status"], record.get("verification", ""), _written_by(record),
        f"{record.get('error', '')}: {error[0]}" if error else "", record.get("seconds", ""),
    )  # fmt: skip
    inside = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
    return f'<tr class="{html.escape(record["status"])}">{inside}</tr>'


def _written_by(record: Mapping[str, Any]) -> str:
    if record["status"] != "converted":
        return ""
    keras = record.get("keras")
    return f"{record.get('dialect')} {keras if isinstance(keras, str) else ''} {record.get('backend') or ''}".strip()


def _retry(record: Mapping[str, Any]) -> str:
    words = ["kconvert", record["source"], "-o", record["target"], "--overwrite"]
    first = (record["message"].splitlines() or [""])[0]
    return f"# {first}\n{shlex.join(words)}\n"


def _put(output: str, name: str, text: str) -> None:
    """Whole or not at all."""
    if is_url(output):
        with tempfile.TemporaryDirectory(prefix="kconvert-") as folder:
            local = Path(folder) / name
            local.write_text(text, encoding="utf-8")
            publish_to(joined(output, name), local)
        return
    path = Path(output) / name
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
