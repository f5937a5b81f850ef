"""Reports as HTML pages that need nothing else: no network, no fonts, no framework; pure.

Everything that comes from a model file is escaped by Jinja's autoescape, and a Content-Security-Policy allows this
package's own style sheet and script by their hashes and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from kconvert.printable import printable
from kconvert.report import Report
from kconvert.report.page.plot import plot_of
from kconvert.report.page.rails import HEIGHT, Rail, rails
from kconvert.report.side_by_side import Row, rows_of
from kconvert.report.verdict import counted, difference, verdict

__all__ = ["page", "zoo_page"]

FOLDER = Path(__file__).parent
LEVELS = {
    "same": "as it was",
    "words": "same layer",
    "changed": "changed",
    "added": "added",
    "gone": "left out",
    "refused": "stands against it",
}


def page(report: Report) -> str:
    """The whole document."""
    rows = rows_of(report)
    checks = [check for row in rows for check in row.checks]
    homes: dict[int, int] = {id(check): row.number for row in rows for check in row.checks}
    shown = report.verification.layers
    style, script = _text("style.css"), _text("script.js")
    template = _environment().get_template("page.html.j2")
    return template.render(
        report=report,
        verdict=verdict(report.verification, report.failure),
        rows=rows,
        rails=_both_rails(rows, report),
        line_height=HEIGHT,
        plot=plot_of(shown, [homes.get(id(c)) for c in shown], report.verification.rtol, report.verification.atol),
        worst=sorted(shown, key=lambda c: -c.max_abs)[:8],
        counts={
            "all": len(rows),
            "changed": sum(row.fate not in ("same", "words") for row in rows),
            "differs": sum(row.differs for row in rows),
        },
        compared=len(checks),
        levels=LEVELS,
        how_many=_how_many(rows, report),
        general=[note for note in report.notes if not note.layer],
        warnings=[note for note in report.notes if note.level == "warning"],
        style=Markup(style),  # this package's own files
        script=Markup(script),
        policy=_policy(style, script),
    )


def zoo_page(records: Sequence[Mapping[str, Any]], summary: Mapping[str, int]) -> str:
    """The page of a batch: one row per model, to sort and to filter.

    Args:
        records: of `kconvert.batch.reports.record_of`; `page` leads to a model's own page.
        summary: status -> number of models.
    """
    style, script = _text("style.css"), _text("zoo.js")
    errors = Counter(record["error"] for record in records if record.get("error"))
    return (
        _environment()
        .get_template("zoo.html.j2")
        .render(
            records=records,
            verdict=", ".join(f"{count:,} {status}" for status, count in sorted(summary.items())) or "no models",
            errors=errors.most_common(),
            counted=counted,
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
        )
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )


def _how_many(rows: list[Row], report: Report) -> str:
    """A sentence on how much is another layer than it was."""
    if not report.after.nodes:
        return f"{counted(len(rows), 'layer')}; the new graph was not made."
    changed = sum(row.fate not in ("same", "words") for row in rows)
    if not changed:
        return f"All {counted(len(rows), 'layer')} are still what they were."
    return f"{changed:,} of {counted(len(rows), 'layer')} became something else."


def _both_rails(rows: list[Row], report: Report) -> tuple[list[list[Rail]], int, list[list[Rail]], int]:
    """For each row and line the drawing of the old and of the new graph, and their widths."""
    old = [row.before[0] if row.before and n == 0 else None for row in rows for n in range(row.lines)]
    new = [row.after[n][0] if n < len(row.after) else None for row in rows for n in range(row.lines)]
    left, left_width = rails(old, [node.takes for node in report.before.nodes])
    right, right_width = rails(new, _through_hidden(rows, report))
    return _by_row(rows, left), left_width, _by_row(rows, right), right_width


def _through_hidden(rows: list[Row], report: Report) -> list[tuple[int, ...]]:
    """What each new layer takes; a layer without a line of its own is passed through to what it takes itself."""
    takes = [node.takes for node in report.after.nodes]
    shown = {place for row in rows for place, _ in row.after}

    def seen(place: int, passed: frozenset[int]) -> tuple[int, ...]:
        if place in shown or place in passed:
            return (place,)
        return tuple(dict.fromkeys(p for t in takes[place] for p in seen(t, passed | {place})))

    return [tuple(dict.fromkeys(p for t in taken for p in seen(t, frozenset()))) for taken in takes]


def _by_row(rows: list[Row], lines: list[Rail]) -> list[list[Rail]]:
    waiting = iter(lines)
    return [[next(waiting) for _ in range(row.lines)] for row in rows]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        difference=difference,
        counted=counted,
        bytes=_bytes,
        release=_release,
        last=_last,
        shape=_shape,
        words=_words,
        dialect=_dialect,
        hop=_hop,
        ticks=_ticks,
        spaced=_spaced,
        role=_role,
    )
    return environment


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(value: Any) -> Any:
    """Characters that HTML does not allow, or that turn the direction of reading, as their escapes."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "\n".join(map(printable, value.split("\n")))


def _bytes(number: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if number < 1000:
            return f"{number:,.0f} {unit}"
        number /= 1000
    return f"{number:,.1f} GB"


def _release(keras: Any) -> str:
    """`2.0.8`, or a range."""
    if not isinstance(keras, Mapping):
        return str(keras)
    low, high = keras.get("from"), keras.get("to")
    return f"{low} to {high}" if low and high else f"{low} or later" if low else f"up to {high}" if high else "unknown"


def _dialect(name: str) -> str:
    """`keras1` as a reader calls it."""
    return {"keras0": "Keras 0.x", "keras1": "Keras 1", "keras2": "Keras 2", "keras3": "Keras 3"}.get(name, name)


def _hop(hop: str) -> str:
    """`keras1 -> keras2` likewise."""
    return " → ".join(_dialect(part) for part in hop.split(" -> "))


def _spaced(name: str) -> str:
    """`optimizer_tensors` for a reader."""
    return name.replace("_", " ")


def _role(role: str) -> str:
    """`input output` for a reader."""
    return role.replace(" ", " and ").capitalize()


def _ticks(text: str) -> Markup:
    """Escaped, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(printable(text)))))


def _last(name: str) -> str:
    """The name without the models around it."""
    return name.rpartition("/")[2]


def _shape(shape: Any) -> str:
    return " \N{MULTIPLICATION SIGN} ".join("?" if n is None else str(n) for n in shape) or "scalar"


def _words(value: Any) -> str:
    """A value of the training's facts for a reader."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_words(v)}" for key, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value)) or "none"
    return str(value)
