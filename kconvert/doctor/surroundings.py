"""What there is: releases, variables, limits and places, as the system and the packages' metadata say. Nothing heavy is imported."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from kconvert.doctor.limits import Limits, limits

VARIABLES = re.compile(r"(TF|KERAS|HDF5|XLA|CUDA|ONEDNN|DNNL|PYTHON)_?[A-Z0-9_]*|TMPDIR|LD_PRELOAD|OMP_NUM_THREADS")
SHADOWING = ("tensorflow", "keras", "h5py", "numpy")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that kconvert writes to.

    Attributes:
        trouble: why nothing can be written there; empty where it can.
        lock_trouble: why files cannot be locked there.
        free: bytes, or None where the system does not say.
    """

    path: str
    free: int | None = None
    trouble: str = ""
    lock_trouble: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that findings are made of.

    Attributes:
        machine, system: as `platform` names them; `has_avx` is None where the processor is another one or does not say.
        packages: every installed package -> release, names in lower case with `-`.
        needed: package -> range of releases, from kconvert's own metadata; `extras`: extra -> likewise.
        variables: those of the environment that Keras, TensorFlow, HDF5 and Python look at.
        keras_json: path and content of the user's settings, where there are some.
        shadows: package -> the folder of PYTHONPATH in which another one of this name stands in front.
    """

    python: str
    executable: str
    location: str
    system: str
    machine: str
    has_avx: bool | None
    packages: Mapping[str, str]
    needed: Mapping[str, str]
    extras: Mapping[str, Mapping[str, str]]
    variables: Mapping[str, str]
    keras_json: Mapping[str, Any]
    shadows: Mapping[str, str]
    limits: Limits
    temporary: Place
    results: Place


def surroundings(folder: Path) -> Surroundings:
    """Looks; makes a temporary folder at each place and removes it."""
    needed, extras = _needed()
    return Surroundings(
        python=platform.python_version(),
        executable=sys.executable,
        location=str(Path(__file__).resolve().parents[1]),
        system=platform.system(),
        machine=platform.machine(),
        has_avx=_has_avx(),
        packages=_packages(),
        needed=needed,
        extras=extras,
        variables={n: v for n, v in sorted(os.environ.items()) if VARIABLES.fullmatch(n)},
        keras_json=_keras_json(),
        shadows=_shadows(),
        limits=limits(),
        temporary=_place(_temporary()),
        results=_place(folder),
    )


def _packages() -> dict[str, str]:
    """The first of a name is what would be imported."""
    found: dict[str, str] = {}
    for one in distributions():
        if one.name:
            found.setdefault(_plain_name(one.name), one.version)
    return dict(sorted(found.items()))


def _plain_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    needed: dict[str, str] = {}
    extras: dict[str, dict[str, str]] = {}
    try:
        said = requires("kconvert") or ()
    except PackageNotFoundError:
        said = ()
    for text in said:
        one = Requirement(text)
        extra = re.search(r"extra == ['\"](\w+)['\"]", str(one.marker or ""))
        group = needed if extra is None else extras.setdefault(extra[1], {})
        group[_plain_name(one.name)] = str(one.specifier)
    return needed, extras


def _has_avx() -> bool | None:
    try:
        found = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return None
    return None if found is None else "avx" in found[1].split()


def _keras_json() -> dict[str, Any]:
    """Source: keras 3.15.1 src/backend/config.py: KERAS_HOME, else .keras in the home folder."""
    try:
        home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
        said = json.loads((home / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError, RecursionError):
        return {}
    return {"path": str(home / "keras.json"), "says": said} if isinstance(said, dict) else {}


def _shadows() -> dict[str, str]:
    folders = [Path(p) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    found: dict[str, str] = {}
    for name in SHADOWING:
        for folder in folders:
            if (folder / name).is_dir() or (folder / f"{name}.py").is_file():
                found.setdefault(name, str(folder))
    return found


def _temporary() -> Path:
    """Where `tempfile` would write, also where it finds that it cannot."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return Path(os.environ.get("TMPDIR") or "/tmp")


def _place(folder: Path) -> Place:
    path = str(folder.absolute())
    try:
        with tempfile.TemporaryDirectory(prefix=".kconvert-doctor-", dir=path) as made:
            return Place(path, shutil.disk_usage(path).free, lock_trouble=_lock_trouble(Path(made)))
    except OSError as error:
        return Place(path, trouble=error.strerror or str(error))


def _lock_trouble(folder: Path) -> str:
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.strerror or str(error)
    return ""
