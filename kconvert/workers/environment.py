"""What a worker knows of its surroundings: nothing that a model folder, a shell or an old Keras put there.

Variables are taken over from a list. `HDF5_DRIVER` and `HDF5_VOL_CONNECTOR` change what h5py does or crash it, `TF_*` and `KERAS_*`
change numbers, `PYTHON*` and the current folder change what an import finds, `LD_PRELOAD` what everything does.
"""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

KEPT = ("PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE",
        "OMP_NUM_THREADS")  # fmt: skip
NOWHERE = "/dev/null/nowhere"  # a folder that is not there, and that nobody can make
SET = {
    "HOME": NOWHERE,
    "KERAS_HOME": NOWHERE,
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "HDF5_PLUGIN_PATH": NOWHERE,
    "HDF5_USE_FILE_LOCKING": "FALSE",
}


def environment(is_verbose: bool = False) -> dict[str, str]:
    """The environment of a worker; TensorFlow speaks up in it where that is wanted."""
    found = {n: v for n, v in os.environ.items() if n in KEPT or n.startswith("LC_")} | SET
    if site.ENABLE_USER_SITE and site.USER_BASE:
        found["PYTHONUSERBASE"] = site.USER_BASE  # else it is looked for below HOME
    if is_verbose:
        found["TF_CPP_MIN_LOG_LEVEL"] = "0"
    return found


def import_roots() -> list[str]:
    """Where a worker looks for packages after Python's own places: what the user put into PYTHONPATH, in full paths."""
    return [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(p).is_absolute()]


def interpreter() -> list[str]:
    """The command that runs a program in this Python, with nothing of the current folder in reach."""
    return [sys.executable, "-P", "-X", "utf8"]
