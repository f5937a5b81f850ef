"""Puts what a wrapped layer became back into its wrapper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.spec import Call, Dialect, Inner, LayerSpec, ModelSpec, Port
from kconvert.upgrade.fragment import Fragment, Shape, Site, Step, placed

Held = Mapping[str, Sequence[tuple[LayerSpec, Fragment]]]


def wrapped(site: Site, wrapper: Fragment, held: Held, dialect: Dialect) -> Fragment:
    """The wrapper around the fragments of what it holds.

    A TimeDistributed layer that became a chain of layers is a chain of TimeDistributed layers; one that became a small
    graph is TimeDistributed around a model.

    Raises:
        Rejected: a cell or recurrent layer that became several layers: there is no place to put them.
    """
    if site.old.class_name == "TimeDistributed":
        ((inner, fragment),) = held["layer"]
        return _time_distributed(site, wrapper, inner, fragment, dialect)
    inner_specs: dict[str, Inner] = {}
    for role, parts in held.items():
        specs = tuple(_single(layer, fragment) for layer, fragment in parts)
        inner_specs[role] = specs if role == "cells" else specs[0]
    return replace(wrapper, main=replace(wrapper.main, inner=inner_specs))


def _single(layer: LayerSpec, fragment: Fragment) -> LayerSpec:
    if len(fragment.steps) != 1:
        raise Rejected(
            f"holds a {layer.class_name} that becomes several layers ({', '.join(s.class_name for s in fragment.steps)})"
        )
    return _spec(fragment.main, layer.name)


def _spec(step: Step, name: str) -> LayerSpec:
    return LayerSpec(step.class_name, name, step.config, (), step.tensors, step.inner)


def _time_distributed(
    site: Site, wrapper: Fragment, layer: LayerSpec, fragment: Fragment, dialect: Dialect
) -> Fragment:
    if fragment.is_linear:

        def around(step: Step) -> Step:
            name = layer.name if step is fragment.steps[-1] else f"{layer.name}_{step.suffix}"
            return replace(wrapper.main, suffix=step.suffix, inner={"layer": _spec(step, name)})

        return Fragment(around(fragment.main), tuple(map(around, fragment.before)), tuple(map(around, fragment.after)))
    shape = site.input_shapes[0] if site.input_shapes else None
    if shape is None:
        raise Rejected("holds a layer that becomes several layers, and the shape of its input is not known")
    model = _as_model(site, layer, fragment, (None, *shape[2:]), dialect)
    return replace(
        wrapper,
        main=replace(wrapper.main, inner={"layer": LayerSpec("Functional", model.name, {}, inner={"model": model})}),
    )


def _as_model(site: Site, layer: LayerSpec, fragment: Fragment, shape: Shape, dialect: Dialect) -> ModelSpec:
    entry = f"{layer.name}_input"
    dtype = fragment.main.config.get("dtype", "float32")
    key = "batch_shape" if dialect is Dialect.keras3 else "batch_input_shape"
    source = LayerSpec("InputLayer", entry, {key: list(shape), "dtype": dtype}, (Call(),))
    called = replace(layer, calls=(Call((Port(entry),)),))
    layers = (source, *placed(fragment, called, (entry,)))
    return ModelSpec(dialect, f"{layer.name}_steps", layers, (Port(entry),), (Port(layer.name),), site.origin)
