"""How one layer runs on tensors whose layout is another one: what a rule is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kconvert.axes import AS_BEFORE, Layout, Shape
from kconvert.spec import Call, LayerSpec, ModelSpec

if TYPE_CHECKING:
    from kconvert.layout.graph import Inside

Nested = Callable[[ModelSpec, Sequence[Layout], Sequence["Shape | None"]], "Inside"]


@dataclass(frozen=True, slots=True)
class Use:
    """One call of a layer.

    Attributes:
        offers: the layout of each tensor that it takes, in order, where that costs nothing.
        shapes: of these tensors as they were, None where not known.
        nested: rewrites a model inside it for such inputs.
    """

    layer: LayerSpec
    call: Call
    offers: tuple[Layout, ...]
    shapes: tuple[Shape | None, ...]
    nested: Nested

    @property
    def first(self) -> Layout:
        """The layout of the first tensor."""
        return self.offers[0] if self.offers else AS_BEFORE

    @property
    def shape(self) -> Shape | None:
        """The shape of the first tensor as it was."""
        return self.shapes[0] if self.shapes else None

    @property
    def rank(self) -> int | None:
        """The number of axes of the first tensor, the batch included."""
        if self.offers and self.offers[0].axes:
            return len(self.offers[0].axes)
        return None if self.shape is None else len(self.shape)

    def inside(self, layer: LayerSpec, offers: tuple[Layout, ...], shapes: tuple[Shape | None, ...]) -> Use:
        """The same of a layer that this one holds."""
        return replace(self, layer=layer, offers=offers, shapes=shapes)


@dataclass(frozen=True, slots=True)
class Way:
    """How it runs then.

    Attributes:
        layer: with other arguments and tensors.
        inputs: the layout that each tensor must have; those beyond the last one must be as before.
        outputs: the layout of each output; `others` that of those beyond the last one.
        call: with other constants, where they follow their tensor's axes.
        cost: Permutes inside of it.
    """

    layer: LayerSpec
    inputs: tuple[Layout, ...] = ()
    outputs: tuple[Layout, ...] = ()
    others: Layout = AS_BEFORE
    call: Call | None = None
    cost: int = 0

    def input(self, number: int) -> Layout:
        """The layout that this tensor must have."""
        return self.inputs[number] if number < len(self.inputs) else AS_BEFORE

    def output(self, number: int) -> Layout:
        """The layout that this output has."""
        return self.outputs[number] if number < len(self.outputs) else self.others


Rule = Callable[[Use], Way | None]


def same(use: Use, layout: Layout, **config: Any) -> Way:
    """The layer with these arguments, on inputs and with outputs of one layout."""
    layer = replace(use.layer, config={**use.layer.config, **config}) if config else use.layer
    return Way(layer, (layout,) * len(use.offers), (), layout)
