"""A call of the old graph as layouts see it: when its turn is, whether it only reorders axes, and in which dtype."""

from __future__ import annotations

from typing import Any

from kconvert.errors import Rejected
from kconvert.spec import Call, LayerSpec, ModelSpec


def in_order(model: ModelSpec) -> list[tuple[str, int]]:
    """All calls, what they take before themselves, otherwise as the model has them."""
    waiting = [(la.name, n, call) for la in model.layers for n, call in enumerate(la.calls)]
    done: set[tuple[str, int]] = set()
    order: list[tuple[str, int]] = []
    while waiting:
        later = []
        for name, number, call in waiting:
            is_next = all((name, n) in done for n in range(number))
            if is_next and all((p.layer, p.call) in done for p in call.ports()):
                done.add((name, number))
                order.append((name, number))
            else:
                later.append((name, number, call))
        if len(later) == len(waiting):
            raise Rejected("the order of its calls cannot be kept", layer=waiting[0][0], option="--data-format keep")
        waiting = later
    return order


def reordering(layer: LayerSpec, call: Call) -> tuple[int, ...] | None:
    """For each axis of what a Permute gives which axis of its input it is."""
    if call.kwargs:
        return None
    if layer.class_name == "Permute":
        return (0, *(int(d) for d in layer.config["dims"]))
    axes = layer.config.get("axes") if layer.class_name == "ops.transpose" else None
    order = tuple(int(a) for a in axes) if isinstance(axes, list | tuple) else ()
    return order if order and order[0] == 0 and min(order) == 0 else None


def dtype_of(layer: LayerSpec) -> Any:
    """What a Permute beside this layer may compute in; one of whole numbers would cut off what a float has behind the point."""
    if layer.class_name == "InputLayer" or layer.class_name.startswith("ops."):
        return None
    said = layer.config.get("dtype")
    return None if isinstance(said, str) and said.startswith(("int", "uint", "bool", "string")) else said
