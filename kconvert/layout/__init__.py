"""ModelSpec (keras3) -> ModelSpec whose images have their channels last; pure, and between `upgrade` and `rebuild`.

The layout of every tensor is carried through the graph (`graph.py`); a rule says how a layer runs in another layout (`rules/`, by
the facts of `layer_maps/layouts.yaml`), and a layer without one is given what it always had. Reorderings of tensors are those of
`kconvert.tensor`, so an optimizer's slots go with their weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kconvert.asked import Borders
from kconvert.axes import AS_BEFORE, NO_ORDER, Order
from kconvert.errors import ConversionFailed, Problem
from kconvert.layout.activations_apart import with_activations_apart
from kconvert.layout.changes import changes, notes
from kconvert.layout.graph import best
from kconvert.layout.offers import Placed
from kconvert.report import LayerChange, Note
from kconvert.spec import ModelSpec, walk
from kconvert.upgrade.account import account_for_tensors

__all__ = ["LaidOut", "with_channels_last"]


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A model whose images have their channels last.

    Attributes:
        order: of what a caller gives and gets, and of what its layers give.
        placed: every change of the order in the graph.
    """

    spec: ModelSpec
    order: Order = NO_ORDER
    placed: tuple[Placed, ...] = ()
    changes: tuple[LayerChange, ...] = ()
    notes: tuple[Note, ...] = ()


def with_channels_last(spec: ModelSpec, borders: Borders = "keep") -> LaidOut:
    """The model rewritten; `borders`: the caller's arrays stay as they are, or have their channels last too.

    Raises:
        ConversionFailed: a layer cannot be rewritten.
    """
    if not is_concerned(spec):
        return LaidOut(spec, notes=(Note("info", "", "--data-format: every layer has its channels last already"),))
    try:
        apart = with_activations_apart(spec)
        inside = best(apart, (), (), borders == "keep", True)
    except Problem as problem:
        raise ConversionFailed([problem]) from None
    account_for_tensors(spec, inside.model)
    kept = borders == "keep"
    inputs = (AS_BEFORE,) * len(inside.inputs) if kept else inside.inputs
    layouts = {name: found for name, found in inside.layouts.items() if any(not one.is_before for one in found)}
    done = LaidOut(inside.model, Order(inputs, inside.outputs, layouts), inside.placed)
    return replace(done, changes=changes(apart, done.spec, layouts), notes=tuple(notes(done.spec, done.placed)))


def is_concerned(spec: ModelSpec) -> bool:
    """Is any layer channels_first, or one of those that `upgrade` has put between two Permutes (rules/channels_first_bias.py)?"""
    return any(
        layer.config.get("data_format") == "channels_first"
        or (layer.class_name == "Permute" and layer.name.endswith("_channels_last"))
        for _, layer in walk(spec)
    )
