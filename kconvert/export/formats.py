"""What can be written, and which of it an ending means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kconvert.errors import UsageError
from kconvert.export.given import Names, Values
from kconvert.export.keras_file import write_keras_file
from kconvert.export.saved_model import write_saved_model

FORMATS: dict[str, Callable[[Any, Path, Names, Values], None]] = {
    "keras": write_keras_file,
    "savedmodel": write_saved_model,
}


def format_of(target: Path, said: str | None) -> str:
    """The format, by what the user said or by the target's ending.

    Raises:
        UsageError: no such format, or an ending that says nothing.
    """
    if said is not None:
        if said not in FORMATS:
            raise UsageError(f"--format {said}: not one of {', '.join(FORMATS)}")
        if said == "keras" and target.suffix != ".keras":
            raise UsageError(f"{target}: Keras loads such a file only if its name ends in .keras")
        return said
    if target.suffix == ".keras":
        return "keras"
    if target.suffix in ("", ".savedmodel", ".saved_model"):
        return "savedmodel"
    raise UsageError(
        f"{target}: the ending {target.suffix} says no format that kconvert writes: name the target NEW.keras, or a "
        "folder for a SavedModel, or say --format"
    )


def write(model: Any, target: Path, format: str, names: Names, values: Values) -> None:
    """Writes the model at `target`, which must not be there yet.

    Args:
        names: one per input and output, for formats that name them.
        values: of the model's variables.
    """
    FORMATS[format](model, target, names, values)
