"""Is this a place that may be written? Asked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kconvert.asked import FORMATS
from kconvert.errors import TargetError, UsageError
from kconvert.targets.refusals import already_there

SAME = "E_OUT_SAME"


def checked_target(
    target: Path, format: str | None, version_dir: int | None, overwrite: bool, inputs: Sequence[Path]
) -> tuple[Path, str]:
    """The place to write and its format.

    Args:
        inputs: files of this conversion, none of which may be the target.

    Raises:
        TargetError: it exists already, is one of the inputs or around it, or cannot be there.
        UsageError: the ending and the options say no format.
    """
    kind = format_of(target, format)
    if version_dir is not None:
        if kind != "savedmodel" or version_dir < 0:
            raise UsageError(f"--version-dir {version_dir}: is a number for a SavedModel")
        target = target / str(version_dir)
    if target.name in ("", ".."):
        target = target.resolve()  # a folder by another name
    refuse_inputs(target, inputs)
    if os.path.lexists(target) and not overwrite:
        raise already_there(target)
    if target.exists() and target.is_dir() != (kind == "savedmodel"):
        raise TargetError(
            f"{target}: is a {'folder' if target.is_dir() else 'file'}, which is not replaced", code="E_OUT_EXISTS"
        )
    if target.is_dir() and any(target.iterdir()) and not (target / "saved_model.pb").exists():
        raise TargetError(f"{target}: is a folder with other things in it, which is not replaced", code="E_OUT_EXISTS")
    return target, kind


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


def checked_report(report: Path, target: Path, inputs: Sequence[Path]) -> Path:
    """The place of the report, which may be there from an earlier run.

    Raises:
        TargetError: it is one of the inputs, in the target, or a folder.
    """
    refuse_inputs(report, inputs)
    if report.is_dir():
        raise TargetError(f"{report}: is a folder, not a place for a report")
    if report.resolve() == target.resolve() or target.resolve() in report.resolve().parents:
        raise TargetError(f"{report}: the report has a place of its own, beside {target}")
    return report


def refuse_inputs(target: Path, inputs: Sequence[Path]) -> None:
    """Whatever its name - link, hard link, another case, a way around - the target is no file of the conversion.

    Raises:
        TargetError: it is one, one is in it, or it is in one.
    """
    for path in filter(_can_be_seen, inputs):
        if target.exists() and path.samefile(target):
            raise TargetError(f"{target}: is a file of the conversion itself, which is never overwritten", code=SAME)
        if target.is_dir() and any(p.exists() and p.samefile(target) for p in path.resolve().parents):
            raise TargetError(f"{target}: holds {path}, which the conversion reads: it is never overwritten", code=SAME)
        if (
            path.is_dir()
            and os.path.lexists(target)
            and any(p.exists() and p.samefile(path) for p in target.absolute().parents)
        ):
            raise TargetError(
                f"{target}: is a part of {path}, which the conversion reads: it is never overwritten", code=SAME
            )


def _can_be_seen(path: Path) -> bool:
    """Is it there, as far as this user may know? If not, reading says why."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
