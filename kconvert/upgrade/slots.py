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
                parts = _operated(operation, parts, layer.config)
        if len(parts) != 1:
            raise MapError(f"{layer.class_name}.{new}: several tensors and no `concat`")
        tensors[new] = parts[0]
    return tensors


def _operated(operation: Operation, parts: list[Tensor], config: Mapping[str, Any]) -> list[Tensor]:
    word = operation.word
    value: Any = getattr(operation, word)
    if word == "concat":
        return [Tensor.concat(parts, value)]
    if word == "apply":
        return [NAMED_FUNCTIONS[value](parts[0], config)]
    if word == "take":
        return [p.take(*value) for p in parts]
    return [getattr(p, word)(value) for p in parts]


def _reset_gate_as_candidate(kernel: Tensor, config: Mapping[str, Any]) -> Tensor:
    """The candidate's columns replaced by the reset gate's: gates z, r, h side by side."""

    def replaced(value: Array) -> Array:
        z, r, _ = np.split(value, 3, axis=-1)
        return np.concatenate([z, r, r], axis=-1)

    return kernel.apply("reset gate's columns for the candidate's", replaced)


def _reset_bias_in_candidate(bias: Tensor, config: Mapping[str, Any]) -> Tensor:
    """The reset gate's bias added to the candidate's: gates z, r, h side by side."""

    def added(value: Array) -> Array:
        z, r, h = np.split(value, 3, axis=-1)
        return np.concatenate([z, r, r + h], axis=-1)

    return bias.apply("reset gate's bias added to the candidate's", added)


def _conv1d_kernel(kernel: Tensor, config: Mapping[str, Any]) -> Tensor:
    """(length, 1, inputs, filters), or until 1.0.8 (filters, inputs, length, 1), as (length, inputs, filters).

    Told apart as keras 1.2.2 engine/topology.py `load_weights_from_hdf5_group` does.
    """
    length, filters = int(config["filter_length"]), int(config["nb_filter"])
    if kernel.shape[:2] != (length, 1) or kernel.shape[3] != filters:
        kernel = kernel.transpose((2, 3, 1, 0))
    return kernel.reshape((length, *kernel.shape[2:]))


def _std_to_variance(std: Tensor, config: Mapping[str, Any]) -> Tensor:
    """(std + epsilon)^2 - epsilon: BatchNormalization adds epsilon to it again."""
    epsilon = float(config["epsilon"])

    def variance(value: Array) -> Array:
        return (np.square(value.astype(np.float64) + epsilon) - epsilon).astype(value.dtype)

    return std.apply("standard deviation to variance", variance)


def _root_to_variance(stored: Tensor, config: Mapping[str, Any]) -> Tensor:
    """(sqrt(variance) + epsilon)^2 - epsilon."""
    epsilon = float(config["epsilon"])

    def variance(value: Array) -> Array:
        return (np.square(np.sqrt(value.astype(np.float64)) + epsilon) - epsilon).astype(value.dtype)

    return stored.apply("epsilon under the root", variance)


def _retained(weights: Tensor, config: Mapping[str, Any]) -> Tensor:
    """Times 1 - dropout."""
    dropout = float(config.get("dropout") or 0.0)
    return weights.scale(1.0 - dropout) if dropout else weights


NAMED_FUNCTIONS: dict[str, Callable[[Tensor, Mapping[str, Any]], Tensor]] = {
    "conv1d_kernel": _conv1d_kernel,
    "reset_bias_in_candidate": _reset_bias_in_candidate,
    "reset_gate_as_candidate": _reset_gate_as_candidate,
    "retained": _retained,
    "root_to_variance": _root_to_variance,
    "std_to_variance": _std_to_variance,
}
"""`apply: name` -> what it does with one tensor, given the layer's arguments."""
