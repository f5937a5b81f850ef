"""keras.Model -> a file or folder at a place that nobody looks at yet; `kconvert.targets` shows it when it is known to be right."""

from __future__ import annotations

from kconvert.export.formats import WRITERS, write

__all__ = ["WRITERS", "write"]
