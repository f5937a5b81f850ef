"""The stored tensors of a model at the layers that they belong to, as the framework's own loader counts them.

HDF5 of Keras 1 and 2 lists what is below a layer of the outermost model flat: `layer.weights`, trained tensors first, of all that a
container holds. Names, where they single out every place, win over the order: a frozen model does not always say so in its config.
Other containers give each layer its own, by attribute or number. Keras 0.x has positions only, and may share one list among layers.
Sources: keras 0.3.3 layers/containers.py `get_weights`; keras 1.2.2, 2.2.4 engine/topology.py, network.py `trainable_weights`,
`non_trainable_weights`, `load_weights_from_hdf5_group`; tensorflow 2.4 keras/engine/base_layer.py `weights`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kconvert.spec import Dialect, LayerSpec, ModelSpec, Tensor, walk
from kconvert.verify.reference.facts import Facts, Lacking, Undecided
from kconvert.verify.reference.graph import Graph
from kconvert.verify.reference.layer import Layer, Rule, Slot, no_slots

Path = tuple[str, ...]
Rules = Mapping[str, Rule]
Bound = Mapping[Path, Layer]
"""Path below the outermost model -> layer, for every layer of every nested model."""


@dataclass(frozen=True, slots=True)
class _Place:
    path: Path
    slot: Slot
    trainable: bool


def bound(model: ModelSpec, rules: Rules) -> Bound:
    """Every layer of a model and of those in it, with its tensors, ready to be computed."""
    facts = replace(Facts.of(model.dialect, model.origin), has_fixed_batch=_has_fixed_batch(model))
    if facts.known_data_format is None:
        facts = replace(facts, known_data_format=_common_data_format(model))
    shared = _of_pools(model, rules, facts)
    layers: dict[Path, Layer] = {}
    for spec in model.layers:
        stored = shared.get(spec.name, spec.tensors)
        tensors, trouble = _below(spec, stored, rules, facts, model)
        _add(layers, spec, (), tensors, rules, facts, trouble)
    return layers


def _common_data_format(model: ModelSpec) -> str | None:
    """The order of axes that all layers have which say theirs: they took it from one setting, and so did the others."""
    said = {layer.config.get("dim_ordering", layer.config.get("data_format")) for _, layer in walk(model)}
    said -= {None, "default"}
    return next(iter(said)) if len(said) == 1 else None


def _has_fixed_batch(model: ModelSpec) -> bool:
    shapes = [la.config.get("batch_input_shape", la.config.get("batch_shape")) for la in model.layers if not la.inner]
    return any(isinstance(shape, list | tuple) and len(shape) > 0 and shape[0] is not None for shape in shapes)


def _below(
    spec: LayerSpec, stored: Mapping[str, Tensor], rules: Rules, facts: Facts, model: ModelSpec
) -> tuple[dict[tuple[Path, str], Tensor], str]:
    """The tensors of a layer of the outermost model by place, and what stands against it."""
    try:
        if model.addressed:
            return dict(_addressed(spec, (), rules, facts)), ""
        places = _ordered(list(_places(spec, (), rules, facts)), model.dialect)
    except (Lacking, Undecided) as error:
        return {}, str(error)
    tensors = list(stored.values())
    if len(places) != len(tensors):
        own = _by_last_name(places, tensors)
        if own is not None:
            return own, ""
        wanted = ", ".join(place.slot.name for place in places)
        return {}, f"the file has {len(tensors)} tensors for it, the reference expects {len(places)} ({wanted})"
    named = _by_name(places, tensors)
    return named or {(p.path, p.slot.name): t for p, t in zip(places, tensors, strict=True)}, ""


def _add(
    layers: dict[Path, Layer],
    spec: LayerSpec,
    above: Path,
    tensors: Mapping[tuple[Path, str], Tensor],
    rules: Rules,
    facts: Facts,
    trouble: str,
) -> None:
    path = (*above, spec.name)
    if spec.inner_model is not None:
        for inner in spec.inner_model.layers:
            _add(layers, inner, path, tensors, rules, facts, trouble)
    layers[path] = _layer(layers, spec, path, tensors, rules, facts, trouble)


def _layer(
    layers: dict[Path, Layer],
    spec: LayerSpec,
    path: Path,
    tensors: Mapping[tuple[Path, str], Tensor],
    rules: Rules,
    facts: Facts,
    trouble: str,
) -> Layer:
    inner: dict[str, Layer | tuple[Layer, ...]] = {}
    for role, held in _roles(spec):
        made = []
        for number, one in enumerate(held):
            place = (*path, f"{role}{number}")
            if one.inner_model is not None:
                for below in one.inner_model.layers:
                    _add(layers, below, place, tensors, rules, facts, trouble)
            made.append(_layer(layers, one, place, tensors, rules, facts, trouble))
        inner[role] = made[0] if isinstance(spec.inner.get(role, spec.inner.get("layer")), LayerSpec) else tuple(made)
    own = {slot: tensor for (where, slot), tensor in tensors.items() if where == path}
    nested = spec.inner_model
    graph = None if nested is None else Graph(nested, path, layers)
    rule = None if facts.own.find(spec.class_name) else rules.get(spec.class_name)
    if rule is None:
        return Layer(spec.class_name, spec.name, spec.config, facts, UNKNOWN, own, inner, graph, UNKNOWN_CLASS)
    needed = trouble if rule.slots is not no_slots and nested is None else ""
    return Layer(spec.class_name, spec.name, spec.config, facts, rule, own, inner, graph, needed)


UNKNOWN_CLASS = "the reference does not have this class"


def _unknown(layer: Layer, *args: object, **kwargs: object) -> tuple[()]:
    raise Lacking(UNKNOWN_CLASS)


UNKNOWN = Rule(_unknown)


def _roles(spec: LayerSpec) -> Iterator[tuple[str, tuple[LayerSpec, ...]]]:
    """What a layer holds beside models; a Bidirectional is made of one layer, or two, and holds two."""
    if spec.class_name == "Bidirectional" and "layer" in spec.inner:
        forward = spec.inner["layer"]
        backward = spec.inner.get("backward_layer", forward)
        assert isinstance(forward, LayerSpec) and isinstance(backward, LayerSpec)
        yield "forward_layer", (forward,)
        yield "backward_layer", (backward,)
        return
    for role, held in spec.inner.items():
        if isinstance(held, LayerSpec):
            yield role, (held,)
        elif isinstance(held, tuple):
            yield role, held


def _places(spec: LayerSpec, above: Path, rules: Rules, facts: Facts, name: str = "") -> Iterator[_Place]:
    path = (*above, name or spec.name)
    trainable = bool(spec.config.get("trainable", True))
    nested = spec.inner_model
    if nested is not None:
        below = [place for inner in nested.layers for place in _places(inner, path, rules, facts)]
        yield from _ordered(below, facts.dialect)
        return
    rule = None if facts.own.find(spec.class_name) else rules.get(spec.class_name)
    if rule is None and not spec.inner:
        raise Lacking(f"the reference does not have the class {spec.class_name} inside it")
    own = [] if rule is None else rule.slots(Layer(spec.class_name, spec.name, spec.config, facts, rule))
    found = [_Place(path, slot, slot.trainable and trainable) for slot in own]
    for role, held in _roles(spec):
        for number, one in enumerate(held):
            below = list(_places(one, path, rules, facts, f"{role}{number}"))
            found += below if trainable else [replace(place, trainable=False) for place in below]
    yield from _ordered(found, facts.dialect)


def _ordered(places: Sequence[_Place], dialect: Dialect) -> list[_Place]:
    """A container's trained tensors before its others; Keras 0.x lists layer after layer."""
    return list(places) if dialect is Dialect.keras0 else sorted(places, key=lambda place: not place.trainable)


def _by_name(places: Sequence[_Place], tensors: Sequence[Tensor]) -> dict[tuple[Path, str], Tensor] | None:
    """The tensors by the names of layer and slot, or None where these do not single out each of them."""
    wanted: dict[tuple[str, str], _Place] = {}
    for place in places:
        wanted[place.path[-1], place.slot.name] = place
    found: dict[tuple[Path, str], Tensor] = {}
    for tensor in tensors:
        parts = re.sub(r":\d+$", "", tensor.name).split("/")
        keys = [(parts[-2], parts[-1])] if len(parts) > 1 else []
        keys += [(p.path[-1], p.slot.name) for p in places if parts[-1] == f"{p.path[-1]}_{p.slot.name}"]
        matches = [wanted[key] for key in keys if key in wanted]
        if len(matches) != 1:
            return None
        found[matches[0].path, matches[0].slot.name] = tensor
    return found if len(found) == len(places) == len(wanted) else None


def _by_last_name(places: Sequence[_Place], tensors: Sequence[Tensor]) -> dict[tuple[Path, str], Tensor] | None:
    """The tensors of a single layer that keeps more than is needed to compute it (tensorflow 1.13: renormalization)."""
    by_name = {re.sub(r":\d+$", "", tensor.name).split("/")[-1]: tensor for tensor in tensors}
    is_single = len({place.path for place in places}) == 1 and len(by_name) == len(tensors)
    if not is_single or any(place.slot.name not in by_name for place in places[:4]):
        return None
    return {(p.path, p.slot.name): by_name[p.slot.name] for p in places if p.slot.name in by_name}


def _addressed(
    spec: LayerSpec, above: Path, rules: Rules, facts: Facts, name: str = ""
) -> Iterator[tuple[tuple[Path, str], Tensor]]:
    """Tensors under attributes (`cell/kernel`) or numbers (`cell/0`), which count an object's tensors, trained ones first."""
    path = (*above, name or spec.name)
    if spec.inner_model is not None:
        for inner in spec.inner_model.layers:
            yield from _addressed(inner, path, rules, facts)
        return
    rule = None if facts.own.find(spec.class_name) else rules.get(spec.class_name)
    own = rule.slots(Layer(spec.class_name, spec.name, spec.config, facts, rule)) if rule else ()
    ordered = [slot.name for slot in sorted(own, key=lambda slot: not slot.trainable)]
    for address, tensor in spec.tensors.items():
        owner, _, last = address.rpartition("/")
        prefix = "".join(f"{part.lstrip('_')}/" for part in owner.split("/") if part.lstrip("_") not in ("", "cell"))
        candidates = [n for n in ordered if n.rpartition("/")[0] == prefix.rstrip("/")]
        if not last.isdigit():
            yield (path, f"{prefix}{last}"), tensor
        elif int(last) < len(candidates):
            yield (path, candidates[int(last)]), tensor
    for role, held in _roles(spec):
        for number, one in enumerate(held):
            yield from _addressed(one, path, rules, facts, f"{role}{number}")


def _of_pools(model: ModelSpec, rules: Rules, facts: Facts) -> dict[str, Mapping[str, Tensor]]:
    """Layer -> its part of a list that several layers share, in their order."""
    parts: dict[str, Mapping[str, Tensor]] = {}
    for pool in model.pools:
        rest = list(pool.tensors.items())
        for name in pool.layers:
            try:
                count = len(list(_places(model.layer(name), (), rules, facts)))
            except (Lacking, Undecided):
                break  # nothing is known of those behind it either: their tensors are then too few
            parts[name], rest = dict(rest[:count]), rest[count:]
    return parts
