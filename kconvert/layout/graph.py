"""Carries the layout of every tensor through the graph of a model, from its inputs to its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kconvert.axes import AS_BEFORE, Layout, Shape, channels_last
from kconvert.errors import Rejected
from kconvert.layout.calls import dtype_of, in_order, reordering
from kconvert.layout.naming import dissolved, renamed
from kconvert.layout.offers import Asker, Building, Choice, Made, Offer, Placed, View
from kconvert.layout.rules import way_of
from kconvert.layout.ways import Use, Way
from kconvert.spec import Call, LayerSpec, ModelSpec, Port, map_ports, ports_in
from kconvert.upgrade.shapes import ShapeInference

WITH_A_CHOICE = frozenset(["Flatten", "Reshape"])
BORDER = Asker("")


@dataclass(frozen=True, slots=True)
class Inside:
    """A model that was rewritten.

    Attributes:
        inputs, outputs: their layouts.
        layouts: of the outputs of its layers, by their names in the new model (`outer/inner`).
        placed: every change of the order in it.
        cost: how many of these it has.
    """

    model: ModelSpec
    inputs: tuple[Layout, ...]
    outputs: tuple[Layout, ...]
    layouts: Mapping[str, tuple[Layout, ...]] = field(default_factory=dict)
    placed: tuple[Placed, ...] = ()
    cost: int = 0


def carried(model: ModelSpec, given: Sequence[Layout], shapes: Sequence[Shape | None], kept: bool, top: bool) -> Inside:
    """The model on inputs of these layouts.

    Args:
        shapes: of the inputs as they were.
        kept: the caller's arrays stay as they were: Permutes stand behind the inputs, and before the outputs.
        top: it is the outermost one.
    """
    return _Carrying(model, given, shapes, kept, top).result()


def best(model: ModelSpec, shapes: Sequence[Shape | None], offers: Sequence[Layout], kept: bool, top: bool) -> Inside:
    """The model with those of its inputs turned that make it need the fewest Permutes, one input after the other."""
    inputs = list(ports_in(model.inputs))
    chosen = [AS_BEFORE] * len(inputs)
    offered = [*offers, *[AS_BEFORE] * len(inputs)][: len(inputs)]

    def found(layouts: Sequence[Layout]) -> tuple[int, Inside]:
        inside = carried(model, layouts, shapes, kept, top)
        outside = 0 if top else sum(a != b for a, b in zip(layouts, offered, strict=True))
        return inside.cost + outside, inside

    cost, inside = found(chosen)
    if any(not o.is_before for o in offered):
        other = found(offered)
        if other[0] <= cost:
            (cost, inside), chosen = other, list(offered)
    shape_of = ShapeInference(model, shapes or None)
    for number, port in enumerate(inputs):
        for layout in _possible(shape_of(port)):
            tried = [*chosen[:number], layout, *chosen[number + 1 :]]
            other = found(tried)
            if other[0] < cost or (top and other[0] == cost and other[1].cost > 0 and chosen[number].is_before):
                (cost, inside), chosen = other, tried
    return inside


def _possible(shape: Shape | None) -> Iterator[Layout]:
    rank = 0 if shape is None else len(shape)
    if 3 <= rank <= 5:
        yield channels_last(rank)
    if 5 <= rank <= 6:
        yield channels_last(rank, leading=1)


class _Carrying:
    def __init__(
        self, model: ModelSpec, given: Sequence[Layout], shapes: Sequence[Shape | None], kept: bool, top: bool
    ) -> None:
        self._old, self._kept, self._top = model, kept, top
        self._given = tuple(given)
        self._shape = ShapeInference(model, list(shapes) or None)
        self._layers = {layer.name: layer for layer in model.layers}
        dtype = next((found for la in model.layers if (found := dtype_of(la)) is not None), None)
        self._building = Building({name.lower() for name in self._layers}, dtype)
        self._offers: dict[Port, Offer] = {}
        self._locked: dict[str, tuple[Layout, ...]] = {}
        self._layouts: dict[str, tuple[Layout, ...]] = {}
        self._inside: dict[tuple[str, tuple[Layout, ...]], Inside] = {}
        self._placed: list[Placed] = []

    def result(self) -> Inside:
        """Input by input, call by call, output by output."""
        self._take_inputs()
        for name, number in in_order(self._old):
            self._call(self._layers[name], number)
        names: dict[str, str] = {}
        outputs = map_ports(self._old.outputs, lambda port: self._output(port, names))
        layouts = tuple(self._output_layout(p) for p in ports_in(self._old.outputs))
        for before, port in dissolved(self._old, self._building.layers, names):
            names[before] = port.layer
            self._layouts[before] = (self._offers[port].preferred,)
        building = self._building
        made = [replace(layer, calls=tuple(building.calls[name])) for name, layer in building.layers.items()]
        new = replace(self._old, layers=tuple(made), outputs=outputs)
        found = {
            names.get(n.partition("/")[0], n.partition("/")[0]) + n[len(n.partition("/")[0]) :]: v
            for n, v in self._layouts.items()
        }
        placed = tuple(
            replace(
                p,
                name=names.get(p.name, p.name),
                before=names.get(p.before, p.before),
                asker=names.get(p.asker, p.asker),
            )
            for p in (*building.placed, *self._placed)
        )
        return Inside(renamed(new, names), self._given, layouts, found, placed, building.cost)

    def _take_inputs(self) -> None:
        for port, layout in zip(ports_in(self._old.inputs), self._given, strict=True):
            layer = self._layers[port.layer]
            if self._kept and self._top:
                new = self._building.add(layer, Call())
                self._offers[port] = Made(self._building, new, AS_BEFORE, dtype_of(layer), layout)
                continue
            shape = layer.config.get("batch_shape")
            if shape is not None and layout.axes and len(shape) == len(layout.axes):
                layer = replace(layer, config={**layer.config, "batch_shape": list(layout.shape(list(shape)))})
            self._offers[port] = Made(self._building, self._building.add(layer, Call()), layout, dtype_of(layer))
            self._layouts[layer.name] = (layout,)

    def _call(self, layer: LayerSpec, number: int) -> None:
        if layer.class_name == "InputLayer":
            if Port(layer.name, number) not in self._offers:
                self._offers[Port(layer.name, number)] = Made(
                    self._building, self._building.add(layer, Call()), AS_BEFORE, dtype_of(layer)
                )
            return
        call = layer.calls[number]
        port = Port(layer.name, number)
        ports = list(call.ports())
        order = reordering(layer, call)
        if order is not None and len(ports) == 1:
            source = self._offers[ports[0]]
            if source.preferred.rows or len(order) != len(source.preferred.axes or order):
                before = source.take(AS_BEFORE, Asker(layer.name, dtype_of(layer)))
                source = Made(self._building, before, AS_BEFORE, dtype_of(layer))
            own = layer if layer.class_name == "Permute" and len(layer.calls) == 1 else None
            self._offers[port] = View(source, order, own)
            return
        locked = self._locked.get(layer.name)
        offers = tuple(self._offers[p].preferred for p in ports) if locked is None else locked
        use = Use(layer, call, offers, tuple(self._shape(p) for p in ports), self._nested(layer))
        self._check(use)
        way = way_of(use) or Way(layer)
        inputs = tuple(way.input(n) for n in range(len(ports)))
        if locked is not None and inputs != locked:
            raise Rejected("its calls take tensors in different orders", layer=layer.name, class_name=layer.class_name)
        if layer.class_name in WITH_A_CHOICE and len(layer.calls) == 1 and not way.output(0).is_before:
            plain = Way(layer)
            self._offers[port] = Choice(
                self._building,
                way.output(0),
                lambda: self._made(layer, call, way),
                lambda: self._made(layer, call, plain),
            )
            return
        self._locked[layer.name] = inputs
        made = self._made(layer, call, way).port
        for output in range(self._outputs_of(layer, number)):
            new = Port(made.layer, made.call, output)
            self._offers[Port(layer.name, number, output)] = Made(
                self._building, new, way.output(output), dtype_of(layer)
            )

    def _made(self, layer: LayerSpec, call: Call, way: Way) -> Made:
        """The call in the new graph, on its tensors in the layouts that it must have."""
        asker = Asker(layer.name, dtype_of(layer))
        wanted = iter([way.input(n) for n in range(sum(1 for _ in call.ports()))])
        ports: dict[int, Port] = {}
        said = way.call or call
        for number, port in enumerate(said.ports()):
            ports[number] = self._offers[port].take(next(wanted), asker)
        following = iter(ports.values())
        name = layer.name
        if name in self._building.layers and layer.class_name in WITH_A_CHOICE:
            name = self._building.fresh(f"{layer.name}_as_before")
        port = self._building.add(replace(way.layer, name=name, calls=()), said.on(lambda _: next(following)))
        if port.call == 0:
            self._take_from_inside(layer, way)
        outputs = way.outputs or (way.others,)
        self._layouts[name] = (*outputs, *[way.others] * 8)
        if layer.class_name.startswith("ops.") and port.call:
            self._layouts[f"{name}_{port.call}"] = self._layouts[name]
        return Made(self._building, port, way.output(0), dtype_of(layer))

    def _take_from_inside(self, layer: LayerSpec, way: Way) -> None:
        held = [one.inner_model for one in (way.layer, *way.layer.inner_layers()) if one.inner_model is not None]
        for (name, _), inside in self._inside.items():
            if name == layer.name and any(inside.model is model for model in held):
                self._building.cost += inside.cost
                self._layouts |= {f"{name}/{key}": value for key, value in inside.layouts.items()}
                self._placed += [
                    replace(
                        p, name=f"{name}/{p.name}", before=f"{name}/{p.before}", asker=p.asker and f"{name}/{p.asker}"
                    )
                    for p in inside.placed
                ]

    def _nested(self, layer: LayerSpec) -> Any:
        def rewritten(model: ModelSpec, offers: Sequence[Layout], shapes: Sequence[Shape | None]) -> Inside:
            key = (layer.name, tuple(offers))
            if key not in self._inside:
                locked = next((i for (name, _), i in self._inside.items() if name == layer.name), None)
                self._inside[key] = locked or best(model, list(shapes), offers, False, False)
            return self._inside[key]

        return rewritten

    def _outputs_of(self, layer: LayerSpec, number: int) -> int:
        used = [
            p.output
            for la in self._old.layers
            for c in la.calls
            for p in c.ports()
            if (p.layer, p.call) == (layer.name, number)
        ]
        used += [p.output for p in ports_in(self._old.outputs) if (p.layer, p.call) == (layer.name, number)]
        return max(used, default=0) + 1

    def _check(self, use: Use) -> None:
        for offer, shape in zip(use.offers, use.shapes, strict=False):
            if offer.axes and shape is not None and len(shape) != len(offer.axes):
                raise Rejected(
                    "it is called on tensors with different numbers of axes, some of them turned",
                    layer=use.layer.name, class_name=use.layer.class_name, option="--data-format keep",
                )  # fmt: skip

    def _output_layout(self, port: Port) -> Layout:
        preferred = self._offers[port].preferred
        if not self._top:
            return preferred
        if self._kept or not preferred.is_turned:
            return AS_BEFORE
        return preferred if preferred in _possible(tuple(preferred.axes)) else AS_BEFORE

    def _output(self, port: Port, names: dict[str, str]) -> Port:
        """The output, under the name that it had."""
        layout = self._output_layout(port)
        new = self._offers[port].take(layout, BORDER)
        layer = self._layers[port.layer]
        is_alone = len(layer.calls) == 1 and layer.class_name != "InputLayer" and self._top
        if is_alone and new.layer != port.layer and port.layer in self._building.layers and port.output == 0:
            names[port.layer] = self._building.fresh(f"{port.layer}_channels_last")
            names[new.layer] = port.layer
            self._layouts[new.layer] = (layout,)
        return new
