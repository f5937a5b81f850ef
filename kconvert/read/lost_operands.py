"""What tf.einsum was called on, which tf.keras 2.4 to 2.15 leave out of the file, where the graph still proves it.

`tf.einsum(equation, *inputs)` is written with its equation alone (engine/node.py `serialize` pairs arguments with names, and
`*inputs` has none). A file holds nothing but what leads to the model's outputs. So if there is one such call, and as many
outputs that nothing takes as the equation has operands, these are the operands. Their order is that of the layers in the
file: all stand one step before the call, and layers of the same depth are listed in the order in which they were first
reached from the outputs, which is the order of the call's arguments (engine/functional.py `_map_graph_network`, `_build_map`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kconvert.spec import Call, LayerSpec, ModelSpec, Port, ports_in

EINSUM = frozenset(["einsum", "linalg.einsum"])


def with_lost_operands(model: ModelSpec) -> ModelSpec:
    """The model with the operands of its einsum, if they are certain; they stay lost if they are not."""
    lost = [
        layer for layer in model.layers if layer.class_name == "TFOpLambda" and _has_lost_operands(layer)
    ]  # fmt: skip
    if len(lost) != 1:
        return model
    (einsum,) = lost
    equation = einsum.calls[0].args[0]
    taken = {port for layer in model.layers for call in layer.calls for port in call.ports()}
    taken |= set(ports_in(model.outputs)) | {Port(einsum.name)}
    loose = [la for la in model.layers if la is not einsum and not any(p.layer == la.name for p in taken)]
    operands = equation.split("->")[0].split(",") if isinstance(equation, str) else []
    if len(loose) != len(operands) or any(len(la.calls) != 1 for la in loose) or not _are_before(einsum, loose, model):
        return model
    call = Call((equation, *(Port(la.name) for la in loose)))
    layers = tuple(replace(la, calls=(call,)) if la is einsum else la for la in model.layers)
    return replace(model, layers=layers)


def _are_before(einsum: LayerSpec, loose: Sequence[LayerSpec], model: ModelSpec) -> bool:
    """False where one may be an input of the model that nothing takes at all: those are listed with the last layers."""
    names = [layer.name for layer in model.layers]
    if any(names.index(layer.name) > names.index(einsum.name) for layer in loose):
        return False
    is_last = not any(port.layer == einsum.name for la in model.layers for call in la.calls for port in call.ports())
    return not (is_last and loose[-1].class_name == "InputLayer")


def _has_lost_operands(layer: LayerSpec) -> bool:
    is_einsum = layer.config.get("function") in EINSUM
    return is_einsum and len(layer.calls) == 1 and not any(True for _ in layer.calls[0].ports())
