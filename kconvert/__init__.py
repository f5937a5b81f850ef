"""kconvert brings trained Keras models of every age to today's Keras: equal numbers, or a refusal that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kconvert.errors import KConvertError

if TYPE_CHECKING:
    from kconvert.api import convert, inspect_model, load, plan, verify_model
    from kconvert.batch import convert_many
    from kconvert.report import Converted, Failed, Report, Skipped, Verification
    from kconvert.report.findings import Inspection, Plan

__version__: str

__all__ = [
    "Converted",
    "Failed",
    "Inspection",
    "KConvertError",
    "Plan",
    "Report",
    "Skipped",
    "Verification",
    "convert",
    "convert_many",
    "inspect_model",
    "load",
    "plan",
    "verify_model",
]

_HOMES = {
    "convert": "kconvert.api",
    "load": "kconvert.api",
    "inspect_model": "kconvert.api",
    "plan": "kconvert.api",
    "verify_model": "kconvert.api",
    "Inspection": "kconvert.report.findings",
    "Plan": "kconvert.report.findings",
    "convert_many": "kconvert.batch",
    "Converted": "kconvert.report",
    "Failed": "kconvert.report",
    "Skipped": "kconvert.report",
    "Report": "kconvert.report",
    "Verification": "kconvert.report",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `import kconvert` costs nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("kconvert")
    if name not in _HOMES:
        raise AttributeError(f"module 'kconvert' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
