"""The graph of a spec, called layer by layer in the order in which inputs come first."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from kconvert.errors import BrokenGraph, ConversionFailed, Problem
from kconvert.framework import keras_on_tensorflow
from kconvert.rebuild.budget import bounded_weights
from kconvert.rebuild.custom import NO_OBJECTS, PREFIX, Objects, custom_layer, with_objects
from kconvert.rebuild.stock import refused, stock_layer, stock_operation
from kconvert.rebuild.sums import SUMS, in_safe_order, plain_sum
from kconvert.spec import Call, LayerSpec, ModelSpec, Nest, Port, map_ports, ports_in
from kconvert.sums import has_plain_sums


def rebuilt(spec: ModelSpec, custom: Objects = NO_OBJECTS) -> Any:
    """The model, its weights without values: late ones, or zeros where code of the user's own may assign to them.

    A Sequential stays one where its layers form a chain without operations between them; one of no layers, which today's Keras
    cannot run, becomes a graph.

    Args:
        custom: the user's own classes and functions by name.

    Raises:
        ConversionFailed: today's Keras refuses a layer, its arguments or how it is called.
        UnsafeSource: a layer asks for more weights than the file has tensors.
    """
    try:
        with bounded_weights(spec, is_late=not custom):
            return _model(spec, custom)
    except Problem as problem:
        raise ConversionFailed([problem]) from None


def _model(spec: ModelSpec, custom: Objects) -> Any:
    keras = keras_on_tensorflow()
    if (
        spec.sequential
        and spec.is_chain
        and len(spec.layers) > 1
        and not any(la.class_name.startswith("ops.") for la in spec.layers)
    ):
        return _sequential(spec, custom)
    layers = {layer.name: layer for layer in spec.layers}
    made = {name: _layer(layer, custom) for name, layer in layers.items()}
    plain = has_plain_sums(spec.origin)
    if plain:
        made |= {name: plain_sum for name, layer in layers.items() if layer.class_name == "ops.add"}
    outputs: dict[Port, Any] = {}
    names = _MaskNames({_node_name(la, n) for la in spec.layers for n in range(len(la.calls))})
    for name, number in _order(spec):
        _call(layers[name], number, made[name], outputs, names, plain and layers[name].class_name in SUMS)
    try:
        model = keras.Model(_unwrapped(spec.inputs, outputs), _unwrapped(spec.outputs, outputs), name=spec.name)
    except (TypeError, ValueError) as error:
        raise refused(error, LayerSpec("Functional", spec.name, {})) from None
    for operation in model.operations:
        names.give(operation)
    return model


class _MaskNames:
    """Names for the operations that Keras adds to follow masks.

    Their own count up in the process, would end up in the file, and can be those of layers.
    """

    def __init__(self, taken: set[str]) -> None:
        self._free = (name for n in itertools.count() if (name := f"mask_step_{n}") not in taken)
        self._known: set[int] = set()

    def keep(self, operation: Any) -> None:
        """An operation of the spec, which has its name."""
        self._known.add(id(operation))

    def give(self, operation: Any) -> None:
        """A name for this operation, unless it has one."""
        if id(operation) not in self._known:
            self._known.add(id(operation))
            operation.name = next(self._free)

    def give_behind(self, tensor: Any) -> None:
        """Names for the operations that computed a tensor's mask."""
        mask = getattr(tensor, "_keras_mask", None)
        waiting: list[Any] = [mask] if hasattr(mask, "_keras_history") else []
        while waiting:
            operation, node, _ = waiting.pop()._keras_history
            if id(operation) not in self._known:
                self.give(operation)
                waiting += operation._inbound_nodes[node].input_tensors


def _node_name(spec: LayerSpec, number: int) -> str:
    """Each call of an operation is a node with a name of its own; a layer has one name for all."""
    return f"{spec.name}_{number}" if number and spec.class_name.startswith("ops.") else spec.name


def _sequential(spec: ModelSpec, custom: Objects) -> Any:
    keras = keras_on_tensorflow()
    first, *rest = spec.layers
    try:
        source = keras.layers.InputLayer(name=first.name, **first.config)
    except (TypeError, ValueError) as error:
        raise refused(error, first) from None
    model = keras.Sequential([source], name=spec.name)
    for layer in rest:
        try:
            model.add(_layer(layer, custom))
        except (TypeError, ValueError) as error:
            raise refused(error, layer) from None
    return model


def _layer(spec: LayerSpec, custom: Objects) -> Any:
    """What is called: a layer, a nested model, an operation; the source of an input is its tensor."""
    keras = keras_on_tensorflow()
    try:
        if spec.inner_model is not None:
            return _model(replace(spec.inner_model, name=spec.name), custom)
        if spec.class_name == "InputLayer":
            return keras.Input(name=spec.name, **spec.config)
        if spec.class_name.startswith("ops."):
            return stock_operation(spec)
        inner = {
            role: tuple(_layer(one, custom) for one in held) if isinstance(held, tuple) else _layer(held, custom)
            for role, held in spec.inner.items()
            if not isinstance(held, ModelSpec)
        }
        if custom:
            spec = replace(spec, config=with_objects(dict(spec.config), custom, spec))
        return custom_layer(spec, inner, custom) if spec.class_name.startswith(PREFIX) else stock_layer(spec, inner)
    except Problem as problem:
        raise problem.inside(spec.name) if spec.inner and problem.layer != spec.name else problem from None
    except (TypeError, ValueError) as error:
        raise refused(error, spec) from None


def _call(
    spec: LayerSpec, number: int, made: Any, outputs: dict[Port, Any], names: _MaskNames, is_plain_sum: bool
) -> None:
    call = spec.calls[number]
    if spec.class_name == "InputLayer":
        names.keep(made._keras_history.operation)
        outputs[Port(spec.name, number)] = made
        return
    try:
        args, kwargs = _tensors(call.args, outputs), _tensors(dict(call.kwargs), outputs)
        if is_plain_sum:
            args = (in_safe_order(args[0]), *args[1:])
        result = made(*args, **kwargs)
    except Problem as problem:
        problem.class_name = spec.class_name
        raise problem.inside(spec.name) from None
    except Exception as error:
        if not spec.class_name.startswith(PREFIX) and not isinstance(
            error, TypeError | ValueError | KeyError | IndexError
        ):
            raise
        raise refused(error, spec) from None
    results = _flat(result)
    names.keep(results[0]._keras_history.operation)
    for tensor in results:
        names.give_behind(tensor)
    for output, tensor in enumerate(results):
        outputs[Port(spec.name, number, output)] = tensor
    if spec.class_name.startswith("ops."):
        results[0]._keras_history.operation.name = _node_name(spec, number)


def _flat(result: Any) -> list[Any]:
    """The tensors of a call in the order in which Keras numbers them: the states of stacked cells stand in lists of their own."""
    return [tensor for part in result for tensor in _flat(part)] if isinstance(result, list | tuple) else [result]


def _order(spec: ModelSpec) -> list[tuple[str, int]]:
    waiting: list[tuple[str, int, Call]] = [(la.name, n, c) for la in spec.layers for n, c in enumerate(la.calls)]
    done: set[tuple[str, int]] = set()
    order = []
    while waiting:
        ready = [(name, n) for name, n, call in waiting if all((p.layer, p.call) in done for p in call.ports())]
        if not ready:
            raise BrokenGraph("its layers wait for each other", layer=spec.name)
        order += ready
        done.update(ready)
        waiting = [(name, n, call) for name, n, call in waiting if (name, n) not in done]
    return order


def _tensors(nest: Nest, outputs: dict[Port, Any]) -> Any:
    return map_ports(nest, lambda port: outputs[port])


def _unwrapped(nest: Nest, outputs: dict[Port, Any]) -> Any:
    """A model with one input or output takes or gives the tensor itself, not a list of one; a dict stays a dict."""
    if isinstance(nest, dict):
        return _tensors(nest, outputs)
    ports = list(ports_in(nest))
    return outputs[ports[0]] if len(ports) == 1 else [outputs[p] for p in ports]
