"""Loads converted files with nothing but stock Keras, and says what is in them and what they compute.

This file runs as a program of its own (by `workers/child.py`), in which kconvert cannot be imported: what it can load,
anybody can load. A question is a `path`, a `format`, and what to run: `probe`, `results`, `input_names`, `output_names`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOOLS: dict[str, Any] = {}


def begin() -> None:
    """Imports TensorFlow, and makes sure that kconvert cannot be."""
    sys.modules["kconvert"] = None  # type: ignore[assignment]
    import tensorflow as tf

    TOOLS.update(tf=tf, variables=_module_beside("variables.py"))


def answer(question: dict[str, Any], heard: Callable[[str, str], None]) -> dict[str, Any]:
    """What is in the file and what it computes, or why stock Keras cannot say."""
    tf, variables = TOOLS["tf"], TOOLS["variables"]
    tf.keras.backend.clear_session()
    heard("step", "loading it")
    try:
        if question["format"] == "savedmodel":
            return _saved_model(question, tf, variables)
        return _keras_file(question, tf, variables)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:1000]}"}


def _keras_file(question: dict[str, Any], tf: Any, variables: Any) -> dict[str, Any]:
    model = tf.keras.models.load_model(question["path"], compile=False)  # safe mode is the default
    digests = {key: variables.digest(v.numpy()) for key, v in variables.keyed_variables(model)}

    def run(inputs: list[Any]) -> list[Any]:
        given = [tf.constant(x.astype(object)) if x.dtype.kind in "US" else x for x in inputs]
        if not isinstance(model, tf.keras.Sequential) and isinstance(model.input, dict):
            named = dict(zip(sorted(model.input), given, strict=True))
            result = model.predict(named, verbose=0, batch_size=len(inputs[0]))
        else:
            result = model.predict(given if len(given) > 1 else given[0], verbose=0, batch_size=len(inputs[0]))
        if isinstance(result, dict):
            return [result[key] for key in sorted(result)]
        return list(result) if isinstance(result, list | tuple) else [result]

    return {"digests": digests, **_outputs(question, run)}


def _saved_model(question: dict[str, Any], tf: Any, variables: Any) -> dict[str, Any]:
    loaded = tf.saved_model.load(question["path"])
    digests = {f"{n}": variables.digest(v.numpy()) for n, v in enumerate(loaded.variables)}
    signature = loaded.signatures["serving_default"]
    given = {spec.name: keyword for keyword, spec in signature.structured_input_signature[1].items()}

    def run(inputs: list[Any]) -> list[Any]:
        named = zip(question["input_names"], inputs, strict=True)
        specs = signature.structured_input_signature[1]
        result = signature(**{given[n]: tf.cast(tf.constant(x), specs[given[n]].dtype) for n, x in named})
        return [result[name].numpy() for name in question["output_names"]]

    return {"digests": digests, **_outputs(question, run)}


def _outputs(question: dict[str, Any], run: Any) -> dict[str, Any]:
    """Runs the probe and leaves what came out beside it, as `out_0`, `out_1`, ..."""
    if not question.get("probe"):
        return {}
    import numpy as np

    with np.load(question["probe"], allow_pickle=False) as probe:
        inputs = [probe[f"in_{n}"] for n in range(sum(name.startswith("in_") for name in probe.files))]
    outputs: dict[str, Any] = {f"out_{n}": np.asarray(a) for n, a in enumerate(run(inputs))}
    np.savez(question["results"], **outputs)
    return {"ran": True}


def _module_beside(name: str) -> Any:
    """A file of the folder above as a module, without the package that it lies in."""
    spec = importlib.util.spec_from_file_location("keyed_variables", Path(__file__).resolve().parents[1] / name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
