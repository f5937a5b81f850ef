"""Gives each stored tensor to the layer and slot that it belongs to.

A file lists the tensors of a top-level layer flat: those of a wrapper, of cells and of nested models one after another,
the trainable ones of the whole group before the others (Keras 2.2.4 engine/network.py `weights`, layers/wrappers.py).
Frozen layers therefore move to the back. Names do not lie, so they are asked first; the order answers where they are not unique.
Keras 0.x has no names, and lists one layer after another; of a Graph or of merged branches, all layers in one list.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kconvert.errors import ConversionFailed, MissingTensor, Problem, UnusedTensor
from kconvert.spec import Dialect, LayerSpec, ModelSpec, Origin
from kconvert.tensor import Tensor
from kconvert.upgrade.addressed import with_slots
from kconvert.upgrade.arguments import chosen
from kconvert.upgrade.custom_tensors import Path, Place, custom_layers, divided, held_by, names_in
from kconvert.upgrade.map_format import CustomEntry
from kconvert.upgrade.maps import HopMaps
from kconvert.upgrade.slots import present_slots, weights_form


def bound(model: ModelSpec, maps: HopMaps) -> ModelSpec:
    """The model with every tensor under the slot of the layer that uses it.

    Raises:
        ConversionFailed: with a MissingTensor or UnusedTensor for each tensor that is not accounted for.
    """
    if model.addressed:
        return with_slots(model, maps)
    problems: list[Problem] = []
    layers = []
    try:
        model = _without_pools(model, maps)
    except Problem as problem:
        raise ConversionFailed([problem]) from None
    for layer in model.layers:
        try:
            layers.append(_bound_layer(layer, maps, model.origin))
        except Problem as problem:
            if not problem.class_name:
                problem.layer, problem.class_name = layer.name, layer.class_name
            problems.append(problem)
            layers.append(layer)
    if problems:
        raise ConversionFailed(problems)
    return replace(model, layers=tuple(layers))


def _without_pools(model: ModelSpec, maps: HopMaps) -> ModelSpec:
    """Each layer with its own part of the list that it shares with others."""
    parts: dict[str, dict[str, Tensor]] = {}
    for pool in model.pools:
        wanted = {name: len(list(_places(model.layer(name), maps, model.origin, (), (), 0))) for name in pool.layers}
        custom = [name for name in pool.layers if list(custom_layers(model.layer(name), maps))]
        if len(custom) == 1:  # what the others leave
            wanted[custom[0]] += max(0, len(pool.tensors) - sum(wanted.values()))
        if sum(wanted.values()) != len(pool.tensors):
            expected = [f"{name}: {count}" for name, count in wanted.items() if count]
            raise _count_problem(expected, list(pool.tensors), sum(wanted.values()))
        rest = iter(pool.tensors.items())
        parts |= {name: dict(itertools.islice(rest, count)) for name, count in wanted.items()}
    layers = tuple(replace(layer, tensors=parts.get(layer.name, layer.tensors)) for layer in model.layers)
    return replace(model, layers=layers, pools=())


def _bound_layer(layer: LayerSpec, maps: HopMaps, origin: Origin) -> LayerSpec:
    if not layer.tensors and not layer.inner:
        expected = list(_places(layer, maps, origin, (), (), 0))
        if expected:
            raise _count_problem([p.slot for p in expected], [])
        return layer
    entry = maps.find("layers", layer.class_name)
    if not layer.inner and (entry is None or isinstance(entry, CustomEntry)):
        return layer  # a class of the user's takes all; an unknown one the hop names as a problem of its own
    stored = list(layer.tensors.values())
    custom = list(custom_layers(layer, maps))
    if custom:
        known = _in_file_order(_places(layer, maps, origin, (), (), 0), maps.old)
        return _given(layer, divided(known, custom, stored), ())
    places = _in_file_order(_places(layer, maps, origin, (), (), len(stored)), maps.old)
    by_place = _by_name(places, stored)
    if by_place is None:
        if len(places) != len(stored):
            raise _count_problem([f"{'/'.join((*p.path[1:], p.slot))}" for p in places], [t.name for t in stored])
        places = _order_that_names_confirm(layer, places, stored, maps, origin)
        by_place = {(p.path, p.slot): t for p, t in zip(places, stored, strict=True)}
    return _given(layer, by_place, ())


def _places(
    layer: LayerSpec, maps: HopMaps, origin: Origin, above: Path, owners: tuple[str, ...], count: int
) -> Iterator[Place]:
    """All slots of a layer and of what it holds, trainable before others within each container."""
    path = (*above, layer.name)
    trainable = bool(layer.config.get("trainable", True))
    nested = layer.inner_model
    if nested is not None:
        found = [p for inner in nested.layers for p in _places(inner, maps, origin, path, (), 0)]
        yield from _in_file_order(found, maps.old)
        return
    owners = (layer.name, *owners)
    if layer.inner:
        yield from _own_places(layer, maps, origin, path, owners, count)
        for role, held in held_by(layer):
            prefix = {"forward_layer": "forward_", "backward_layer": "backward_"}.get(role, "")
            names = (*((prefix + held.name,) if prefix else ()), *owners)
            for place in _places(held, maps, origin, (*path, role), names, 0):
                yield place if trainable else replace(place, trainable=False)
        return
    yield from _own_places(layer, maps, origin, path, owners, count)


def _own_places(
    layer: LayerSpec, maps: HopMaps, origin: Origin, path: Path, owners: tuple[str, ...], count: int
) -> Iterator[Place]:
    """The slots of the layer itself; a wrapper can have some too."""
    entry = maps.find("layers", layer.class_name)
    if entry is None:
        return
    trainable = bool(layer.config.get("trainable", True))
    config = {**entry.absent, **layer.config}
    form = weights_form(chosen(entry, config, origin, count), config, origin, count)
    for slot in present_slots(form, config, origin):
        yield Place(path, slot, owners, trainable and slot not in form.state)


def _in_file_order(places: Iterable[Place], dialect: Dialect) -> list[Place]:
    return list(places) if dialect is Dialect.keras0 else sorted(places, key=lambda p: not p.trainable)  # a stable sort


def _by_name(places: Sequence[Place], stored: Sequence[Tensor]) -> dict[tuple[Path, str], Tensor] | None:
    """The tensors by name, or None where names do not give each place exactly one tensor."""
    if len(places) != len(stored):
        return None
    free: dict[str, list[Tensor]] = {}
    for tensor in stored:
        for name in names_in(tensor.name):
            free.setdefault(name, []).append(tensor)
    found: dict[tuple[Path, str], Tensor] = {}
    used: set[int] = set()
    for place in places:
        wanted = (name for owner in place.owners for name in (f"{owner}/{place.slot}", f"{owner}_{place.slot}"))
        matches = next((m for name in wanted if (m := free.get("/".join(name.split("/")[-2:])))), [])
        if len(matches) != 1 or id(matches[0]) in used:
            return None
        used.add(id(matches[0]))
        found[place.path, place.slot] = matches[0]
    return found


def _order_that_names_confirm(
    layer: LayerSpec, places: list[Place], stored: Sequence[Tensor], maps: HopMaps, origin: Origin
) -> list[Place]:
    """The order of the file where a model in it may have been frozen as a whole, which early releases do not save.

    The names do not say which layer a tensor belongs to (TensorFlow 1.4 to 1.8 count scopes from `dense` where layers count
    from `dense_1`), but which ones belong together and under which slot. Where no order fits them, the first one stands.
    """
    models = list(_models_in(layer, ()))
    if not models or _confirmed(places, stored):
        return places
    for count in range(1, len(models) + 1):
        for frozen in itertools.combinations(models[:6], count):
            other = _in_file_order(_places(_frozen(layer, frozen, ()), maps, origin, (), (), len(stored)), maps.old)
            if _confirmed(other, stored):
                return other
    return places


def _confirmed(places: Sequence[Place], stored: Sequence[Tensor]) -> bool:
    """Do all tensors have their slots' names, and those of one layer one scope that no other layer has?"""
    scope_of: dict[Path, str] = {}
    for place, tensor in zip(places, stored, strict=True):
        scope, _, slot = re.sub(r":\d+$", "", tensor.name).rpartition("/")
        if slot != place.slot.split("/")[-1] or (
            "/" not in place.slot and scope_of.setdefault(place.path, scope) != scope
        ):
            return False
    return len(set(scope_of.values())) == len(scope_of)


def _models_in(layer: LayerSpec, above: Path) -> Iterator[Path]:
    nested = layer.inner_model
    if nested is not None:
        if above:
            yield (*above, layer.name)
        for inner in nested.layers:
            yield from _models_in(inner, (*above, layer.name))


def _frozen(layer: LayerSpec, frozen: Sequence[Path], above: Path, is_frozen: bool = False) -> LayerSpec:
    path = (*above, layer.name)
    is_frozen = is_frozen or path in frozen
    nested = layer.inner_model
    if nested is None:
        return replace(layer, config={**layer.config, "trainable": False}) if is_frozen else layer
    inside = tuple(_frozen(inner, frozen, path, is_frozen) for inner in nested.layers)
    return replace(layer, inner={"model": replace(nested, layers=inside)})


def _given(layer: LayerSpec, by_place: Mapping[tuple[Path, str], Tensor], above: Path) -> LayerSpec:
    path = (*above, layer.name)
    nested = layer.inner_model
    if nested is not None:
        inside = tuple(_given(inner, by_place, path) for inner in nested.layers)
        return replace(layer, tensors={}, inner={"model": replace(nested, layers=inside)})
    if layer.inner:
        held = {role: _given(h, by_place, (*path, role)) for role, h in held_by(layer)}
        inner = {r: h for r, h in held.items() if not re.fullmatch(r"cells\d+", r)}
        cells = tuple(h for r, h in held.items() if re.fullmatch(r"cells\d+", r))
        return replace(layer, tensors=_own(by_place, path), inner={**inner, "cells": cells} if cells else inner)
    return replace(layer, tensors=_own(by_place, path))


def _own(by_place: Mapping[tuple[Path, str], Tensor], path: Path) -> dict[str, Tensor]:
    return {slot: t for (where, slot), t in by_place.items() if where == path}


def _count_problem(expected: Sequence[str], stored: Sequence[str], count: int | None = None) -> Problem:
    needed = len(expected) if count is None else count
    kind = MissingTensor if len(stored) < needed else UnusedTensor
    return kind(
        f"needs {needed} tensors ({', '.join(expected) or 'none'}), "
        f"the file has {len(stored)} ({', '.join(stored) or 'none'})"
    )
