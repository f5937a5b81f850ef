"""The graph of a model in short, for reports: which layer takes what from which; no configs, no tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a report that comes out of a worker needs no NumPy
    from kconvert.spec import LayerSpec, ModelSpec


@dataclass(frozen=True, slots=True)
class Node:
    """One layer.

    Attributes:
        name: `outer/inner` for one of a nested model; the names of old layers may hold slashes themselves.
        label: the layer's own name.
        depth: how many models it is inside.
        takes: the nodes that its calls take, by their place in the graph, each once.
        calls: how often it is used.
        holds: the classes of what a wrapper has inside, at every depth.
        is_model: its own layers follow as nodes of their own.
        role: `input` or `output` of the outermost model, or both with a blank between, or empty.
    """

    name: str
    label: str
    depth: int
    class_name: str
    takes: tuple[int, ...] = ()
    calls: int = 1
    holds: tuple[str, ...] = ()
    is_model: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Every layer of a model and of the models inside it; a nested model's layers stand right behind it."""

    nodes: tuple[Node, ...] = ()


def graph_of(model: ModelSpec) -> Graph:
    """The graph, inputs before what takes them as far as shared layers let it."""
    nodes: list[Node] = []
    _add(model, (), nodes)
    return Graph(tuple(nodes))


def _add(model: ModelSpec, parents: tuple[str, ...], nodes: list[Node]) -> None:
    from kconvert.spec import ports_in

    layers = _in_order(model)
    places: dict[str, int] = {}
    place = len(nodes)
    for layer in layers:
        places[layer.name] = place
        place += 1 + (_size(layer.inner_model) if layer.inner_model else 0)
    roles: dict[str, list[str]] = {}
    if not parents:
        for role, nest in (("input", model.inputs), ("output", model.outputs)):
            for port in ports_in(nest):
                roles.setdefault(port.layer, [])
                roles[port.layer] += [role] if role not in roles[port.layer] else []
    for layer in layers:
        taken = (places[port.layer] for call in layer.calls for port in call.ports() if port.layer in places)
        nodes.append(
            Node(
                "/".join((*parents, layer.name)), layer.name, len(parents), layer.class_name,
                tuple(dict.fromkeys(taken)), len(layer.calls), tuple(_held(layer)), layer.inner_model is not None,
                " ".join(roles.get(layer.name, ())),
            )
        )  # fmt: skip
        if layer.inner_model is not None:
            _add(layer.inner_model, (*parents, layer.name), nodes)


def _size(model: ModelSpec) -> int:
    return sum(1 + (_size(layer.inner_model) if layer.inner_model else 0) for layer in model.layers)


def _held(layer: LayerSpec) -> Iterator[str]:
    for held in layer.inner_layers():
        yield held.class_name
        yield from _held(held)


def _in_order(model: ModelSpec) -> list[LayerSpec]:
    """The file's order, but each layer behind those that its first call takes."""
    layers = {layer.name: layer for layer in model.layers}
    order: dict[str, LayerSpec] = {}
    for start in model.layers:
        waiting, open_ = [start.name], set[str]()
        while waiting:
            name = waiting[-1]
            before = [p.layer for p in layers[name].calls[0].ports()] if layers[name].calls else []
            missing = [n for n in before if n in layers and n not in order and n not in open_]
            if name in order or not missing:
                order.setdefault(name, layers[name])
                waiting.pop()
            else:
                open_.add(name)
                waiting += reversed(missing)
    return list(order.values())
