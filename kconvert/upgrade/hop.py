"""One dialect hop: every layer's class, arguments, tensors and graph, in one pass, by the maps and rules of that hop."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kconvert.errors import NONSENSE, BrokenGraph, ConversionFailed, Problem
from kconvert.report import LayerChange, RuleUsed, TensorChange
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port
from kconvert.upgrade.arguments import Arguments, upgraded_arguments
from kconvert.upgrade.check import entry_of
from kconvert.upgrade.custom import check_kernels
from kconvert.upgrade.fragment import Fragment, Shape, Site, Step, placed, redirected
from kconvert.upgrade.in_short import changed_by_rules
from kconvert.upgrade.map_format import Entry
from kconvert.upgrade.maps import HopMaps, hop_maps
from kconvert.upgrade.rules import RULES
from kconvert.upgrade.shapes import ShapeInference, Words, with_input_shape
from kconvert.upgrade.slots import upgraded_tensors, weights_form
from kconvert.upgrade.wrapping import wrapped


@dataclass(slots=True)
class _Collected:
    """What one hop gathers on its way through the model."""

    problems: list[Problem] = field(default_factory=list)
    changes: list[LayerChange] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def with_names(self, hop: str) -> tuple[LayerChange, ...]:
        """The changes with the names that the new layers got when they were placed."""
        return tuple(replace(c, hop=hop, names=self.names.get(c.name, ())) for c in self.changes)


def hopped(model: ModelSpec, maps: HopMaps) -> tuple[ModelSpec, tuple[LayerChange, ...], dict[str, str], set[str]]:
    """The model in the next dialect, its arguments checked and its tensors bound already.

    Returns:
        The model, what became of each layer, the tensors that nothing uses with the reason, and the layers (with their
        parents) whose outputs other layers give now.

    Raises:
        ConversionFailed: all problems of all layers.
    """
    collected = _Collected()
    upgraded = _model(model, maps, ShapeInference(model, None, words_of_keras2(maps, model.origin)), collected, ())
    if collected.problems:
        raise ConversionFailed(collected.problems)
    changes = collected.with_names(f"{maps.old.name} -> {maps.new.name}")
    return upgraded, changes, collected.dropped, collected.moved


def words_of_keras2(maps: HopMaps, origin: Origin) -> Words:
    """What gives a layer in the words of keras2, class and arguments alone, by the maps that lead there.

    A layer for which a rule is needed keeps its words: its shape will not be known.
    """

    def translated(layer: LayerSpec, hop: HopMaps) -> LayerSpec:
        inner = {r: translated(h, hop) if isinstance(h, LayerSpec) else h for r, h in layer.inner.items()}
        try:
            entry = entry_of(layer, hop, origin)
            config = upgraded_arguments(entry, layer.config, hop, origin).config
        except Problem:
            return replace(layer, inner=inner)
        return replace(layer, class_name=entry.becomes or layer.class_name, config=config, inner=inner)

    def words(layer: LayerSpec) -> LayerSpec:
        hop = maps
        while hop.old < Dialect.keras2:
            layer = translated(layer, hop)
            hop = hop_maps(hop.new)
        return layer

    return words


def _model(
    model: ModelSpec, maps: HopMaps, shapes: ShapeInference, collected: _Collected, parents: tuple[str, ...]
) -> ModelSpec:
    layers: list[LayerSpec] = []
    moved: dict[Port, Port] = {}
    taken = {layer.name for layer in model.layers}
    for layer in model.layers:
        inputs = [shapes.of_inputs(call) for call in layer.calls]
        called = _without_empty_arguments(layer)
        try:
            fragment = _layer(called, maps, model.origin, inputs, collected, parents)
            new = placed(fragment, called, taken)
            moved.update(redirected(fragment, called, new))
        except Problem as problem:
            _add_problem(collected, problem, layer, parents)
            continue
        except NONSENSE as error:
            words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            broken = BrokenGraph(f"its arguments make no sense together ({words})", code="E_BAD_CONFIG")
            broken.__cause__ = error
            _add_problem(collected, broken, layer, parents)
            continue
        taken.update(spec.name for spec in new)
        collected.names["/".join((*parents, layer.name))] = tuple("/".join((*parents, spec.name)) for spec in new)
        layers.extend(new)
    upgraded = replace(model, dialect=maps.new, layers=tuple(layers))
    return upgraded.on(lambda port: moved.get(port, port)) if moved else upgraded


def _without_empty_arguments(layer: LayerSpec) -> LayerSpec:
    """`mask=None`, `training=None`: tf.keras writes down what a call was not given."""
    if not any(value is None for call in layer.calls for value in call.kwargs.values()):
        return layer
    calls = tuple(Call(c.args, {k: v for k, v in c.kwargs.items() if v is not None}) for c in layer.calls)
    return replace(layer, calls=calls)


def _layer(
    layer: LayerSpec,
    maps: HopMaps,
    origin: Origin,
    inputs: Sequence[Sequence[Shape | None]],
    collected: _Collected,
    parents: tuple[str, ...],
) -> Fragment:
    """The steps that one layer becomes, its inner layers included."""
    below = (*parents, layer.name)
    nested = layer.inner_model
    if nested is not None:
        entry = maps.find("layers", layer.class_name) or Entry()
        nested = with_input_shape(nested, inputs[0] if inputs else ())
        shapes = ShapeInference(nested, inputs[0] if inputs else None, words_of_keras2(maps, origin))
        inside = _model(nested, maps, shapes, collected, below)
        return Fragment(Step(entry.becomes or layer.class_name, {}, inner={"model": inside}))
    if layer.class_name.startswith("ops."):
        return Fragment(Step(layer.class_name, layer.config))
    entry = entry_of(layer, maps, origin)
    check_kernels(layer, origin)
    layer = replace(layer, config={**entry.absent, **layer.config})
    arguments = upgraded_arguments(entry, layer.config, maps, origin)
    form = weights_form(entry, layer.config, origin, len(layer.tensors))
    tensors = upgraded_tensors(form, layer, origin)
    fragment = Fragment(Step(entry.becomes or layer.class_name, arguments.config, tensors=tensors))
    site = Site(layer, origin, tuple(call[0] if call else None for call in inputs))
    if layer.inner:
        held = {
            role: _held(inner, maps, origin, inputs, layer.class_name, collected, below)
            for role, inner in layer.inner.items()
        }
        fragment = wrapped(site, fragment, held, maps.new)
    used = []
    for name in entry.rule:
        before, fragment = fragment, RULES[name](site, fragment)
        if fragment is not before:
            used.append(RuleUsed(name, _purpose(name)))
    collected.dropped |= fragment.dropped
    if fragment.outputs:
        collected.moved.add("/".join((*parents, layer.name)))
    collected.changes.append(_change(layer, fragment, arguments, used, parents))
    return fragment


def _held(
    inner: Any,
    maps: HopMaps,
    origin: Origin,
    inputs: Sequence[Sequence[Shape | None]],
    wrapper: str,
    collected: _Collected,
    parents: tuple[str, ...],
) -> tuple[tuple[LayerSpec, Fragment], ...]:
    """What a wrapper holds in one role, as fragments: one layer, or several cells."""
    layers: tuple[LayerSpec, ...] = inner if isinstance(inner, tuple) else (inner,)
    inside = [[_without_time(s) if wrapper == "TimeDistributed" else s for s in call] for call in inputs]
    return tuple((layer, _layer(layer, maps, origin, inside, collected, parents)) for layer in layers)


def _without_time(shape: Shape | None) -> Shape | None:
    return None if shape is None else (shape[0], *shape[2:])


def _add_problem(collected: _Collected, problem: Problem, layer: LayerSpec, parents: tuple[str, ...]) -> None:
    if not problem.layer:
        problem.layer = "/".join((*parents, layer.name))
        problem.class_name = problem.class_name or layer.class_name
    collected.problems.append(problem)


def _change(
    layer: LayerSpec, fragment: Fragment, arguments: Arguments, rules: Sequence[RuleUsed], parents: tuple[str, ...]
) -> LayerChange:
    tensors = tuple(
        TensorChange(t.name, slot, t.shape, str(t.dtype), t.steps)
        for step in fragment.steps
        for slot, t in step.tensors.items()
    )
    name = "/".join((*parents, layer.name))
    becomes = tuple(step.class_name for step in fragment.steps)
    by_rules = tuple(changed_by_rules(arguments.config, fragment.main.config))
    replaced = {change.old for change in by_rules}
    by_tables = tuple(c for c in arguments.changes if not (c.what == "kept" and c.new in replaced))
    changes = (*by_tables, *by_rules)
    return LayerChange(name, layer.class_name, becomes, name, changes, tensors, tuple(rules))


def _purpose(rule: str) -> str:
    """What a rule's file begins with."""
    text = inspect.getdoc(inspect.getmodule(RULES[rule])) or ""
    return " ".join(text.split("\n\n")[0].split())
