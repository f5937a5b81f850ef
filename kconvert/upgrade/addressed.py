"""Tensors that each layer holds under an address of its own (attribute or number), under the slots that they are.

`kernel` and `cell/kernel` name the slot. `0` and `cell/0` count an object's variables, those that are trained first, as
its framework keeps them (keras 2.15 src/engine/base_layer.py, keras 3.0 src/layers/layer.py, `save_own_variables`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from kconvert.errors import ConversionFailed, MissingTensor, Problem, UnusedTensor
from kconvert.spec import Inner, LayerSpec, ModelSpec, Origin, walk
from kconvert.tensor import Tensor
from kconvert.upgrade.arguments import chosen
from kconvert.upgrade.map_format import CustomEntry
from kconvert.upgrade.maps import HopMaps
from kconvert.upgrade.slots import present_slots, weights_form

STATES = re.compile(r"(^|/)(_?(states|seed_generator|random_generator|rng|metrics)/|num_documents$)")
STATE = "a seed, a count from learning, or the state of a stateful layer, which begins anew"
CELL = "cell"


def without_states(model: ModelSpec) -> tuple[ModelSpec, dict[str, str]]:
    """The model without what its layers keep between calls and no weight is, and these tensors with the reason."""
    if not model.addressed:
        return model, {}
    states = {tensor.name: STATE for _, layer in walk(model) for tensor in _states(layer)}
    return (_model_without(model) if states else model), states


def with_slots(model: ModelSpec, maps: HopMaps) -> ModelSpec:
    """The model with every tensor under the slot of its layer, at every depth.

    Raises:
        ConversionFailed: with a MissingTensor or UnusedTensor for each layer whose tensors are others than its slots.
    """
    problems: list[Problem] = []
    bound = _model(model, maps, (), problems)
    if problems:
        raise ConversionFailed(problems)
    return bound


def _model(model: ModelSpec, maps: HopMaps, above: tuple[str, ...], problems: list[Problem]) -> ModelSpec:
    layers = tuple(_layer(layer, maps, model.origin, above, problems) for layer in model.layers)
    return replace(model, layers=layers)


def _layer(
    layer: LayerSpec, maps: HopMaps, origin: Origin, above: tuple[str, ...], problems: list[Problem]
) -> LayerSpec:
    path = (*above, layer.name)
    inner: dict[str, Inner] = {}
    for role, held in layer.inner.items():
        if isinstance(held, ModelSpec):
            inner[role] = _model(held, maps, path, problems)
        elif isinstance(held, LayerSpec):
            inner[role] = _layer(held, maps, origin, path, problems)
        else:
            inner[role] = tuple(_layer(one, maps, origin, path, problems) for one in held)
    layer = replace(layer, inner=inner)
    entry = maps.find("layers", layer.class_name)
    if layer.inner_model is not None or entry is None or isinstance(entry, CustomEntry):
        return layer  # a class of the user's keeps its addresses; an unknown one the hop names as a problem of its own
    try:
        return replace(layer, tensors=_by_slot(layer, maps, origin))
    except Problem as problem:
        problem.layer, problem.class_name = "/".join(path), layer.class_name
        problems.append(problem)
        return layer


def _by_slot(layer: LayerSpec, maps: HopMaps, origin: Origin) -> Mapping[str, Tensor]:
    entry = maps.find("layers", layer.class_name)
    assert entry is not None
    count = len(layer.tensors)
    config = {**entry.absent, **layer.config}
    form = weights_form(chosen(entry, config, origin, count), config, origin, count)
    slots = sorted(present_slots(form, config, origin), key=lambda slot: slot in form.state)
    found: dict[str, Tensor] = {}
    for address, tensor in layer.tensors.items():
        owner, _, last = address.rpartition("/")
        part = _part(owner, form.parts)
        own = [s for s in slots if s.rpartition("/")[0] == part]
        if not last.isdigit():
            slot = f"{part}/{last}" if part else last
        else:
            slot = own[int(last)] if int(last) < len(own) else address
        found[slot] = tensor
    if set(found) != set(slots):
        stored = ", ".join(f"{a} {t.shape}" for a, t in layer.tensors.items())
        kind = MissingTensor if set(slots) - set(found) else UnusedTensor
        raise kind(
            f"needs {len(slots)} tensors ({', '.join(slots) or 'none'}), the file has {len(layer.tensors)} "
            f"({stored or 'none'})"
        )
    return {slot: found[slot] for slot in present_slots(form, config, origin)}


def _part(owner: str, parts: Mapping[str, str]) -> str:
    """The first part of the slots that an attribute's object holds: none for the layer itself and for its cell."""
    attributes = [name.lstrip("_") for name in owner.split("/") if name not in ("", CELL)]
    return "/".join(parts.get(name, name) for name in attributes)


def _states(layer: LayerSpec) -> tuple[Tensor, ...]:
    in_cell = any(address.startswith(f"{CELL}/") for address in layer.tensors) or CELL in layer.inner
    return tuple(
        tensor for address, tensor in layer.tensors.items() if STATES.search(address) or (in_cell and address.isdigit())
    )


def _model_without(model: ModelSpec) -> ModelSpec:
    return replace(model, layers=tuple(map(_layer_without, model.layers)))


def _layer_without(layer: LayerSpec) -> LayerSpec:
    states = _states(layer)
    inner: dict[str, Inner] = {}
    for role, held in layer.inner.items():
        if isinstance(held, ModelSpec):
            inner[role] = _model_without(held)
        elif isinstance(held, LayerSpec):
            inner[role] = _layer_without(held)
        else:
            inner[role] = tuple(map(_layer_without, held))
    return replace(layer, tensors={a: t for a, t in layer.tensors.items() if t not in states}, inner=inner)
