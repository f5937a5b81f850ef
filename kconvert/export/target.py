"""Is this a place that may be written? Asked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kconvert.errors import TargetError, UsageError
from kconvert.export.formats import format_of


def checked_target(
    target: Path, format: str | None, version_dir: int | None, overwrite: bool, inputs: Sequence[Path]
) -> tuple[Path, str]:
    """The place to write and its format.

    Args:
        inputs: files of this conversion, none of which may be the target.

    Raises:
        TargetError: it exists already, is one of the inputs, or cannot be there.
        UsageError: the ending and the options say no format.
    """
    kind = format_of(target, format)
    if version_dir is not None:
        if kind != "savedmodel" or version_dir < 0:
            raise UsageError(f"--version-dir {version_dir}: is a number for a SavedModel")
        target = target / str(version_dir)
    for path in inputs:
        if path.exists() and target.exists() and path.samefile(target):
            raise TargetError(f"{target}: is a file of the conversion itself, which is never overwritten")
    if target.exists() and not overwrite:
        raise TargetError(f"{target}: exists already (--overwrite replaces it)")
    if target.exists() and target.is_dir() != (kind == "savedmodel"):
        raise TargetError(f"{target}: is a {'folder' if target.is_dir() else 'file'}, which is not replaced")
    if target.is_dir() and any(target.iterdir()) and not (target / "saved_model.pb").exists():
        raise TargetError(f"{target}: is a folder with other things in it, which is not replaced")
    return target, kind


def checked_module(target: Path, overwrite: bool, sources: Sequence[Path]) -> Path:
    """The place beside a target for the custom code that it needs.

    Args:
        sources: files that the user's code was read from, which are never overwritten.

    Raises:
        TargetError: there is something else.
    """
    place = target.with_name(f"{target.stem}_custom.py")
    if place.exists():
        if any(place.samefile(source) for source in sources if source.exists()):
            raise TargetError(f"{place}: is the custom code that was named, and the result's would take its place: {target} "
                              "needs another name")  # fmt: skip
        if not overwrite:
            raise TargetError(f"{place}: exists already (--overwrite replaces it)")
        if not place.is_file():
            raise TargetError(f"{place}: is a folder, which is not replaced")
    return place
