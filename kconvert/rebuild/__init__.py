"""ModelSpec (keras3) -> keras.Model."""

from __future__ import annotations

from kconvert.rebuild.compiling import compile_model, forget_training
from kconvert.rebuild.custom import loaded
from kconvert.rebuild.graph import rebuilt as rebuild

__all__ = ["compile_model", "forget_training", "loaded", "rebuild"]
