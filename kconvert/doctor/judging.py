"""What stands against conversions in an environment, or does not do what one expects."""

from __future__ import annotations

import os
from collections.abc import Iterator

from packaging.specifiers import SpecifierSet

from kconvert.doctor.finding import Finding, Level
from kconvert.doctor.known import known
from kconvert.doctor.surroundings import Place, Surroundings
from kconvert.workers.limits import FRAMEWORK, GIGA

LEAST_ROOM = GIGA  # bytes on a disk: a model is written beside its target before it takes its place
LEAST_FILES = 256  # a worker holds its sockets and TensorFlow's shared objects; a batch has two processes for each job
LEAST_THREADS = 128  # TensorFlow starts some per processor, in the worker and in the verifier
LEAST_ADDRESSES = 16 * GIGA  # TensorFlow reserves gigabytes that it never uses
OTHER_BUILDS = ("tensorflow-cpu", "tensorflow-macos", "tensorflow-intel", "tf-nightly")
WORDS = {"cluster": "--scheduler", "s3": "s3:// URLs", "gcs": "gs:// URLs"}
KERAS_JSON = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32", "epsilon": 1e-7}
"""What a keras.json of today says by itself. Source: keras 3.15.1 src/backend/config.py."""


def findings(here: Surroundings) -> Iterator[Finding]:
    """All of them, in no order of weight."""
    yield from _packages(here)
    yield from _processor(here)
    yield from _shadowed(here)
    yield from _places(here)
    yield from _limits(here)
    yield from _settings(here)
    yield from known(here)
    yield from _extras(here)


def _packages(here: Surroundings) -> Iterator[Finding]:
    for name, said in here.needed.items():
        there = here.packages.get(name)
        wants = f"pip install '{name}{said}'"
        if there is None:
            other = next((b for b in OTHER_BUILDS if b in here.packages), "") if name == "tensorflow" else ""
            if other and SpecifierSet(said).contains(here.packages[other], prereleases=True):
                text = f"{other} {here.packages[other]} stands for it: pip does not know that, and may install both"
                yield Finding("note", name, text)
            else:
                yield Finding("error", name, f"is not installed; kconvert needs {name}{said}", wants)
        elif not SpecifierSet(said).contains(there, prereleases=True):
            yield Finding("error", name, f"is {there}; kconvert needs {name}{said}", wants)


def _processor(here: Surroundings) -> Iterator[Finding]:
    if here.has_avx is False:
        text = "this processor, or virtual machine, has no AVX, which TensorFlow's packages need: they end with SIGILL"
        yield Finding(
            "error", "processor", text, "use another machine, or let the virtual machine pass its host's CPU on"
        )


def _shadowed(here: Surroundings) -> Iterator[Finding]:
    for name, folder in here.shadows.items():
        text = (
            f"{folder} is in PYTHONPATH and has a {name} that your programs import first; kconvert's processes do not"
        )
        yield Finding("warning", "PYTHONPATH", text, f"take {folder} out of PYTHONPATH")


def _places(here: Surroundings) -> Iterator[Finding]:
    wanted = here.variables.get("TMPDIR", "")
    if wanted and os.path.abspath(wanted) != here.temporary.path:  # noqa: PTH100 - no link is followed
        text = f"is {wanted}, where nothing can be written: temporary files go to {here.temporary.path}"
        yield Finding("warning", "TMPDIR", text, "unset TMPDIR, or name a folder that can be written")
    yield from _place(here.temporary, "temporary files", "error", "set TMPDIR to a folder that can be written")
    if here.results.path != here.temporary.path:
        yield from _place(here.results, "results", "warning", "name another folder with -o")


def _place(place: Place, purpose: str, level: Level, do: str) -> Iterator[Finding]:
    if place.trouble:
        text = f"{place.path}: {purpose} cannot be written there: {place.trouble}"
        yield Finding(level, purpose, text, do)
    if place.lock_trouble:
        text = f"{place.path}: files cannot be locked there ({place.lock_trouble}): a folder of models cannot be converted into it"
        yield Finding("warning", purpose, text, "write to a local disk and copy the results")
    if place.free is not None and place.free < LEAST_ROOM:
        text = f"{place.path}: {place.free / GIGA:.2f} GiB is free; a result is written whole before it takes its place"
        yield Finding("warning", purpose, text, "make room, or " + do)


def _limits(here: Surroundings) -> Iterator[Finding]:
    limits = here.limits
    if limits.memory_free is not None and limits.memory_free < FRAMEWORK:
        text = f"{limits.memory_free / GIGA:.1f} GiB is free; TensorFlow in two processes takes {FRAMEWORK / GIGA:.1f}"
        yield Finding("warning", "memory", text, "close programs, or give the container more")
    if limits.open_files is not None and limits.open_files < LEAST_FILES:
        text = f"{limits.open_files} at a time"
        yield Finding("warning", "open files", text, f"ulimit -n {LEAST_FILES * 4}")
    if limits.threads is not None and limits.threads < LEAST_THREADS:
        text = f"{limits.threads} more may be started: TensorFlow ends with `Resource temporarily unavailable` where it gets none"
        yield Finding(
            "warning", "threads", text, "raise `ulimit -u`, or the container's limit of processes (--pids-limit)"
        )
    if limits.address_space is not None and limits.address_space < LEAST_ADDRESSES:
        text = f"{limits.address_space / GIGA:.1f} GiB (ulimit -v): TensorFlow reserves more than it uses"
        yield Finding("warning", "address space", text, "ulimit -v unlimited; --memory-limit bounds what is used")
    if limits.file_size is not None:
        text = f"no file may become larger than {limits.file_size / GIGA:.2f} GiB (ulimit -f)"
        yield Finding("warning", "file size", text, "ulimit -f unlimited")


def _settings(here: Surroundings) -> Iterator[Finding]:
    said = here.keras_json.get("says", {})
    old = {k: v for k, v in said.items() if KERAS_JSON.get(k, v) != v}
    if old:
        words = ", ".join(f"{k}: {v}" for k, v in sorted(old.items()))
        text = f"{here.keras_json['path']} says {words}: kconvert does not read it, but `import keras` in your programs does"
        yield Finding("warning", "keras.json", text, f"remove {here.keras_json['path']}; Keras writes a new one")


def _extras(here: Surroundings) -> Iterator[Finding]:
    for extra, what in WORDS.items():
        for name, said in here.extras.get(extra, {}).items():
            if name not in here.packages:
                yield Finding(
                    "note",
                    f"extra {extra}",
                    f"{name} is not installed, which {what} need",
                    f"pip install '{name}{said}'",
                )
