"""A config dict to layers and ports: the envelope of standalone Keras 2, its words left alone.

Sequential's config is a list up to 2.2.2 and a dict afterwards; a functional model lists for each layer the nodes it was
called by. Sources: keras 2.0.8 models.py, engine/topology.py `Container.get_config`; keras 2.3.1 engine/network.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kconvert.errors import AmbiguousOrigin, BrokenGraph, ConversionFailed, Problem
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Nest, Origin, Port, Tensor

MODELS = frozenset({"Sequential", "Model", "Functional"})
Stored = Mapping[str, Mapping[str, Tensor]]
NOTHING_STORED: Stored = {}
HELD = ("layer", "cell", "cells", "forward_layer", "backward_layer")


def model_of(data: Mapping[str, Any], dialect: Dialect, origin: Origin, stored: Stored = NOTHING_STORED) -> ModelSpec:
    """The model that a `{"class_name", "config"}` describes, without its tensors.

    Args:
        stored: layer -> its tensors, in the file's order. Before 2.2.3 a Sequential inside a Sequential has its name
            there alone.

    Raises:
        ConversionFailed: with a BrokenGraph for each inconsistency.
        AmbiguousOrigin: the file lost the shape of the input.
    """
    config = data["config"]
    is_sequential = data["class_name"] == "Sequential" or isinstance(config, list)
    return _sequential(data, dialect, origin, stored) if is_sequential else _functional(data, dialect, origin)


def _sequential(
    data: Mapping[str, Any], dialect: Dialect, origin: Origin, stored: Stored = NOTHING_STORED
) -> ModelSpec:
    config = data["config"]
    entries: Sequence[Any] = config if isinstance(config, list) else config.get("layers", [])
    extra = {} if isinstance(config, list) else {k: v for k, v in config.items() if k not in ("layers", "name")}
    name = str((isinstance(config, dict) and config.get("name")) or data.get("name") or "sequential")
    layers = [_layer(entry, dialect, origin) for entry in _checked_entries(entries, name)]
    if not layers:
        raise ConversionFailed([BrokenGraph("a Sequential without layers", layer=name)])
    layers = _with_own_names(layers, stored)
    if layers[0].class_name != "InputLayer":
        first = layers[0]
        layers.insert(0, _input_of(first, extra, origin, tuple(stored.get(first.name, {}).values())))
    chained, before = [], None
    for layer in layers:
        chained.append(replace(layer, calls=(Call(() if before is None else (before,)),)))
        before = Port(layer.name)
    return ModelSpec(
        dialect, name, tuple(chained), (Port(layers[0].name),), (before,), origin, sequential=True, config=extra
    )


def _with_own_names(layers: list[LayerSpec], stored: Stored) -> list[LayerSpec]:
    """Models without a name take that of the tensors stored at their place, or a number where two would be the same."""
    known = list(stored) if len(stored) == len(layers) else []
    named: list[LayerSpec] = []
    for place, layer in enumerate(layers):
        name = known[place] if known and layer.inner_model is not None else layer.name
        taken = {other.name for other in named}
        if layer.inner_model is not None and name in taken:
            name = next(f"{name}_{n}" for n in itertools.count(2) if f"{name}_{n}" not in taken)
        nested = layer.inner_model
        inner = layer.inner if nested is None else {"model": replace(nested, name=name)}
        named.append(replace(layer, name=name, inner=inner))
    return named


def _input_of(first: LayerSpec, extra: Mapping[str, Any], origin: Origin, tensors: Sequence[Tensor]) -> LayerSpec:
    """The input that a Sequential's first layer declares.

    Keras 2.2.3 to 2.3.1 drop an explicit InputLayer with the shape it holds; the kernel of a Dense layer shows it again.
    """
    shape, dtype = _declared_input(first)
    shape = shape or extra.get("build_input_shape")
    hint = origin.hints.get("input_shape")
    if shape is None and hint is not None:
        shape = [None, *hint]
    if shape is None and first.class_name == "Dense" and tensors and len(tensors[0].shape) == 2:
        shape = [None, tensors[0].shape[0]]
    if shape is None:
        raise AmbiguousOrigin(
            "the file lost the shape of the model's input", layer=first.name, class_name=first.class_name,
            option="--input-shape",
        )  # fmt: skip
    config = {"batch_input_shape": list(shape), "dtype": dtype or "float32", "sparse": False}
    return LayerSpec("InputLayer", f"{first.name}_input", config)


def _declared_input(layer: LayerSpec) -> tuple[Any, str | None]:
    if "batch_input_shape" in layer.config:
        return layer.config["batch_input_shape"], layer.config.get("dtype")
    nested = layer.inner_model
    if nested is not None:
        return _declared_input(nested.layer(nested.inputs[0].layer))
    for held in layer.inner_layers():
        shape, dtype = _declared_input(held)
        if shape is not None:
            return (shape[0], None, *shape[1:]) if layer.class_name == "TimeDistributed" else shape, dtype
    return None, None


def _functional(data: Mapping[str, Any], dialect: Dialect, origin: Origin) -> ModelSpec:
    config = data["config"]
    name = str(config.get("name") or "model")
    entries = _checked_entries(config.get("layers", []), name)
    problems: list[Problem] = []
    layers = []
    for entry in entries:
        layer = _layer(entry, dialect, origin, str(entry.get("name") or entry["config"].get("name")))
        nodes = entry.get("inbound_nodes") or ([[]] if layer.class_name == "InputLayer" else [])
        layers.append(replace(layer, calls=tuple(_call(node) for node in nodes)))
    names = [layer.name for layer in layers]
    problems += [BrokenGraph("two layers have this name", layer=n) for n in dict.fromkeys(names) if names.count(n) > 1]
    spec = ModelSpec(
        dialect,
        name,
        tuple(layers),
        _ports(config.get("input_layers", [])),
        _ports(config.get("output_layers", [])),
        origin,
    )
    if problems:
        raise ConversionFailed(problems)
    return spec


def _checked_entries(entries: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(entries, list) or not all(
        isinstance(e, Mapping) and isinstance(e.get("class_name"), str) and isinstance(e.get("config"), dict | list)
        for e in entries
    ):
        raise ConversionFailed([BrokenGraph("its layers are not a list of `class_name` and `config`", layer=name)])
    return entries


def _layer(entry: Mapping[str, Any], dialect: Dialect, origin: Origin, name: str = "") -> LayerSpec:
    class_name, config = entry["class_name"], entry["config"]
    if class_name in MODELS:
        nested = model_of(entry, dialect, origin)
        name = name or nested.name
        return LayerSpec(class_name, name, {}, inner={"model": replace(nested, name=name)})
    if not isinstance(config, Mapping):
        raise ConversionFailed([BrokenGraph("its config is not a dict", layer=name, class_name=class_name)])
    name = name or str(config.get("name") or class_name.lower())
    held: dict[str, Any] = {}
    for role in HELD:
        value = config.get(role)
        if isinstance(value, Mapping) and "class_name" in value:
            held[role] = _layer(value, dialect, origin)
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) and "class_name" in v for v in value):
            held[role] = tuple(_layer(v, dialect, origin) for v in value)
    own = {k: v for k, v in config.items() if k != "name" and k not in held}
    return LayerSpec(class_name, name, own, inner=held)


def _call(node: Any) -> Call:
    """One node: a list of [layer, node, tensor] or [layer, node, tensor, kwargs]; kwargs are the same in each."""
    ports, kwargs = [], {}
    for inbound in node:
        ports.append(_port(inbound))
        if len(inbound) > 3 and isinstance(inbound[3], Mapping):
            kwargs = dict(inbound[3])
    if not ports:
        return Call()
    return Call((ports[0] if len(ports) == 1 else ports,), kwargs)


def _port(reference: Any) -> Port:
    return Port(str(reference[0]), int(reference[1]), int(reference[2]))


def _ports(references: Any) -> tuple[Nest, ...]:
    if references and isinstance(references[0], str):
        return (_port(references),)
    return tuple(_port(r) for r in references)
