"""The writer of each format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kconvert.export.given import Names, Values
from kconvert.export.keras_file import write_keras_file
from kconvert.export.saved_model import write_saved_model

WRITERS: dict[str, Callable[[Any, Path, Names, Values], None]] = {
    "keras": write_keras_file,
    "savedmodel": write_saved_model,
}


def write(model: Any, target: Path, format: str, names: Names, values: Values) -> None:
    """Writes the model at `target`, which must not be there yet.

    Args:
        names: one per input and output, for formats that name them.
        values: of the model's variables.
    """
    WRITERS[format](model, target, names, values)
