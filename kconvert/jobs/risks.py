"""What in a model could do harm elsewhere, or decides its numbers and is not said: for whoever looks at it first.

Nothing of this is run or opened by kconvert; links, bombs and the like are refused before a model is made of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kconvert.code import NotPython, stored_function
from kconvert.spec import LayerSpec, ModelSpec, stored_tensors, walk

CODE = frozenset(["Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"])
PLACES = frozenset(["vocabulary", "filepath", "file_path", "path", "origin", "url", "handle"])
RATIO = 20
SHOWN = 300  # characters


def risks_of(spec: ModelSpec, custom: Mapping[str, Any], size: int | None) -> Iterator[str]:
    """One sentence each.

    Args:
        custom: classes and functions that are not Keras's own.
        size: bytes of the files that the model was read from, where that is known.
    """
    lambdas = sum(layer.class_name == "Lambda" for _, layer in walk(spec))
    if lambdas:
        yield f"{lambdas} Lambda layers hold Python code, which is never run"
    for parents, layer in walk(spec):
        yield from _of_layer(layer, "/".join((*parents, layer.name)))
    if custom:
        yield f"{len(custom)} classes or functions are not Keras's own: {', '.join(custom)} (--custom FILE.py that defines them)"
    if spec.training is not None and _holds_code(spec.training.config):
        yield "the training configuration holds Python code, which is never read"
    unpacked = sum(t.nbytes for t in stored_tensors(spec))
    if size is not None and unpacked > RATIO * size:
        yield f"its tensors unpack to {unpacked:,} bytes from {size:,}"
    if spec.origin.backend is None:
        yield "the file does not say which backend wrote it (--backend)"
    if spec.origin.keras[0] is None:
        yield "the file does not say which Keras wrote it (--keras-version)"


def _of_layer(layer: LayerSpec, name: str) -> Iterator[str]:
    if layer.class_name == "Lambda":
        yield f"Lambda '{name}' holds {_text(layer.config.get('function'))[:SHOWN]}"
    elif layer.class_name in CODE:
        yield f"{layer.class_name} '{name}' holds a program of another framework, which is never loaded"
    elif _holds_code(dict(layer.config)):
        yield f"{layer.class_name} '{name}' holds Python code in its arguments, which is never run"
    for argument in PLACES & layer.config.keys():
        if isinstance(layer.config[argument], str):
            yield f"{layer.class_name} '{name}' names another file, which is never opened: {layer.config[argument][:SHOWN]}"


def _text(function: Any) -> str:
    """What a Lambda computes, as far as its bytecode is readable."""
    if isinstance(function, Mapping) and function.get("class_name") != "__lambda__":
        function = function.get("config")
    if isinstance(function, str) and function.isidentifier():
        return f"the function {function!r}, of which the file has the name alone"
    try:
        return stored_function(function).text
    except NotPython as trouble:
        return str(trouble)


def _holds_code(value: Any) -> bool:
    """Is there a class that holds code, at any depth?"""
    if isinstance(value, str | bytes) and value[:1] in ("{", b"{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            class_name = one.get("class_name")
            if isinstance(class_name, str) and class_name in CODE:
                return True
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return False
