"""`kconvert.yaml` beside or above models: options for a folder, and for files in it.

    backend: theano                      # for all models here and below
    files:
      "vgg/*.h5": {keras_version: 1.2.2, probe: vgg.npz}

The nearest file wins, and in one file what fits a name wins over what stands for the folder. Paths are meant from the file.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kconvert.asked import Backend, Borders, DataFormat, Wanted
from kconvert.errors import UsageError

NAME = "kconvert.yaml"
PATHS = ("probe", "custom", "maps")


class Options(BaseModel):
    """What can be said of models; the names are those of `kconvert.convert`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: Backend | None = None
    keras_version: str | None = None
    source_data_format: DataFormat | None = None
    input_shape: list[int | None] | None = None
    custom: str | list[str] | None = None
    maps: list[str] | None = None
    probe: str | None = None
    training: Wanted | None = None
    data_format: Borders | None = None
    io: Borders | None = None
    verify: bool | None = None


ALL_MODELS = frozenset({*Options.model_fields, "rtol", "atol"} - {"probe"})
ONE_MODEL = {
    "probe": "kconvert.yaml beside the models says it of each: files: {net.h5: {probe: io.npz}}",
    "weights": "of a folder, what belongs together is found by its names: net.json, net_weights.h5",
    "report": "report.html and report.json are written into the folder of the results",
    "keep_failed": "failures.txt in the folder of the results has the command that does one model alone",
}
"""What is said of one model, and where instead where there are many."""


def refuse_what_is_of_one_model(given: Iterable[str]) -> None:
    """Options that mean nothing for all models of a folder; ignoring them would be a surprise.

    Raises:
        UsageError: names all of them, and what does it instead.
        TypeError: there is no such option at all.
    """
    said = [f"--{name.replace('_', '-')} is of one model ({ONE_MODEL[name]})" for name in given if name in ONE_MODEL]
    if said:
        raise UsageError("; ".join(said))
    for name in given:
        if name not in ALL_MODELS:
            raise TypeError(f"convert_many() got an unexpected keyword argument {name!r}")


class _File(Options):
    files: dict[str, Options] = Field(default_factory=dict)


class Settings:
    """All `kconvert.yaml` of a folder, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, _File | None] = {}

    def of(self, relative: str) -> dict[str, Any]:
        """The options for a model by its path below the folder.

        Raises:
            UsageError: a file that is malformed; it names what is wrong.
        """
        found: dict[str, Any] = {}
        for folder in self._above(relative):
            file = self._file(folder)
            if file is None:
                continue
            below = (self._root / relative).relative_to(folder).as_posix()
            own = [options for pattern, options in file.files.items() if fnmatch.fnmatch(below, pattern)]
            for options in (file, *own):
                found |= _resolved(options.model_dump(exclude={"files"}, exclude_none=True), folder)
        return found

    def _above(self, relative: str) -> Iterator[Path]:
        folder = self._root
        yield folder
        for part in Path(relative).parts[:-1]:
            folder /= part
            yield folder

    def _file(self, folder: Path) -> _File | None:
        if folder not in self._read:
            path = folder / NAME
            self._read[folder] = _file_at(path) if path.is_file() else None
        return self._read[folder]


def _file_at(path: Path) -> _File:
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise UsageError("\n".join(lines)) from None


def _resolved(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    def place(value: str) -> str:
        return str(folder / value)

    return {
        key: value if key not in PATHS else [place(v) for v in value] if isinstance(value, list) else place(value)
        for key, value in options.items()
    }
