"""Layers that are stored, but take no part in any output.

* Keras 0.3 stores the decoder of an AutoEncoder that gives out its code (layers/core.py, `output_reconstruction=False`).
* tf.keras keeps what `model.add_loss` and `model.add_metric` were given in the graph: AddLoss and AddMetric, the operations
  and heads that only they depend on, and calls of shared layers (tensorflow 2.4 python/keras/engine/functional.py
  `_insert_layers`, base_layer.py `AddLoss`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from kconvert.report import Note
from kconvert.spec import Inner, LayerSpec, ModelSpec, Port, Tensor, ports_in, walk

LOSSES = {"AddLoss": "loss", "AddMetric": "metric"}


def with_needed_calls(model: ModelSpec) -> ModelSpec:
    """The model, at every depth with those calls alone that an output depends on; the layers stay, some without a call."""
    layers = {layer.name: layer for layer in model.layers}
    needed = {(layer.name, n) for layer in model.layers if layer.class_name == "InputLayer" for n in _numbers(layer)}
    waiting = list(ports_in((model.inputs, model.outputs)))
    while waiting:
        port = waiting.pop()
        if (port.layer, port.call) not in needed:
            needed.add((port.layer, port.call))
            waiting += layers[port.layer].calls[port.call].ports()
    new = {
        (layer.name, old): number
        for layer in model.layers
        for number, old in enumerate(n for n in _numbers(layer) if (layer.name, n) in needed)
    }

    def needed_in(layer: LayerSpec) -> LayerSpec:
        calls = tuple(call for number, call in enumerate(layer.calls) if (layer.name, number) in new)
        return replace(_with_models(layer, with_needed_calls), calls=calls)

    needed_alone = replace(model, layers=tuple(map(needed_in, model.layers)))
    return needed_alone.on(lambda p: Port(p.layer, new[p.layer, p.call], p.output))


def _numbers(layer: LayerSpec) -> range:
    return range(len(layer.calls))


def _with_models(layer: LayerSpec, change: Callable[[ModelSpec], ModelSpec]) -> LayerSpec:
    """The layer with every model changed that it holds, directly or in a wrapper."""

    def changed(held: Inner) -> Inner:
        if isinstance(held, ModelSpec):
            return change(held)
        if isinstance(held, LayerSpec):
            return _with_models(held, change)
        return tuple(_with_models(one, change) for one in held)

    return replace(layer, inner={role: changed(held) for role, held in layer.inner.items()}) if layer.inner else layer


@dataclass(frozen=True, slots=True)
class Used:
    """A model without layers that nothing calls, the tensors that they had with the reason, and what to say of them."""

    model: ModelSpec
    dropped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def without_unused(model: ModelSpec) -> Used:
    """The model without them, at every depth."""
    dropped: dict[str, str] = {}
    notes: list[Note] = []

    def used(part: ModelSpec, parents: tuple[str, ...]) -> ModelSpec:
        layers = []
        for layer in part.layers:
            path = (*parents, layer.name)
            if layer.calls:
                layers.append(_with_models(layer, lambda inner, path=path: used(inner, path)))  # type: ignore[misc]
                continue
            dropped.update({t.name: f"no output depends on {layer.name}" for t in _tensors_of(layer, part)})
            what = LOSSES.get(layer.class_name)
            text = f"a {what} for training, which goes on without it: " if what else ""
            notes.append(Note("info", "/".join(path), f"{text}left out, for no output depends on it"))
        return replace(part, layers=tuple(layers))

    return Used(used(model, ()), dropped, tuple(notes))


def _tensors_of(layer: LayerSpec, model: ModelSpec) -> list[Tensor]:
    alone = replace(model, layers=(layer,))
    return [tensor for _, inside in walk(alone) for tensor in inside.tensors.values()]
