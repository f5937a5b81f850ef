"""Layers that hold another layer or a whole model."""

from __future__ import annotations

from dataclasses import replace

from kconvert.axes import AS_BEFORE, Layout, turned
from kconvert.layout.ways import Rule, Use, Way
from kconvert.spec import LayerSpec


def model(use: Use) -> Way | None:
    """A model inside another one: rewritten once for all of its calls."""
    nested = use.layer.inner_model
    if nested is None or len(use.offers) != len(use.shapes):
        return None
    found = use.nested(nested, use.offers, use.shapes)
    layer = replace(use.layer, inner={**use.layer.inner, "model": found.model})
    return Way(layer, found.inputs, found.outputs, cost=found.cost)


def time_distributed(rule: Rule) -> Rule:
    """What is inside never sees the axis of time."""

    def with_time(use: Use) -> Way | None:
        (held,) = use.layer.inner_layers()
        first = use.first
        if first.axes and first.axes[1] != 1:
            first = AS_BEFORE
        offer = Layout(tuple(a - 1 if a else 0 for a in (0, *first.axes[2:])), first.rows) if first.axes else AS_BEFORE
        shape = None if use.shape is None else (use.shape[0], *use.shape[2:])
        way = rule(use.inside(held, (offer,), (shape,)))
        if way is None or (len(use.offers) > 1 and any(s is None or len(s) > 2 for s in use.shapes[1:])):
            return None
        layer = replace(use.layer, inner={**use.layer.inner, "layer": way.layer})
        return Way(layer, (_later(way.input(0)),), (_later(way.output(0)),), cost=way.cost)

    return with_time


def bidirectional(rule: Rule) -> Rule:
    """Both directions take the same; their outputs are joined along the last axis, which must be the same one."""

    def both_ways(use: Use) -> Way | None:
        inner, ways = dict(use.layer.inner), []
        for role, held in use.layer.inner.items():
            if isinstance(held, LayerSpec):
                way = rule(use.inside(held, use.offers, use.shapes))
                if way is None:
                    return None
                ways.append(way)
                inner[role] = way.layer
        first = ways[0]
        is_joined = use.layer.config.get("merge_mode", "concat") == "concat"
        if any((w.inputs, w.outputs) != (first.inputs, first.outputs) for w in ways):
            return None
        if (is_joined and not first.output(0).is_before) or not first.others.is_before:
            return None
        return Way(replace(use.layer, inner=inner), first.inputs, (first.output(0),) * 2)

    return both_ways


def spectral(rule: Rule) -> Rule:
    """It normalises the kernel, which stays as it is."""

    def normalised(use: Use) -> Way | None:
        (held,) = use.layer.inner_layers()
        way = None if use.first.rows else rule(use.inside(held, use.offers, use.shapes))
        return (
            None
            if way is None
            else replace(way, layer=replace(use.layer, inner={**use.layer.inner, "layer": way.layer}))
        )

    return normalised


def _later(layout: Layout) -> Layout:
    """Behind an axis of time."""
    if layout.is_before:
        return AS_BEFORE
    axes = (0, 1, *(a + 1 for a in layout.axes[1:]))
    return Layout(axes, layout.rows) if layout.rows else turned(axes)
