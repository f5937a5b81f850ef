"""Layers whose names a caller knows keep them, though another layer may stand in their place."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

from kconvert.spec import ModelSpec, Port, ports_in


def dissolved(model: ModelSpec, left: Container[str], names: Mapping[str, str]) -> Iterator[tuple[str, Port]]:
    """A Permute of ours that is no longer needed gives its name, that of the file's layer, to what stands before it.

    Args:
        left: the names of the layers of the new graph.
        names: those that have another name already.

    Returns:
        Each such layer, and what the Permute behind it gave.
    """
    layers = {layer.name: layer for layer in model.layers}
    for layer in model.layers:
        if layer.class_name != "Permute" or layer.name in left or len(layer.calls) != 1:
            continue
        (port,) = layer.calls[0].ports()
        before = layers[port.layer]
        takers = [p for la in model.layers for c in la.calls for p in c.ports() if p.layer == before.name]
        takers += [p for p in ports_in(model.outputs) if p.layer == before.name]
        is_ours = before.name.startswith(f"{layer.name}_") and len(before.calls) == 1 and len(takers) == 1
        if is_ours and before.name in left and before.name not in names:
            yield before.name, Port(layer.name)


def renamed(model: ModelSpec, names: Mapping[str, str]) -> ModelSpec:
    """The model with new names for some of its layers."""
    layers = tuple(replace(la, name=names.get(la.name, la.name)) for la in model.layers)
    return replace(model, layers=layers).on(lambda p: replace(p, layer=names.get(p.layer, p.layer)))
