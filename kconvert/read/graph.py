"""Are the connections of a model consistent? And: which of the numbered nodes of a file is which call?"""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kconvert.errors import BrokenGraph, ConversionFailed, Problem
from kconvert.spec import Call, LayerSpec, ModelSpec, Nest, Port, ports_in


def consistent(model: ModelSpec) -> ModelSpec:
    """The model with nodes numbered from zero, at every depth, unused nodes of shared layers dropped.

    Keras 2 numbers a layer's nodes over all models that it is used in; the first node of a nested model is its own
    making, so the outer model's references can begin at 1 (keras 2.2.4 engine/network.py `get_config`, `_node_key`).

    Raises:
        ConversionFailed: with a BrokenGraph for each reference to nothing and each cycle.
    """
    model = _with_listed_arguments(_renumbered(model))
    problems = list(_problems(model))
    layers = []
    for layer in model.layers:
        nested = layer.inner_model
        try:
            inner = {"model": _with_lists(consistent(nested))} if nested is not None else layer.inner
            layers.append(replace(layer, inner=inner))
        except ConversionFailed as failed:
            problems += [p.inside(layer.name) for p in failed.problems]
    if problems:
        raise ConversionFailed(problems)
    return replace(model, layers=tuple(layers))


def _with_listed_arguments(model: ModelSpec) -> ModelSpec:
    """Nested models that are called on a dict get the list of its values, in the order of their own inputs.

    The keys are those of the model's inputs, where they are a dict, or else the names of its input layers
    (tensorflow 2.4 python/keras/engine/functional.py `_flatten_to_reference_inputs`).
    """

    def listed(call: Call, names: list[str]) -> Call:
        first = call.args[0] if call.args else None
        if not isinstance(first, Mapping) or not all(name in first for name in names):
            return call
        return replace(call, args=([first[name] for name in names], *call.args[1:]))

    layers = []
    for layer in model.layers:
        nested = layer.inner_model
        if nested is not None:
            inputs = nested.inputs
            names = sorted(inputs) if isinstance(inputs, Mapping) else [p.layer for p in ports_in(inputs)]
            layers.append(replace(layer, calls=tuple(listed(call, names) for call in layer.calls)))
        else:
            layers.append(layer)
    return replace(model, layers=tuple(layers))


def _with_lists(model: ModelSpec) -> ModelSpec:
    """A nested model's inputs and outputs as lists: TensorFlow flattens a dict in the order of its keys."""

    def listed(nest: Nest) -> Nest:
        return tuple(nest[key] for key in sorted(nest)) if isinstance(nest, Mapping) else nest

    return replace(model, inputs=listed(model.inputs), outputs=listed(model.outputs))


def _renumbered(model: ModelSpec) -> ModelSpec:
    """References to a layer that count otherwise than the layer's calls do, by their order.

    Every call that a model lists is one that something in it refers to. Keras 3.0 numbers a layer's calls over all models
    that use it (keras 3.0.5 src/models/functional.py `serialize_node`, `keras_history` as it is).
    """
    wanted: dict[str, set[int]] = {}
    for port in _all_ports(model):
        wanted.setdefault(port.layer, set()).add(port.call)
    new: dict[tuple[str, int], int] = {}
    for layer in model.layers:
        numbers = sorted(wanted.get(layer.name, ()))
        if not numbers or numbers[-1] < len(layer.calls):
            continue
        if len(numbers) == len(layer.calls):
            new |= {(layer.name, number): place for place, number in enumerate(numbers)}
        elif layer.inner_model is not None and numbers[0] >= 1:
            new |= {(layer.name, number): number - 1 for number in numbers}
    if not new:
        return model

    def shifted(old: Port) -> Port:
        return replace(old, call=new.get((old.layer, old.call), old.call))

    return model.on(shifted)


def _all_ports(model: ModelSpec) -> Iterator[Port]:
    for layer in model.layers:
        for call in layer.calls:
            yield from call.ports()
    yield from ports_in((model.inputs, model.outputs))


def _problems(model: ModelSpec) -> Iterator[Problem]:
    layers: Mapping[str, LayerSpec] = {layer.name: layer for layer in model.layers}
    for layer in model.layers:
        for port in (p for call in layer.calls for p in call.ports()):
            if port.layer not in layers:
                yield BrokenGraph(f"takes the output of {port.layer!r}, which is not there", layer=layer.name)
            elif not 0 <= port.call < len(layers[port.layer].calls) or port.output < 0:
                yield BrokenGraph(
                    f"takes output {port.output} of call {port.call} of {port.layer!r}, which has fewer",
                    layer=layer.name,
                )
    for what, nest in (("input", model.inputs), ("output", model.outputs)):
        for port in ports_in(nest):
            if port.layer not in layers or not 0 <= port.call < len(layers[port.layer].calls) or port.output < 0:
                yield BrokenGraph(f"the {what} {port.layer!r} of the model is not there", layer=model.name)
    cycle = _cycle(model)
    if cycle:
        names = " -> ".join(cycle[:6]) + (" -> ..." if len(cycle) > 6 else "")
        yield BrokenGraph(f"these layers wait for each other: {names}", layer=model.name)


def _cycle(model: ModelSpec) -> list[str]:
    """The layers of one cycle in their order, the first once more at the end; empty where there is none."""
    needs = {
        (la.name, n): {(p.layer, p.call) for p in call.ports()}
        for la in model.layers
        for n, call in enumerate(la.calls)
    }
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        return [name for name, _ in error.args[1]]
    return []
