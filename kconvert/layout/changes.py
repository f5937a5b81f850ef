"""What was rewritten, for the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kconvert.axes import Layout
from kconvert.layout.facts import facts
from kconvert.layout.offers import Placed
from kconvert.report import ArgumentChange, LayerChange, Note, TensorChange
from kconvert.spec import LayerSpec, ModelSpec, walk
from kconvert.upgrade.in_short import changed_by_rules

HOP = "channels_last"
GIVES = "(order of its output)"


def changes(before: ModelSpec, after: ModelSpec, layouts: Mapping[str, tuple[Layout, ...]]) -> tuple[LayerChange, ...]:
    """One entry for each layer that has other arguments, other tensors, or gives its numbers in another order."""
    old = {"/".join((*above, layer.name)): layer for above, layer in walk(before)}
    return tuple(
        change
        for above, layer in walk(after)
        if (name := "/".join((*above, layer.name))) in old
        and (change := _change(name, old[name], layer, layouts.get(name, ()))) is not None
    )


def _change(name: str, old: LayerSpec, new: LayerSpec, layouts: Sequence[Layout]) -> LayerChange | None:
    given = [ArgumentChange("changed", GIVES, GIVES, "", "as before", str(layouts[0]))] if layouts else []
    arguments = (*given, *changed_by_rules(old.config, new.config))
    tensors = tuple(
        TensorChange(t.name, slot, t.shape, str(t.dtype), t.steps[len(old.tensors[slot].steps) :])
        for slot, t in new.tensors.items()
        if slot in old.tensors and t is not old.tensors[slot]
    )
    if not arguments and not tensors and old.class_name == new.class_name:
        return None
    return LayerChange(name, old.class_name, (new.class_name,), name, arguments, tensors, (), HOP, (name,))


def notes(model: ModelSpec, placed: Sequence[Placed]) -> Iterator[Note]:
    """The Permutes with who asked for them, and what stayed channels_first."""
    yield Note("info", "", f"--data-format channels_last: {len(placed)} changes of the order are left in the graph")
    for one in placed:
        whom = f"{one.asker} takes it so" if one.asker else "for what a caller gives and gets"
        own = "the model's own, " if one.is_own else ""
        yield Note("info", one.name, f"{own}puts {one.before} into the order {one.layout}: {whom}")
    for above, layer in walk(model):
        if layer.config.get("data_format") == "channels_first":
            known = layer.class_name in facts().spatial
            why = "what surrounds it cannot be rewritten" if known else "no rule says how it runs otherwise"
            yield Note("warning", "/".join((*above, layer.name)), f"{layer.class_name} stays channels_first: {why}")
