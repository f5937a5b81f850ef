"""A config dict to layers and ports: the envelopes of Keras 0.x, 1.x and 2.x, their words left alone.

Sequential's config is a list up to 2.2.2 and a dict afterwards; a functional model lists for each layer the nodes it was
called by. Sources: keras 1.2.2 models.py, engine/topology.py `Container.get_config`; keras 2.0.8 likewise; keras 2.3.1
engine/network.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kconvert.errors import AmbiguousOrigin, BrokenGraph, ConversionFailed, Problem, UnknownLayer
from kconvert.read.branches import Branches, begins_with_branches, free_name
from kconvert.read.graph_container import GraphContainer
from kconvert.read.lost_operands import with_lost_operands
from kconvert.read.nodes import call_of, is_operation, ports_of
from kconvert.read.op_layers import with_arguments
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port, Tensor, map_ports, ports_in

MODELS = frozenset({"Sequential", "Model", "Functional", "Graph"})
Stored = Mapping[str, Mapping[str, Tensor]]
Groups = tuple[tuple[str, ...], ...]
NOTHING_STORED: Stored = {}
HELD = ("layer", "cell", "cells", "forward_layer", "backward_layer")
OURS = ("ops.", "Operation>")  # what kconvert itself calls operations; a file must not
KERAS = frozenset(["keras", "tf_keras", "tensorflow", "keras_core", "builtins"])
DTYPE = {Dialect.keras0: "input_dtype", Dialect.keras1: "input_dtype"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A model without its tensors.

    Attributes:
        groups: for each group of tensors that its own framework would store, in order, the layers that share it.
    """

    model: ModelSpec
    groups: Groups


def model_of(
    data: Mapping[str, Any], dialect: Dialect, origin: Origin, stored: Stored = NOTHING_STORED, outermost: bool = True
) -> Envelope:
    """The model that a `{"class_name", "config"}` describes, without its tensors.

    Args:
        stored: layer -> its tensors, in the file's order. Before 2.2.3 a Sequential inside a Sequential has its name
            there alone.
        outermost: False for a model inside another one.

    Raises:
        ConversionFailed: with a BrokenGraph for each inconsistency.
        AmbiguousOrigin: the file lost the shape of the input.
    """
    if data["class_name"] == "Graph":
        return _graph(data, dialect, origin)
    is_sequential = data["class_name"] == "Sequential" or isinstance(data["config"], list)
    if not is_sequential:
        return _functional(data, dialect, origin)
    return _sequential(data, dialect, origin, stored, outermost)


def _sequential(data: Mapping[str, Any], dialect: Dialect, origin: Origin, stored: Stored, outermost: bool) -> Envelope:
    config = data["config"]
    entries: Sequence[Any] = config if isinstance(config, list) else config.get("layers", [])
    extra = {} if isinstance(config, list) else {k: v for k, v in config.items() if k not in ("layers", "name")}
    name = str((isinstance(config, dict) and config.get("name")) or data.get("name") or "sequential")
    entries = _checked_entries(entries, name)
    if not entries:
        raise ConversionFailed([BrokenGraph("a Sequential without layers", layer=name)])
    if begins_with_branches(entries):
        return _branched(name, entries, dialect, origin, stored)
    parts = [_parts(entry, dialect, origin) for entry in entries]
    layers = _with_own_names([layer for part in parts for layer, _ in part], stored, dialect)
    groups, chained, skipped = [], [], iter(layers)
    for part in parts:
        own = [next(skipped) for _ in part]
        groups.append(tuple(layer.name for layer in own))
        chained += [(layer, is_called) for layer, (_, is_called) in zip(own, part, strict=True)]
    first = layers[0]
    if first.class_name != "InputLayer":
        tensors = tuple(stored.get(first.name, {}).values())
        chained.insert(0, (_input_of(first, extra, origin, dialect, tensors, outermost), True))
    called, before = [], None
    for layer, is_called in chained:
        called.append(replace(layer, calls=(Call(() if before is None else (before,)),) if is_called else ()))
        before = Port(layer.name) if is_called else before
    spec = ModelSpec(
        dialect, name, tuple(called), (Port(called[0].name),), (before,), origin, sequential=True, config=extra
    )
    return Envelope(spec, tuple(groups))


def _parts(entry: Mapping[str, Any], dialect: Dialect, origin: Origin) -> list[tuple[LayerSpec, bool]]:
    """The layers that one entry stands for, and whether they are called: an AutoEncoder of Keras 0.x is two models."""
    if dialect is not Dialect.keras0 or entry["class_name"] != "AutoEncoder":
        return [(_layer(entry, dialect, origin), True)]
    config = entry["config"]
    encoder, decoder = (_layer(config[role], dialect, origin) for role in ("encoder", "decoder"))
    return [(encoder, True), (decoder, bool(config["output_reconstruction"]))]


def _branched(name: str, entries: Sequence[Any], dialect: Dialect, origin: Origin, stored: Stored) -> Envelope:
    graph = Branches(
        layer_of=lambda entry: _layer(entry, dialect, origin),
        input_of=lambda layer: _input_of(layer, {}, origin, dialect, ()),
        model_of=lambda entry: _functional(entry, dialect, origin).model,
        shares_names=dialect is not Dialect.keras0,
    )
    before_chain = graph.sequential(entries[:1])
    branches = tuple(graph.stored)
    output = before_chain
    for entry in entries[1:]:
        output = graph.followed_by(_layer(entry, dialect, origin), output)
    layers = tuple(graph.layers.values())
    inputs = tuple(Port(layer.name) for layer in layers if layer.class_name == "InputLayer")
    spec = ModelSpec(dialect, name, layers, inputs, (output,), origin)
    singles = tuple((stored_name,) for stored_name in graph.stored)
    rest = singles[len(branches) :]
    return Envelope(spec, (branches, *rest) if dialect is Dialect.keras0 else singles)


def _graph(data: Mapping[str, Any], dialect: Dialect, origin: Origin) -> Envelope:
    graph = GraphContainer(lambda entry: _layer(entry, dialect, origin), named_by_node=dialect is Dialect.keras0)
    inputs, outputs = graph.read(data["config"])
    name = str(data["config"].get("name") or data.get("name") or "graph")
    spec = ModelSpec(dialect, name, tuple(graph.layers.values()), tuple(inputs), tuple(outputs), origin)
    stored = tuple(name for name in graph.stored if dialect is Dialect.keras1 or not _is_input(graph.layers[name]))
    return Envelope(spec, (stored,) if dialect is Dialect.keras0 else tuple((name,) for name in stored))


def _is_input(layer: LayerSpec) -> bool:
    return layer.class_name == "InputLayer"


def _with_own_names(layers: list[LayerSpec], stored: Stored, dialect: Dialect) -> list[LayerSpec]:
    """Models without a name take that of the tensors stored at their place; where two would be the same, a number.

    So do all layers of Keras 0.x, whose names need not differ.
    """
    known = list(stored) if len(stored) == len(layers) and dialect is not Dialect.keras0 else []
    named: list[LayerSpec] = []
    for place, layer in enumerate(layers):
        nested = layer.inner_model
        name = known[place] if known and nested is not None else layer.name
        taken = {other.name for other in named}
        if nested is not None or dialect is Dialect.keras0:
            name = free_name(name, taken)
        elif name in taken:
            raise ConversionFailed([BrokenGraph("two layers have this name", layer=name)])
        inner = layer.inner if nested is None else {"model": replace(nested, name=name)}
        named.append(replace(layer, name=name, inner=inner))
    return named


def _input_of(
    first: LayerSpec,
    extra: Mapping[str, Any],
    origin: Origin,
    dialect: Dialect,
    tensors: Sequence[Tensor],
    outermost: bool = True,
) -> LayerSpec:
    """The input that a Sequential's first layer declares.

    Keras 2.2.3 to 2.3.1 drop an explicit InputLayer with the shape it holds; the kernel of a Dense layer shows it again.
    """
    shape, dtype = _declared_input(first)
    shape = shape or extra.get("build_input_shape")
    hint = origin.hints.get("input_shape")
    if shape is None and hint is not None and outermost:
        shape = [None, *hint]
    if shape is None and first.class_name == "Dense" and tensors and len(tensors[0].shape) == 2:
        shape = [None, tensors[0].shape[0]]
    if shape is None and outermost:
        raise AmbiguousOrigin(
            "the file lost the shape of the model's input", layer=first.name, class_name=first.class_name,
            option="--input-shape",
        )  # fmt: skip
    # inside another model, the layer before it gives the shape
    declared = None if shape is None else list(shape)
    config = {"batch_input_shape": declared, DTYPE.get(dialect, "dtype"): dtype or "float32", "sparse": False}
    return LayerSpec("InputLayer", f"{first.name}_input", config)


def _declared_input(layer: LayerSpec) -> tuple[Any, str | None]:
    if "batch_input_shape" in layer.config:
        return layer.config["batch_input_shape"], layer.config.get("input_dtype") or layer.config.get("dtype")
    nested = layer.inner_model
    if nested is not None:
        return _declared_input(nested.layer(next(ports_in(nested.inputs)).layer))
    for held in layer.inner_layers():
        shape, dtype = _declared_input(held)
        if shape is not None:
            return (shape[0], None, *shape[1:]) if layer.class_name == "TimeDistributed" else shape, dtype
    return None, None


def _functional(data: Mapping[str, Any], dialect: Dialect, origin: Origin) -> Envelope:
    config = data["config"]
    name = str(config.get("name") or "model")
    entries = _checked_entries(config.get("layers", []), name)
    problems: list[Problem] = []
    layers = []
    for entry in entries:
        layer = _layer(entry, dialect, origin, str(entry.get("name") or entry["config"].get("name")))
        nodes = entry.get("inbound_nodes") or ([[]] if layer.class_name == "InputLayer" else [])
        layers.append(with_arguments(replace(layer, calls=tuple(call_of(node) for node in nodes)), nodes))
    names = [layer.name for layer in layers]
    problems += [BrokenGraph("two layers have this name", layer=n) for n, count in Counter(names).items() if count > 1]
    if problems:
        raise ConversionFailed(problems)
    inputs = map_ports(ports_of(config.get("input_layers", [])), lambda port: _source(port, layers))
    spec = ModelSpec(dialect, name, tuple(layers), inputs, ports_of(config.get("output_layers", [])), origin)
    return Envelope(with_lost_operands(spec), tuple((name,) for name in names))


def is_graph(config: Any) -> bool:
    """True for the config of a functional model, whatever its class: a subclass of Model is made from one, too."""
    return isinstance(config, Mapping) and all(key in config for key in ("layers", "input_layers", "output_layers"))


def _source(port: Port, layers: Sequence[LayerSpec]) -> Port:
    """The InputLayer behind an input. Keras 1 names a linear Activation on it instead: both gave the same tensor."""
    layer = next((la for la in layers if la.name == port.layer), None)
    if layer is None or layer.class_name != "Activation" or not layer.calls:
        return port
    return _source(next(layer.calls[0].ports(), port), layers)


def _checked_entries(entries: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(entries, list) or not all(
        isinstance(e, Mapping) and isinstance(e.get("class_name"), str) and isinstance(e.get("config"), dict | list)
        for e in entries
    ):
        raise ConversionFailed([BrokenGraph("its layers are not a list of `class_name` and `config`", layer=name)])
    return entries


def _class_of(entry: Mapping[str, Any]) -> str:
    """The class; one that says that it is not Keras's own bears its package or module: a user's `Dense` is another.

    Keras 2.12 and later write both (keras 2.15 and 3.15 src/saving/serialization_lib.py `serialize_keras_object`). Nothing
    is ever imported by them.
    """
    class_name, module, registered = str(entry["class_name"]), entry.get("module"), entry.get("registered_name")
    if not isinstance(module, str) or module.partition(".")[0] in KERAS or ">" in class_name:
        return class_name
    return registered if isinstance(registered, str) and ">" in registered else f"{module}>{class_name}"


def _layer(entry: Mapping[str, Any], dialect: Dialect, origin: Origin, name: str = "") -> LayerSpec:
    class_name, config = _class_of(entry), entry["config"]
    if class_name.startswith(OURS):
        raise ConversionFailed([UnknownLayer("is not a layer of Keras", layer=name, class_name=class_name)])
    if dialect is Dialect.keras3 and is_operation(entry):
        class_name = f"Operation>{class_name}"
    if class_name in MODELS or is_graph(config):
        nested = model_of(entry, dialect, origin, outermost=False).model
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
