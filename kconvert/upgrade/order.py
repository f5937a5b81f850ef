"""The calls of a graph in an order in which inputs come first."""

from __future__ import annotations

from kconvert.spec import LayerSpec, ModelSpec


def calls_in_order(model: ModelSpec) -> list[tuple[LayerSpec, int]]:
    """All calls, each after the calls whose outputs it takes."""
    waiting = [(layer, n) for layer in model.layers for n in range(len(layer.calls))]
    done: set[tuple[str, int]] = set()
    order = []
    while waiting:
        ready = [(la, n) for la, n in waiting if all((p.layer, p.call) in done for p in la.calls[n].ports())]
        if not ready:
            break  # a cycle or a missing layer: `read` has named it already
        order += ready
        done.update((layer.name, n) for layer, n in ready)
        waiting = [(la, n) for la, n in waiting if (la.name, n) not in done]
    return order
