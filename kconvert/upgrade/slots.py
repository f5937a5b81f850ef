"""Which tensors a layer stores under which slot, and what they become in the next dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kconvert.errors import MapError, MissingTensor
from kconvert.spec import LayerSpec, Origin
from kconvert.tensor import Array, Tensor
from kconvert.upgrade.conditions import holds
from kconvert.upgrade.map_format import Entry, Operation, Weights


def weights_form(entry: Entry, config: Mapping[str, Any], origin: Origin, count: int) -> Weights:
    """The form of the entry's weights that holds for this layer (an empty one where it has none).

    Raises:
        MissingTensor: the entry knows several forms, and none has this many tensors.
    """
    forms = entry.weights or ()
    for form in forms:
        if holds(form.when, config, origin, count):
            return form
    if forms:
        raise MissingTensor(f"{count} tensors are stored, and no form of this layer has that many")
    return Weights()


def present_slots(form: Weights, config: Mapping[str, Any], origin: Origin) -> tuple[str, ...]:
    """The slots that a layer with these arguments has, in the framework's order."""
    return tuple(s.name for s in form.slots if holds(s.when, config, origin))


def upgraded_tensors(form: Weights, layer: LayerSpec, origin: Origin) -> dict[str, Tensor]:
    """The layer's tensors under their new slots; a slot that no `result` takes keeps its name."""
    results = {new: r for new, r in form.result.items() if all(s in layer.tensors for s in r.sources)}
    taken = {source for result in results.values() for source in result.sources}
    tensors = {slot: t for slot, t in layer.tensors.items() if slot not in taken}
    for new, result in results.items():
        parts = [layer.tensors[s] for s in result.sources]
        for operation in result.then:
            if holds(operation.when, layer.config, origin, len(layer.tensors)):
                parts = _operated(operation, parts)
        if len(parts) != 1:
            raise MapError(f"{layer.class_name}.{new}: several tensors and no `concat`")
        tensors[new] = parts[0]
    return tensors


def _operated(operation: Operation, parts: list[Tensor]) -> list[Tensor]:
    word = operation.word
    value: Any = getattr(operation, word)
    if word == "concat":
        return [Tensor.concat(parts, value)]
    if word == "apply":
        return [NAMED_FUNCTIONS[value](parts)]
    if word == "take":
        return [p.take(*value) for p in parts]
    return [getattr(p, word)(value) for p in parts]


def _reset_gate_as_candidate(parts: list[Tensor]) -> Tensor:
    """The candidate's columns replaced by the reset gate's: gates z, r, h side by side."""

    def replaced(value: Array) -> Array:
        z, r, _ = np.split(value, 3, axis=-1)
        return np.concatenate([z, r, r], axis=-1)

    return parts[0].apply("reset gate's columns for the candidate's", replaced)


def _reset_bias_in_candidate(parts: list[Tensor]) -> Tensor:
    """The reset gate's bias added to the candidate's: gates z, r, h side by side."""

    def added(value: Array) -> Array:
        z, r, h = np.split(value, 3, axis=-1)
        return np.concatenate([z, r, r + h], axis=-1)

    return parts[0].apply("reset gate's bias added to the candidate's", added)


NAMED_FUNCTIONS: dict[str, Callable[[list[Tensor]], Tensor]] = {
    "reset_gate_as_candidate": _reset_gate_as_candidate,
    "reset_bias_in_candidate": _reset_bias_in_candidate,
}
"""`apply: name` -> what it does."""
