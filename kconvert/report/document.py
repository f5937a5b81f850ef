"""A report as the text of a file: JSON for programs, HTML for people."""

from __future__ import annotations

import json

from kconvert.report.conversion import Report

ENDINGS = (".json", ".html")


def document(report: Report, ending: str) -> str:
    """What a file with this ending holds."""
    if ending == ".html":
        from kconvert.report.page import page

        return page(report)
    return json.dumps(report.to_dict(), indent=2, default=str)
