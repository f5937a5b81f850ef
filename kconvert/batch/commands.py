"""A model of a batch as the single command that converts it again."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Iterator
from typing import Any

from kconvert import api
from kconvert.batch.tasks import Task

FLAGS = {
    "weights": "--weights", "backend": "--backend", "keras_version": "--keras-version",
    "source_data_format": "--source-data-format", "input_shape": "--input-shape", "data_format": "--data-format", "io": "--io",
    "custom": "--custom", "maps": "--map", "probe": "--probe", "rtol": "--rtol", "atol": "--atol", "training": "--training",
}  # fmt: skip


def command(task: Task) -> str:
    """With all options that are not their defaults."""
    defaults = {name: p.default for name, p in inspect.signature(api.convert).parameters.items()}
    options = {"weights": task.found.weights, **task.options}
    words = ["kconvert", task.found.source, "-o", task.target, "--overwrite"]
    for name, value in options.items():
        if value is not None and value != defaults.get(name) and name in (*FLAGS, "verify"):
            words += _words(name, value)
    return shlex.join(words)


def _words(name: str, value: Any) -> Iterator[str]:
    if name == "verify":
        yield "--no-verify"
    elif name == "input_shape":
        yield from (FLAGS[name], ",".join("None" if n is None else str(n) for n in value))
    else:
        for one in value if isinstance(value, list | tuple) else (value,):
            yield from (FLAGS[name], str(one))
