"""The variables of a Keras model under keys that are the same before it is saved and after it is loaded.

This file imports nothing of kconvert and no framework: the process that checks a converted file loads it alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

STATES = ("rnn_state", "seed_generator_state")
OPTIMIZER = "(optimizer)"


def keyed_variables(model: Any, parents: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """`outer/inner/layer/0:kernel` and the variable: every weight of every layer, each once per layer that holds it.

    The number is the variable's place among the layer's weights; states that a recurrent layer keeps between batches
    are left out, as are seeds. Layers inside a class of the user's count with it, for their names count up in a process.
    """
    for layer in model.layers:
        path = (*parents, layer.name)
        if hasattr(layer, "layers") and type(layer).__module__.startswith("keras."):
            yield from keyed_variables(layer, path)
            continue
        weights = [v for v in layer.weights if v.name not in STATES]
        for number, variable in enumerate(weights):
            yield f"{'/'.join(path)}/{number}:{variable.name}", variable


def keyed_states(model: Any) -> Iterator[tuple[str, Any]]:
    """`(optimizer)/0` and the variable, whose name is another one after loading: all that the optimizer of a compiled model remembers."""
    if getattr(model, "compiled", False) and model.optimizer is not None:
        for number, variable in enumerate(model.optimizer.variables):
            yield f"{OPTIMIZER}/{number}", variable


def digest(value: Any) -> str:
    """Of a NumPy array: dtype, shape and every bit."""
    total = began(value.dtype, value.shape)
    if value.nbytes:
        total.update(value.ravel().view("u1"))  # no copy of what lies in order
    return str(total.hexdigest())


def began(dtype: Any, shape: Any) -> Any:
    """The beginning of the digest of an array, of which the elements' bytes are to follow in row-major order."""
    return hashlib.sha256(f"{dtype.str}{tuple(shape)}".encode())
