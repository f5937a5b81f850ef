"""Loads converted files with nothing but stock Keras, and says what is in them and what they compute.

This file runs as a program of its own, in which kconvert cannot be imported: what it can load, anybody can load.
One JSON object per line comes in (`path`, `format`, `probe`, `input_names`, `module`: the user's own code), one goes out.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Answers until there are no more questions."""
    sys.modules["kconvert"] = None  # type: ignore[assignment]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else is printed is not an answer
    variables = _module_beside("variables.py")
    import tensorflow as tf

    for line in sys.stdin:
        question = json.loads(line)
        tf.keras.backend.clear_session()
        try:
            answer = (
                _saved_model(question, tf, variables)
                if question["format"] == "savedmodel"
                else _keras_file(question, tf, variables)
            )
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:1000]}"}
        answers.write(json.dumps(answer) + "\n")


def _keras_file(question: dict[str, Any], tf: Any, variables: Any) -> dict[str, Any]:
    tf.keras.utils.get_custom_objects().clear()  # what the code that an earlier file needed has registered
    custom = _custom_objects(question["module"]) if question.get("module") else None
    model = tf.keras.models.load_model(question["path"], custom_objects=custom, compile=False)  # in safe mode
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


def _custom_objects(path: str) -> dict[str, Any]:
    """The classes and functions of the module that the user was given with the file."""
    module = _loaded(Path(path).stem, Path(path))
    return {k: v for k, v in vars(module).items() if not k.startswith("_") and callable(v)}


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
    return _loaded("keyed_variables", Path(__file__).resolve().parents[1] / name)


def _loaded(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
