"""What every layer of a Keras model gives, at every depth, in one pass and with no more in memory than the pass needs.

This file imports nothing of kconvert and no framework: the process that checks a converted file loads it alone.

The nodes of a graph are named like their layer, the second call of it `name#1`, those of a nested model `outer/inner`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

Take = Callable[[str, list[Any]], None]


def graph_of(model: Any) -> Any:
    """The graph inside a model (a Sequential has one inside), or None where it has none: a subclass of Model."""
    inner = getattr(model, "_functional", None) if hasattr(model, "_functional") else model
    return inner if hasattr(inner, "_nodes_by_depth") else None


def facts_of(model: Any) -> dict[str, Any]:
    """What is known of a model's graph before it runs: inputs (name, shape, dtype), names of outputs, shapes of all nodes, dtypes.

    Without a graph (a subclass of Model, a Sequential of no layers) that is nothing.
    """
    graph = graph_of(model)
    if graph is None:
        return {"inputs": [], "outputs": [], "nodes": {}, "dtypes": []}
    made = dict(nodes(graph))
    return {
        "inputs": [[s._keras_history.operation.name, list(s.shape), str(s.dtype)] for s in graph.inputs],
        "outputs": [s._keras_history.operation.name for s in graph.outputs],
        "nodes": {name: [list(s.shape) for s in symbols if s.shape is not None] for name, symbols in made.items()},
        "dtypes": sorted({str(s.dtype) for symbols in made.values() for s in symbols}),
    }


def nodes(graph: Any, prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Name of every node and its symbolic outputs, in the order in which they are computed."""
    for name, node in _named(graph):
        yield prefix + name, list(node.output_tensors)
        inside = graph_of(node.operation)
        if inside is not None:
            yield from nodes(inside, f"{prefix}{name}/")


def compute(graph: Any, inputs: Sequence[Any], wanted: Collection[str], take: Take, tree: Any, prefix: str = "") -> Any:
    """Runs a graph node by node and gives what the wanted nodes gave to `take`, at once and in order.

    Args:
        inputs: tensors, in the graph's flattened order.
        tree: the module `keras.tree`.

    Returns:
        The outputs, nested as the graph has them.
    """
    values = {id(symbol): value for symbol, value in zip(graph.inputs, inputs, strict=True)}
    last_use = {id(s): name for name, node in _named(graph) for s in node.input_tensors}
    kept = {id(symbol) for symbol in graph.outputs}
    for name, node in _named(graph):
        if node.is_input:
            results = [values[id(s)] for s in node.output_tensors]
        else:
            args, kwargs = node.arguments.fill_in(values)
            inside = graph_of(node.operation)
            if inside is not None and any(w.startswith(f"{prefix}{name}/") for w in wanted):
                given = [_typed(v, s) for v, s in zip(tree.flatten(args[0]), inside.inputs, strict=True)]
                result = compute(inside, given, wanted, take, tree, f"{prefix}{name}/")
            else:
                result = node.operation(*args, **{**kwargs, **_as_in_use(node.operation)})
            results = tree.flatten(result)
            values.update((id(s), v) for s, v in zip(node.output_tensors, results, strict=True))
        if prefix + name in wanted:
            take(prefix + name, results)
        for symbol in node.input_tensors:
            if last_use[id(symbol)] == name and id(symbol) not in kept:
                values.pop(id(symbol), None)
    return tree.pack_sequence_as(graph._outputs_struct, [values[id(s)] for s in graph.outputs])


def _as_in_use(operation: Any) -> dict[str, Any]:
    """Said to every layer that asks, whatever its call says, as `predict` does."""
    return {"training": False} if "training" in getattr(operation, "_call_context_args", ()) else {}


def _named(graph: Any) -> Iterator[tuple[str, Any]]:
    """A layer's calls are counted in the order in which they were made, which need not be that of the computation."""
    own = {id(node) for depth in graph._nodes_by_depth.values() for node in depth}
    numbers: dict[int, int] = {}
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            calls = [n for n in node.operation._inbound_nodes if id(n) in own]
            numbers.update((id(n), k) for k, n in enumerate(calls))
            number = numbers[id(node)]
            yield f"{node.operation.name}#{number}" if number else node.operation.name, node


def _typed(value: Any, symbol: Any) -> Any:
    """As a nested model takes it; a tensor that is so already keeps its mask."""
    if str(symbol.dtype) == getattr(value.dtype, "name", str(value.dtype)):
        return value
    import tensorflow as tf

    return tf.cast(value, symbol.dtype)
