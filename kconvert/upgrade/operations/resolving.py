"""Op layers of tf.keras, each a call of a TensorFlow function, and Lambda layers, as stock operations of today's Keras.

One table (`layer_maps/operations/`) says what becomes of each function; what it cannot say is a rule in `rules/`. Code
that computes shapes is followed with constants and `Length`s, so that what was a graph around `tf.shape` is a plain -1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kconvert.errors import Problem, Rejected
from kconvert.report import ArgumentChange, LayerChange
from kconvert.spec import Call, LayerSpec, ModelSpec, Port, map_ports, ports_in
from kconvert.upgrade.lambdas import body_of, held_lambda, lambda_call
from kconvert.upgrade.masks import makes_masks
from kconvert.upgrade.operations import OP_LAYERS
from kconvert.upgrade.operations.arguments import function_named, of_node
from kconvert.upgrade.operations.build import Build, Known, Value, renamed, with_lengths
from kconvert.upgrade.operations.calls import applied
from kconvert.upgrade.operations.layers import known_outputs
from kconvert.upgrade.operations.table import Function, Table, operation_table
from kconvert.upgrade.order import calls_in_order

__all__ = ["Resolved", "is_resolved", "with_stock_operations"]

LOST = object()  # the output of a layer that could not be resolved


@dataclass(frozen=True, slots=True)
class Resolved:
    """The model without op layers, what became of each, and what stands against it."""

    model: ModelSpec
    changes: tuple[LayerChange, ...] = ()
    problems: tuple[Problem, ...] = ()


def with_stock_operations(model: ModelSpec) -> Resolved:
    """The model with an `ops.*` layer, or several, for each op layer at any depth; every unknown function is a problem."""
    resolving = _Resolving(model)
    changed = resolving.model()
    return Resolved(changed, tuple(resolving.changes), tuple(resolving.problems))


def is_resolved(layer: LayerSpec) -> bool:
    """True for a layer that stock operations take the place of."""
    return layer.class_name in OP_LAYERS or held_lambda(layer) is not None


def _without_mask(build: Build, result: Any) -> Any:
    """A Lambda hands no mask on (keras 2.2.4 layers/core.py `Lambda.compute_mask`); other operations in a layer's place do."""
    return tuple(build("copy", one) for one in result) if isinstance(result, tuple) else build("copy", result)


class _Resolving:
    """One graph, call by call, in an order in which inputs come first."""

    def __init__(self, model: ModelSpec, parents: tuple[str, ...] = ()) -> None:
        self._model = model
        self._parents = parents
        self._table: Table = operation_table()
        self._values: dict[Port, Value] = {}  # old port -> what it is now, where that is another
        self._known: dict[Port, Known] = {}
        self._new: dict[str, list[LayerSpec]] = {}  # op layer -> operations
        self._calls: dict[str, dict[int, Call]] = {}  # any other layer -> its calls
        self._copies: dict[str, LayerSpec] = {}
        self._taken = {layer.name for layer in model.layers}
        self._has_masks = makes_masks(model) or bool(parents)
        self._batch = next(ports_in(model.inputs), Port(""))
        self.changes: list[LayerChange] = []
        self.problems: list[Problem] = []

    def model(self) -> ModelSpec:
        """The graph without op layers."""
        inner = {layer.name: self._inside(layer) for layer in self._model.layers if layer.inner}
        has_own = any(map(is_resolved, self._model.layers))
        if not has_own and all(inner[la.name] is la for la in self._model.layers if la.inner):
            return self._model
        for layer, number in calls_in_order(self._model):
            if is_resolved(layer):
                self._resolve(layer, number)
            else:
                self._follow(inner.get(layer.name, layer), number)
        layers: list[LayerSpec] = []
        for layer in self._model.layers:
            if is_resolved(layer):
                layers += self._new.get(layer.name, [])
            else:
                followed = self._calls.get(layer.name, {})
                calls = tuple(followed.get(number, call) for number, call in enumerate(layer.calls))
                layers.append(replace(inner.get(layer.name, layer), calls=calls))
        outputs = self._outputs()
        return replace(self._model, layers=(*layers, *self._copies.values()), outputs=outputs)

    def _inside(self, layer: LayerSpec) -> LayerSpec:
        """The layer with op layers resolved in what it holds."""
        held: dict[str, Any] = {}
        for role, value in layer.inner.items():
            if isinstance(value, ModelSpec):
                below = _Resolving(value, (*self._parents, layer.name))
                found = below.model()
                held[role] = value if below.problems else found  # a layer that is a problem leaves a hole
                self.changes += below.changes
                self.problems += below.problems
            elif isinstance(value, LayerSpec):
                held[role] = self._inside(value)
            else:
                held[role] = tuple(map(self._inside, value))
        same = all(
            held[r] is v or (isinstance(v, tuple) and all(a is b for a, b in zip(held[r], v, strict=True)))
            for r, v in layer.inner.items()
        )
        return layer if same else replace(layer, inner=held)

    def _resolve(self, layer: LayerSpec, number: int) -> None:
        build = Build(self._known)
        try:
            held = held_lambda(layer)
            function, args, kwargs = (None, (), {}) if held is not None else self._function(layer, number)
            if any(self._values.get(p) is LOST for p in layer.calls[number].ports()):
                self._lose(layer, number)
                return
            if held is not None:
                inputs = self._now(layer.calls[number]).args
                build, result = lambda_call(layer, inputs, self._known, self._model.origin, self._has_masks)
                if held is layer and self._has_masks:
                    result = _without_mask(build, result)
            else:
                assert function is not None
                result = applied(build, function, args, kwargs)
        except Problem as problem:
            if not any(p.layer == "/".join((*self._parents, layer.name)) for p in self.problems):
                problem.layer, problem.class_name = "/".join((*self._parents, layer.name)), layer.class_name
                self.problems.append(problem)
            self._lose(layer, number)
            return
        name = f"{layer.name}_{number}" if number else layer.name
        operations, names = build.named(name, self._taken - {layer.name})
        self._taken.update(spec.name for spec in operations)
        self._new.setdefault(layer.name, []).extend(operations)
        outputs = result if isinstance(result, tuple) else (result,)
        for output, value in enumerate(outputs):
            self._known |= build.known_as(value, names)
            self._values[Port(layer.name, number, output)] = renamed(value, names)
        self._report(layer, operations)

    def _function(self, layer: LayerSpec, number: int) -> tuple[Function, Sequence[Value], Mapping[str, Value]]:
        """The row of the function that the layer calls, and the call with today's values in it."""
        call = self._now(layer.calls[number])
        args, kwargs = call.args, call.kwargs
        if layer.class_name == "TensorFlowOpLayer":
            name, kwargs = of_node(layer.config["operation"], layer.config["attributes"], args, self._table)
            return function_named(name, self._table), (), kwargs
        if layer.class_name in ("ClassMethod", "InstanceMethod", "InstanceProperty"):
            what = ".".join(
                str(layer.config[k]) for k in ("cls_symbol", "method_name", "attr_name") if k in layer.config
            )
            raise Rejected(
                f"{what or 'it'} of a ragged or sparse tensor, which today's Keras has in no stock operation"
            )
        return function_named(str(layer.config.get("function")), self._table), args, kwargs

    def _lose(self, layer: LayerSpec, number: int) -> None:
        for other in self._model.layers:
            for call in other.calls:
                self._values |= {p: LOST for p in call.ports() if (p.layer, p.call) == (layer.name, number)}
        for port in ports_in(self._model.outputs):
            if (port.layer, port.call) == (layer.name, number):
                self._values[port] = LOST

    def _follow(self, layer: LayerSpec, number: int) -> None:
        """A layer that is no op layer: its call with today's ports, and what is known of its outputs."""
        call = layer.calls[number]
        if any(self._values.get(p) is LOST for p in call.ports()):
            self._lose(layer, number)
            return
        new = self._now(call)
        self._calls.setdefault(layer.name, {})[number] = new
        for output, known in enumerate(known_outputs(layer, new, self._known, self._batch)):
            port = Port(layer.name, number, output)
            self._known[port] = replace(known, shape=with_lengths(known.shape, port))

    def _now(self, call: Call) -> Call:
        """With today's values in the place of ports."""
        return call.on(lambda port: self._values.get(port, port))

    def _outputs(self) -> Any:
        def port(old: Port) -> Port:
            value = self._values.get(old, old)
            if value is LOST:
                return old
            if not isinstance(value, Port):
                problem = Rejected("it is an output of the model, and a constant or a length")
                problem.layer = "/".join((*self._parents, old.layer))
                self.problems.append(problem)
                return old
            if value != old and any(value.layer == p.layer for p in ports_in(self._model.inputs)):
                self._copies[old.layer] = LayerSpec("ops.copy", old.layer, {}, (Call((value,)),))
                return Port(old.layer)
            return value

        return map_ports(self._model.outputs, port)

    def _report(self, layer: LayerSpec, operations: Sequence[LayerSpec]) -> None:
        name = "/".join((*self._parents, layer.name))
        function = layer.config.get("function") or layer.config.get("operation")
        held = held_lambda(layer)
        if held is not None:
            function = body_of(held, self._model.origin.custom).text
        becomes = tuple(spec.class_name for spec in operations)
        because = "the names K, tf and np are taken for keras.backend, TensorFlow and NumPy" if held is not None else ""
        change = ArgumentChange("changed", str(function), ", ".join(becomes) or "a constant", because)
        names = tuple("/".join((*self._parents, spec.name)) for spec in operations)
        self.changes.append(
            LayerChange(name, layer.class_name, becomes, name, (change,), hop="operations", names=names)
        )
