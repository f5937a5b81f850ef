"""ModelSpec (keras3) -> keras.Model."""

from __future__ import annotations

from kconvert.rebuild.custom import loaded
from kconvert.rebuild.graph import rebuilt as rebuild

__all__ = ["loaded", "rebuild"]
