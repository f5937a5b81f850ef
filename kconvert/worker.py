"""The program of the processes that read and convert: jobs come in as plain data, results go out as such.

It is run as a file by `workers/child.py`. The package is the one that this file is in, whatever else is installed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent


def begin() -> None:
    """Makes `kconvert` importable, and no module of the folder that it lies in."""
    spec = importlib.util.spec_from_file_location("kconvert", PACKAGE / "__init__.py")
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["kconvert"] = package
    spec.loader.exec_module(package)


def answer(question: dict[str, Any], heard: Callable[[str, str], None]) -> dict[str, Any]:
    """The result of a job, or the error that it raised."""
    import traceback

    from kconvert.errors import KConvertError
    from kconvert.jobs import JOBS, Bench
    from kconvert.plain import plain, restored
    from kconvert.steps import heard_by

    _collect()
    sys.path += [p for p in question["import_roots"] if p not in sys.path]
    os.chdir(question["folder"])  # paths are meant from there; nothing is imported from it
    tempfile.tempdir = question["scratch"]
    job = restored(JOBS[question["job"]], question["data"])
    with heard_by(heard):
        try:
            return {"result": plain(job.run(Bench.of_process()))}
        except KConvertError as error:
            with contextlib.suppress(TypeError):
                error.add_note(traceback.format_exc()[-20000:])
            return {"error": plain(error)}


def _collect() -> None:
    """Garbage is looked for between two jobs only: among all that TensorFlow brings along that takes half as long as building a model."""
    gc.disable()
    gc.collect()
    if "keras" in sys.modules and not gc.get_freeze_count():
        gc.freeze()  # a million objects that stay
