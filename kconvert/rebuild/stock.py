"""Layers and operations by name: only those that every Keras 3 has, none that holds code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kconvert.errors import BrokenGraph, Problem, UnknownLayer
from kconvert.framework import keras_on_tensorflow
from kconvert.spec import LayerSpec

WITH_CODE = frozenset(["Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper"])


def stock_layer(spec: LayerSpec, inner: Mapping[str, Any]) -> Any:
    """The layer that a spec describes, with the layers it holds.

    Raises:
        UnknownLayer: no stock layer has this name.
        BrokenGraph: the layer refuses its arguments.
    """
    keras = keras_on_tensorflow()
    found = None if spec.class_name in WITH_CODE else getattr(keras.layers, spec.class_name, None)
    if not (isinstance(found, type) and issubclass(found, keras.layers.Layer)):
        raise UnknownLayer("is not a layer of today's Keras", layer=spec.name, class_name=spec.class_name)
    try:
        return found(*_held(spec, inner), name=spec.name, **spec.config, **_held_by_name(inner))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise refused(error, spec) from None


def stock_operation(spec: LayerSpec) -> Callable[..., Any]:
    """The function that an `ops.*` spec names; called with tensors it gives named nodes of the graph."""
    keras = keras_on_tensorflow()
    path = spec.class_name.removeprefix("ops.")
    if path == "getitem":
        key = tuple(_index(k) for k in spec.config["key"])
        return lambda x: x[key]
    found: Any = keras.ops
    for part in path.split("."):
        found = None if part.startswith("_") else getattr(found, part, None)
    if not callable(found):
        raise UnknownLayer("is not an operation of today's Keras", layer=spec.name, class_name=spec.class_name)
    function: Callable[..., Any] = found
    return lambda *args, **kwargs: function(*args, **kwargs, **spec.config)


def refused(error: Exception, spec: LayerSpec) -> Problem:
    """Keras's own words for what is wrong, as a problem of this layer."""
    words = " ".join(str(error).split())
    return BrokenGraph(f"today's Keras refuses it: {words[:400]}", layer=spec.name, class_name=spec.class_name)


def _held(spec: LayerSpec, inner: Mapping[str, Any]) -> list[Any]:
    """What the constructor takes first: the layer of a wrapper, the cell or cells of an RNN."""
    if "cells" in inner:
        return [list(inner["cells"])]
    return [inner[role] for role in ("layer", "forward_layer", "cell") if role in inner][:1]


def _held_by_name(inner: Mapping[str, Any]) -> dict[str, Any]:
    return {"backward_layer": inner["backward_layer"]} if "backward_layer" in inner else {}


def _index(key: Any) -> Any:
    """An index, `{"slice": [start, stop, step]}`, or `"..."` for an ellipsis."""
    if isinstance(key, Mapping):
        return slice(*key["slice"])
    return ... if isinstance(key, str) else key
