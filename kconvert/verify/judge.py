"""Loads converted files with nothing but stock Keras, and says what is in them and what they compute.

This file runs as a program of its own (by `workers/child.py`), in which kconvert cannot be imported: what it can load,
anybody can load. Arrays travel in `.npz` files.

Each question says where temporary files go (`scratch`). `do: load` (`path`, `format`, `module`: the user's own code that it
needs, `compiled` where it shall go on with its training, `may_unpack` where its folder is there to be written into) answers with
the digests of all weights, the inputs (name, shape, dtype), the names of the outputs, the nodes of the graph (name -> shapes) and
the dtypes that they have. `do: run` (`inputs`, `results`, `layers`) runs what was loaded last on `in_0`, ... in the order of those
inputs, and writes `out_0`, ... and for each wanted layer `<its place in the list>:<output>`; an answer with `refused` says that it
cannot be run on this.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

PREPROCESSING = "keras.src.layers.preprocessing"
Answer = dict[str, Any]
Array = np.ndarray[Any, Any]


class Loaded(Protocol):
    """A file in memory."""

    def facts(self) -> Answer:
        """What is in it."""
        ...

    def outputs(self, inputs: list[Array]) -> list[Any]:
        """What it computes, as its users run it."""
        ...

    def layers(self, inputs: list[Array], wanted: list[str], take: Any) -> None:
        """Gives the outputs of layers to `take`, one layer at a time."""
        ...


TOOLS: dict[str, Any] = {}
LOADED: list[Loaded] = []  # the last file, or none


def begin() -> None:
    """Imports TensorFlow, and makes sure that kconvert cannot be."""
    sys.modules["kconvert"] = None  # type: ignore[assignment]
    gc.disable()  # looking for garbage among what is only being made takes a fifth of the import
    import tensorflow as tf

    tf.keras.models.load_model  # noqa: B018  # it is imported when it is first asked for
    TOOLS.update(tf=tf, variables=_module("variables", ".."), intermediate=_module("intermediate", "."))
    gc.freeze()  # a million objects that stay: `clear_session` need not go through them for every file
    gc.enable()


def answer(question: Answer, heard: Callable[[str, str], None]) -> Answer:
    """What is in the file and what it computes, or why stock Keras cannot say."""
    tempfile.tempdir = question["scratch"]
    try:
        if question["do"] == "run":
            heard("step", "running it")
            return _ran(LOADED[0], question)
        heard("step", "loading it")
        LOADED.clear()
        TOOLS["tf"].keras.backend.clear_session()
        LOADED.append(SavedModel(question) if question["format"] == "savedmodel" else KerasModel(question))
        return LOADED[0].facts()
    except Exception as error:
        return {"error": _words(error)}


class KerasModel:
    """A `.keras` or HDF5 file, loaded in safe mode."""

    def __init__(self, question: Answer) -> None:
        self._tf, self._variables, self._intermediate = TOOLS["tf"], TOOLS["variables"], TOOLS["intermediate"]
        self._tf.keras.utils.get_custom_objects().clear()  # what the code that an earlier file needed has registered
        own = _own_objects(Path(question["module"])) if question.get("module") else None
        with _little_memory() if question.get("may_unpack") else contextlib.nullcontext():
            self._model = self._tf.keras.models.load_model(  # in safe mode
                question["path"], custom_objects=own, compile=bool(question.get("compiled"))
            )
        self._graph = self._intermediate.graph_of(self._model)

    def facts(self) -> Answer:
        """Its weights, and what is known of its graph."""
        kept = [*self._variables.keyed_variables(self._model), *self._variables.keyed_states(self._model)]
        digests = {key: self._variables.digest(v.numpy()) for key, v in kept}
        return {"digests": digests, **self._intermediate.facts_of(self._model)}

    def outputs(self, inputs: list[Array]) -> list[Any]:
        """As `predict` gives them, dicts by their keys.

        One batch needs no pipeline of tf.data in front, which takes longer than a small model: `predict_on_batch` runs the
        same function of Keras, traced for the same shapes (keras 3.15.1 backend/tensorflow/trainer.py). What has no graph
        does not cast its inputs itself, so `predict` does.
        """
        self._forget()
        given = [self._tf.constant(x.astype(object)) if x.dtype.kind in "US" else x for x in inputs]
        structure = getattr(self._graph, "_inputs_struct", None)
        if isinstance(structure, dict):
            nest: Any = dict(zip(sorted(structure), given, strict=True))
        else:
            nest = given if len(given) > 1 else given[0]
        # Traced anew for the shapes of this run: in a graph that was traced for several, today's TimeDistributed takes the
        # batch for the number of steps (keras 3.15.1 rnn/time_distributed.py `call`).
        self._model.predict_function = None
        if self._graph is None:
            result = self._model.predict(nest, verbose=0, batch_size=len(inputs[0]))
        else:
            result = self._model.predict_on_batch(nest)
        if isinstance(result, dict):
            return [result[key] for key in sorted(result)]
        return list(result) if isinstance(result, list | tuple) else [result]

    def layers(self, inputs: list[Array], wanted: list[str], take: Any) -> None:
        """Node by node; preprocessing layers compute something else outside of the graph that `predict` makes."""
        if self._graph is None:
            return
        self._forget()
        given = [
            self._tf.cast(self._tf.constant(x.astype(object) if x.dtype.kind in "US" else x), s.dtype)
            for x, s in zip(inputs, self._graph.inputs, strict=True)
        ]
        compute, names, tree = self._intermediate.compute, frozenset(wanted), self._tf.keras.tree
        if not any(type(la).__module__.startswith(PREPROCESSING) for la in self._model._flatten_layers()):
            compute(self._graph, given, names, take, tree)
            return

        def traced() -> dict[str, list[Any]]:
            taken: dict[str, list[Any]] = {}
            compute(self._graph, given, names, taken.__setitem__, tree)
            return taken

        for name, values in self._tf.function(traced)().items():
            take(name, values)

    def _forget(self) -> None:
        """Every run begins with the states of a new model."""
        for layer in self._model._flatten_layers():
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
                layer.reset_state()


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    """A file is loaded in the way that Keras takes on a machine with little memory, which for a large one is no slower.

    It unpacks the weights beside the file and reads them one by one, where it else has all of them in memory twice, beside the
    variables (keras 3.15.1 src/saving/saving_lib.py `_load_model_from_fileobj`).
    """
    from keras.src.saving import saving_lib

    before = saving_lib.is_memory_sufficient
    saving_lib.is_memory_sufficient = lambda model: False
    try:
        yield
    finally:
        saving_lib.is_memory_sufficient = before


class SavedModel:
    """A SavedModel folder, by its serving signature."""

    def __init__(self, question: Answer) -> None:
        self._tf = TOOLS["tf"]
        self._model = self._tf.saved_model.load(question["path"])
        self._signature = self._model.signatures["serving_default"]

    def facts(self) -> Answer:
        """The format keeps neither names of variables nor layers."""
        variables = TOOLS["variables"]
        specs = self._signature.structured_input_signature[1].values()
        return {
            "digests": {f"{n}": variables.digest(v.numpy()) for n, v in enumerate(self._model.variables)},
            "inputs": [[s.name, s.shape.as_list(), s.dtype.name] for s in specs],
            "outputs": list(self._signature.structured_outputs),
            "nodes": {},
            "dtypes": sorted({v.dtype.name for v in self._model.variables}),
        }

    def outputs(self, inputs: list[Array]) -> list[Any]:
        """As a server calls it."""
        tf, specs = self._tf, self._signature.structured_input_signature[1]
        given = {
            keyword: tf.cast(tf.constant(x.astype(object) if x.dtype.kind in "US" else x), spec.dtype)
            for (keyword, spec), x in zip(specs.items(), inputs, strict=True)
        }
        result = self._signature(**given)
        return [result[name].numpy() for name in self._signature.structured_outputs]

    def layers(self, inputs: list[Array], wanted: list[str], take: Any) -> None:
        """There are none."""


def _own_objects(module: Path) -> dict[str, Any]:
    """The classes and functions of the module that is beside the file."""
    found = vars(_imported(module.stem, module))
    return {name: one for name, one in found.items() if not name.startswith("_") and callable(one)}


def _ran(loaded: Loaded, question: Answer) -> Answer:
    with np.load(question["inputs"], allow_pickle=False) as given:
        inputs = [given[f"in_{n}"] for n in range(sum(name.startswith("in_") for name in given.files))]
    try:
        outputs = loaded.outputs(inputs)
    except Exception as error:
        return {"refused": _words(error)}
    with zipfile.ZipFile(question["results"], "w", allowZip64=True) as results:
        for number, value in enumerate(outputs):
            _write(results, f"out_{number}", value)
        places = {name: n for n, name in enumerate(question["layers"])}

        def take(name: str, values: list[Any]) -> None:
            for output, value in enumerate(values):
                _write(results, f"{places[name]}:{output}", value)

        if not places:
            return {"outputs": len(outputs)}
        try:
            loaded.layers(inputs, question["layers"], take)
        except Exception as error:
            return {"outputs": len(outputs), "layers": _words(error)}
    return {"outputs": len(outputs)}


def _write(results: zipfile.ZipFile, name: str, value: Any) -> None:
    """One array, as `np.savez` would, without holding the others."""
    array = np.asarray(value)
    if array.dtype.kind == "O":
        array = np.array([v.decode() if isinstance(v, bytes) else str(v) for v in array.ravel()]).reshape(array.shape)
    elif array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    with results.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:1000]}"


def _module(name: str, folder: str) -> Any:
    """A file beside this one or above it as a module, without the package that it lies in."""
    return _imported(name, Path(__file__).parent / folder / f"{name}.py")


def _imported(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
