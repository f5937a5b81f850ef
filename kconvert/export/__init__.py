"""keras.Model -> a file or folder: written beside its place, shown there only when it is known to be right."""

from __future__ import annotations

from kconvert.export.formats import FORMATS, format_of, write
from kconvert.export.publishing import publish
from kconvert.export.staging import Staged, staged
from kconvert.export.target import checked_report, checked_target

__all__ = ["FORMATS", "Staged", "checked_report", "checked_target", "format_of", "publish", "staged", "write"]
