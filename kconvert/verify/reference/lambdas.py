"""Lambda layers and merges whose mode is code: the bytecode is followed with NumPy's numbers, never run.

Around the body: the input first, then `arguments`; a `mask` is handed over where the code asks for one; `training` is False. No mask comes
out. Where the file does not say whether TensorFlow 1 or 2 wrote it, both must give the same.
Sources: keras 1.2.2 layers/core.py `Lambda.call`, engine/topology.py `Merge.call`; 2.2.4 layers/core.py; tensorflow 2.4
keras/layers/core.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.code import CodeTrouble, Machine, NotPython, Stored, stored_function
from kconvert.spec import Dialect
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.numbers import Numbers
from kconvert.verify.reference.op_layers import plain, valued
from kconvert.verify.reference.values import Result, Value, agree


def lambda_layer(layer: Layer, inputs: Any, mask: Any = None, **kwargs: Any) -> Result:
    """`Lambda`."""
    if layer.get("function_type", "lambda") not in ("lambda", "raw"):
        raise Lacking("the file has nothing of its function but the name")
    return followed(layer, layer.get("function"), inputs)


def followed(layer: Layer, function: Any, inputs: Any) -> Result:
    """What code of the file gives.

    Raises:
        Lacking: it is not there, or not followed.
    """
    stored = _stored(function)
    arguments: dict[str, Any] = dict(layer.get("arguments") or {})
    for name, value in (("training", False), ("mask", _masks(inputs))):
        if name in stored.arguments[1:] and name not in arguments:
            arguments[name] = value
    results = [_computed(layer, stored, tensorflow, inputs, arguments) for tensorflow in tensorflows(layer)]
    for trouble in (r for r in results if isinstance(r, str)):
        raise Lacking(f"{trouble}: {stored.text}")
    found = [r for r in results if not isinstance(r, str)]
    if not all(agree(found[0], other) for other in found[1:]):
        raise Lacking("the result depends on whether TensorFlow 1 or 2 wrote it, which the file does not say")
    return found[0]


def _computed(layer: Layer, stored: Stored, tensorflow: int, inputs: Any, arguments: Mapping[str, Any]) -> Result | str:
    domain = Numbers(layer.facts, tensorflow, stored.release.number < (3, 0))
    domain.machine = machine = Machine(stored.release, domain)
    try:
        return valued(machine.call(stored.function, [plain(inputs)], arguments))
    except (CodeTrouble, RecursionError) as trouble:
        return str(trouble)


def _stored(function: Any) -> Stored:
    if isinstance(function, str) or (isinstance(function, Mapping) and function.get("class_name") != "__lambda__"):
        try:
            return stored_function(function)
        except NotPython:
            raise Lacking("the file has nothing of its function but the name") from None
    try:
        return stored_function(function)
    except NotPython as trouble:
        raise Lacking(f"its Python code cannot be read: {trouble}") from None


def _masks(inputs: Any) -> Any:
    if isinstance(inputs, Value):
        return inputs.mask
    return [_masks(value) for value in inputs]


def tensorflows(layer: Layer) -> tuple[int, ...]:
    """Which TensorFlow `tf` can have been: Keras 2.4 needs 2, Keras before 2.3 had none but 1."""
    facts = layer.facts
    if facts.dialect is Dialect.keras3:
        return (2,)
    if facts.dialect <= Dialect.keras1 or facts.known_backend not in (None, "tensorflow"):
        return (1,)
    low, high = facts.lowest, facts.highest
    if high is not None and (high.release < (2, 2, 4) or (not facts.is_tf_keras and high.release < (2, 3))):
        return (1,)
    if low is not None and low.release >= ((2, 3) if facts.is_tf_keras else (2, 4)):
        return (2,)
    return (1, 2)


LAMBDA = Rule(lambda_layer)

KERAS1: dict[str, Rule] = {"Lambda": LAMBDA}
KERAS2: dict[str, Rule] = {"Lambda": LAMBDA}
KERAS3: dict[str, Rule] = {"Lambda": LAMBDA}
