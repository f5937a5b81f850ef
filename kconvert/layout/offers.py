"""What a tensor of the old graph can be had as in the new one: in which layouts, and through which new layers.

Nothing is made before somebody asks: a Permute that the model had itself is only another view of its input, and becomes a layer
if nobody takes it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from kconvert.axes import AS_BEFORE, Layout, turned
from kconvert.spec import Call, Config, LayerSpec, Port


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants a tensor.

    Attributes:
        name: of the layer, or empty for the model's border.
        dtype: its dtype, None for an operation.
    """

    name: str
    dtype: Any = None


@dataclass(frozen=True, slots=True)
class Placed:
    """One change of the order in the new graph.

    Attributes:
        name: of the layer that changes it.
        before: of the layer in front of it.
        asker: of the layer that wants it so, or empty for the model's border.
        layout: that it gives.
        is_own: the model had this Permute itself.
    """

    name: str
    before: str
    asker: str
    layout: Layout
    is_own: bool = False


@dataclass(slots=True)
class Building:
    """The new graph as it grows; layers stand in the order of their first call."""

    taken: set[str]
    dtype: Any = None
    layers: dict[str, LayerSpec] = field(default_factory=dict)
    calls: dict[str, list[Call]] = field(default_factory=dict)
    placed: list[Placed] = field(default_factory=list)
    cost: int = 0

    def add(self, layer: LayerSpec, call: Call) -> Port:
        """One more call of a layer; its first output."""
        self.layers.setdefault(layer.name, layer)
        calls = self.calls.setdefault(layer.name, [])
        calls.append(call)
        return Port(layer.name, len(calls) - 1)

    def step(self, class_name: str, name: str, config: Config, source: Port, dtype: Any, *further: Any) -> Port:
        """A new layer on one tensor, and what an operation takes besides."""
        if not class_name.startswith("ops."):
            config = {**config, **({} if dtype is None else {"dtype": dtype})}
        return self.add(LayerSpec(class_name, self.fresh(name), config), Call((source, *further)))

    def fresh(self, wanted: str) -> str:
        """A name that is not there."""
        name, number = wanted, 1
        while name.lower() in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name.lower())
        return name


class Offer(Protocol):
    """One tensor of the old graph."""

    @property
    def preferred(self) -> Layout:
        """The layout in which it costs nothing."""
        ...

    def take(self, layout: Layout, asker: Asker, own: LayerSpec | None = None) -> Port:
        """The tensor in this layout; `own` is the model's Permute that does just this."""
        ...


class Made:
    """A tensor that a layer of the new graph gives.

    Args:
        preferred: what whoever has no wish takes, where that is not how it is given: the border of a model.
    """

    def __init__(
        self, building: Building, port: Port, layout: Layout, dtype: Any = None, preferred: Layout | None = None
    ) -> None:
        self._building, self._layout, self._dtype = building, layout, dtype
        self._known = {layout: port}
        self.port = port
        self.preferred = layout if preferred is None else preferred

    def take(self, layout: Layout, asker: Asker, own: LayerSpec | None = None) -> Port:
        """Made at the first request, the same for all further ones."""
        if layout not in self._known:
            self._known[layout] = self._ordered(layout, asker, own)
        return self._known[layout]

    def _ordered(self, layout: Layout, asker: Asker, own: LayerSpec | None) -> Port:
        building = self._building
        if self._layout.rows and layout.axes and layout != self._layout:
            return Made(building, self.take(AS_BEFORE, asker), AS_BEFORE, self._dtype).take(layout, asker)
        dtype = asker.dtype or self._dtype or building.dtype
        building.cost += 1
        if layout.rows or self._layout.rows:
            port = self._with_elements(layout, dtype)
        else:
            dims = self._dims(layout)
            if own is not None and own.name not in building.layers and own.name.lower() in building.taken:
                port = building.add(_as_permute(own, dims), Call((self.port,)))
            else:
                own = None
                suffix = "as_before" if layout.is_before else "channels_last"
                port = building.step("Permute", f"{self.port.layer}_{suffix}", {"dims": dims}, self.port, dtype)
        building.placed.append(Placed(port.layer, self.port.layer, asker.name, layout, own is not None))
        return port

    def _dims(self, layout: Layout) -> list[int]:
        rank = len(layout.axes or self._layout.axes)
        whole = tuple(range(rank))
        now, wanted = self._layout.axes or whole, layout.axes or whole
        return [now.index(a) for a in wanted[1:]]

    def _with_elements(self, layout: Layout, dtype: Any) -> Port:
        """The elements of the last axis in another order; one of both layouts is that before."""
        rows = layout.rows or self._layout.rows
        name, building = self.port.layer, self._building
        suffix = "as_before" if layout.is_before else "channels_last"
        if len(rows) == 1 and len(layout.axes or self._layout.axes) == 2:
            (block,) = rows
            now = tuple(block.dims[n] for n in block.order) if self._layout.rows else block.dims
            order = block.order if layout.rows else tuple(block.order.index(n) for n in range(len(block.order)))
            port = building.step("Reshape", f"{name}_image", {"target_shape": list(now)}, self.port, dtype)
            port = building.step("Permute", f"{name}_{suffix}", {"dims": [n + 1 for n in order]}, port, dtype)
            return building.step("Reshape", f"{name}_flat", {"target_shape": [block.size]}, port, dtype)
        found = Layout(layout.axes or self._layout.axes, rows).indices()
        if layout.is_before:
            found = [int(n) for n in np.argsort(found)]
        return building.step("ops.take", f"{name}_{suffix}", {"axis": -1}, self.port, dtype, np.array(found, np.int32))


class View:
    """Another offer with its axes in another order: what a Permute gives.

    Args:
        order: for each axis which one of the source it is, the batch included.
        own: the Permute, to be used where it is needed.
    """

    def __init__(self, source: Offer, order: Sequence[int], own: LayerSpec | None) -> None:
        self._source, self._order, self._own = source, tuple(order), own
        axes = source.preferred.axes or tuple(range(len(self._order)))
        self.preferred = turned([self._order.index(a) for a in axes])

    def take(self, layout: Layout, asker: Asker, own: LayerSpec | None = None) -> Port:
        """From the source, in the order that this means there."""
        axes = layout.axes or range(len(self._order))
        wanted = turned([self._order[a] for a in axes])
        return self._source.take(wanted, asker, self._own if layout.is_before and self._own is not None else own)


class Choice:
    """A tensor that a layer without weights gives in one of two ways: at no cost, or as before.

    Args:
        cheap: makes it as it is preferred; `plain` as before.
    """

    def __init__(
        self, building: Building, preferred: Layout, cheap: Callable[[], Made], plain: Callable[[], Made]
    ) -> None:
        self._building, self.preferred = building, preferred
        self._ways = {preferred: cheap, AS_BEFORE: plain}
        self._made: dict[Layout, Made] = {}

    def take(self, layout: Layout, asker: Asker, own: LayerSpec | None = None) -> Port:
        """Any other layout is made from the preferred one."""
        way = layout if layout in self._ways else self.preferred
        if way not in self._made:
            self._made[way] = self._ways[way]()
        return self._made[way].take(layout, asker, own)


def _as_permute(own: LayerSpec, dims: list[int]) -> LayerSpec:
    kept = {key: value for key, value in own.config.items() if key in ("dtype", "trainable")}
    return LayerSpec("Permute", own.name, {"dims": dims, **kept})
