"""keras.Model -> a file or folder: written beside its place, shown there only when it is known to be right."""

from __future__ import annotations

from kconvert.export.formats import FORMATS, format_of, write
from kconvert.export.staging import Staged, staged

__all__ = ["FORMATS", "Staged", "format_of", "staged", "write"]
