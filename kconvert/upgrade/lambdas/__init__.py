"""Lambda layers: a body found as bytecode becomes stock operations.

What was computed is followed from the bytecode (`kconvert/code/`), or from the user's own code where the file has the name
of a function alone; its names are what that code says, or else taken by convention (`symbols.py`), and
each function goes through the table of operations that op layers use. Around the body: keras 1.2.2 layers/core.py
`Lambda.call`, engine/topology.py `Merge.call`, 2.2.4 layers/core.py and tensorflow 2.4 keras/layers/core.py `Lambda`: the
input first, then `arguments`; no mask is handed on; `training` is False, and a `mask` is None where none can arrive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.code import CodeTrouble, Machine, NotPython, Stored, stored_function
from kconvert.custom import custom_function
from kconvert.definitions import Definitions
from kconvert.errors import AmbiguousOrigin, CodeInModel, Problem
from kconvert.spec import LayerSpec, Origin, Port
from kconvert.upgrade.comparing import comparable
from kconvert.upgrade.lambdas.tensors import Random, Tensors
from kconvert.upgrade.lambdas.time import with_time, without_time
from kconvert.upgrade.operations.build import Build, Known, renamed

__all__ = ["body_of", "held_lambda", "lambda_call"]

TODAY = "(today's Keras says: Requested the deserialization of a `Lambda` layer)"
OPTION = "--custom FILE.py with the function of this name"


def held_lambda(layer: LayerSpec) -> LayerSpec | None:
    """The Lambda layer that this one is, or that a TimeDistributed holds; None for any other layer."""
    if layer.class_name == "TimeDistributed":
        held = layer.inner.get("layer")
        return held if isinstance(held, LayerSpec) and held.class_name == "Lambda" else None
    return layer if layer.class_name == "Lambda" else None


def lambda_call(
    layer: LayerSpec, args: Sequence[Any], known: Mapping[Port, Known], origin: Origin, has_masks: bool
) -> tuple[Build, Any]:  # fmt: skip
    """The operations of one call of a Lambda layer, and what they give.

    Args:
        layer: it, or a TimeDistributed around it.
        args: what it is called on: one tensor, or a list of them.
        known: of these tensors.
        has_masks: a mask may arrive.

    Raises:
        CodeInModel: it is not followed; the message has the code as Python.
    """
    held = held_lambda(layer)
    assert held is not None
    inputs = args[0] if len(args) == 1 else list(args)
    stored = body_of(held, origin.custom)
    arguments = dict(held.config.get("arguments") or {})
    for name, value in (("training", False), ("mask", None)):
        if name in stored.arguments[1:] and name not in arguments:
            if name == "mask" and has_masks:
                raise CodeInModel(f"its code takes a mask: {stored.text}")
            arguments[name] = value
    found: list[tuple[Build, Any]] = []
    failed: list[Exception] = []
    for tensorflow in tensorflows(origin):
        build = Build(known)
        domain = Tensors(build, origin, tensorflow, stored.release.number < (3, 0))
        try:
            one = inputs if held is layer else without_time(build, inputs)
            value = _outputs(Machine(stored.release, domain).call(stored.function, [one], arguments))
            found.append((build, value if held is layer else with_time(build, value, inputs)))
        except (CodeTrouble, Problem) as trouble:
            failed.append(trouble)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as trouble:
            failed.append(trouble)  # the body asks the table for what makes no sense
    if not found:
        raise CodeInModel(f"its Python code cannot be rebuilt from stock operations: {_why(failed[0])}: {stored.text}")
    if len(found) > 1 and _operations(found[0]) != _operations(found[1]):
        raise AmbiguousOrigin(
            f"the file does not say whether TensorFlow 1 or 2 wrote it, and the numbers depend on it: {stored.text}",
            option="--keras-version X.Y.Z",
        )
    return found[0]


def _operations(found: tuple[Build, Any]) -> Any:
    build, value = found
    layers, names = build.named("x", ())
    return [(la.class_name, la.name, dict(la.config), comparable(la.calls)) for la in layers], renamed(value, names)


def body_of(layer: LayerSpec, custom: Definitions) -> Stored:
    """The function of a Lambda layer.

    Raises:
        CodeInModel: the file has its name alone and the user's code has no such function, or the bytecode is damaged.
    """
    function, kind = layer.config.get("function"), layer.config.get("function_type", "lambda")
    if kind == "function" or (isinstance(function, dict) and function.get("class_name") != "__lambda__"):
        name = function.get("config") if isinstance(function, dict) else function
        own = custom.find(name)
        if own is not None and not own.is_class:
            try:
                return custom_function(custom, own.name)
            except CodeTrouble as trouble:
                raise CodeInModel(f"calls the Python function {name!r}, which is not followed: {trouble}") from None
        raise CodeInModel(
            f"calls the Python function {name!r}, of which the file has nothing but the name", option=OPTION
        )
    try:
        return stored_function(function)
    except NotPython as trouble:
        raise CodeInModel(f"holds Python code that cannot be read: {trouble} {TODAY}") from None


def tensorflows(origin: Origin) -> tuple[int, ...]:
    """Which TensorFlow `tf` can have been: Keras 2.4 needs 2, Keras before 2.3 had none but 1; tf.keras 2.2.4-tf was both."""
    if origin.backend not in (None, "tensorflow"):
        return (1,)
    low, high = origin.keras
    if high is not None and (high.release < (2, 2, 4) or (origin.package == "keras" and high.release < (2, 3))):
        return (1,)
    if low is not None and low.release >= ((2, 4) if origin.package == "keras" else (2, 3)):
        return (2,)
    return (1, 2)


def _outputs(value: Any) -> Any:
    """The layer's outputs: one tensor, or several.

    Raises:
        CodeInModel: something else.
    """
    if isinstance(value, Random):
        raise CodeInModel("its result is random at inference")
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not values or not all(isinstance(v, Port) for v in values):
        what = "is random" if any(isinstance(v, Random) for v in values) else "is not a tensor"
        raise CodeInModel(f"a result of its code {what}")
    return values if isinstance(value, list | tuple) and len(values) > 1 else values[0]


def _why(trouble: Exception) -> str:
    return trouble.message if isinstance(trouble, Problem) else str(trouble)
