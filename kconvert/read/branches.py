"""A Sequential of Keras 0.x or 1.x that begins with branches: `Merge([left, right])`, `Siamese(layer, [left, right])`.

The branches become part of one graph. That is how those Kerases saw it: `flattened_layers` lists the layers of the
branches, and their tensors are stored in that order. A layer that stands in two branches under one name is one layer.
Sources: keras 1.2.2 models.py `Sequential.flattened_layers`, `from_config`; keras 0.3.3 layers/core.py `Merge`, `Siamese`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kconvert.errors import BrokenGraph, ConversionFailed
from kconvert.spec import Call, LayerSpec, ModelSpec, Port

BRANCHING = frozenset({"Merge", "Siamese"})
Entry = Mapping[str, Any]


def begins_with_branches(entries: Sequence[Entry]) -> bool:
    """True where the first layer holds the layers before it."""
    first = entries[0] if entries else {}
    config = first.get("config")
    holder = {"Merge": "layers", "Siamese": "inputs"}.get(first.get("class_name", ""))
    return holder is not None and isinstance(config, Mapping) and isinstance(config.get(holder), list)


@dataclass(slots=True)
class Branches:
    """The graph while it grows.

    Attributes:
        layer_of: an entry as a LayerSpec.
        input_of: the InputLayer for a first layer.
        model_of: a functional model's entry as a ModelSpec.
        shares_names: a name that is there already means the same layer (Keras 1; names of 0.x mean nothing).
        layers: all layers, calls included, in the order in which they were met.
        stored: the layers whose tensors are stored, in the file's order: those that the framework had.
    """

    layer_of: Callable[[Entry], LayerSpec]
    input_of: Callable[[LayerSpec], LayerSpec]
    model_of: Callable[[Entry], ModelSpec]
    shares_names: bool
    layers: dict[str, LayerSpec] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)

    def sequential(self, entries: Sequence[Entry]) -> Port:
        """Adds a Sequential; its output."""
        if not entries:
            raise ConversionFailed([BrokenGraph("a Sequential without layers")])
        port = self._branch(entries[0])
        for entry in entries[1:]:
            port = self.followed_by(self.layer_of(entry), port)
        return port

    def followed_by(self, layer: LayerSpec, port: Port) -> Port:
        """Adds a layer that is called on one port; its output."""
        return self._add(layer, (port,))

    def _branch(self, entry: Entry) -> Port:
        """Adds what stands at the beginning: a layer with its input, a branching layer, or a whole model."""
        class_name, config = entry["class_name"], entry["config"]
        if class_name == "Sequential":
            return self.sequential(config)
        if class_name == "Model":
            return self._functional(self.model_of(entry))
        if begins_with_branches([entry]):
            return self._merged(entry) if class_name == "Merge" else self._siamese(entry)
        layer = self.layer_of(entry)
        if layer.class_name == "InputLayer":
            return self._add(layer, ())
        if self.shares_names and layer.name in self.layers:
            return Port(layer.name)
        source = self.input_of(layer)
        return self._add(layer, (self._add(source, (), is_stored=False),))

    def _merged(self, entry: Entry) -> Port:
        ports = [self._branch(branch) for branch in entry["config"]["layers"]]
        own = {key: value for key, value in entry["config"].items() if key != "layers"}
        return self._add(self.layer_of({**entry, "config": own}), (ports,), is_stored=False)

    def _siamese(self, entry: Entry) -> Port:
        """The shared layer's tensors stand before those of the branches."""
        config = entry["config"]
        shared = self.layer_of(config["layer"])
        name = self._free(shared.name)
        self.layers[name] = replace(shared, name=name)
        self.stored.append(name)
        ports = [self._branch(branch) for branch in config["inputs"]]
        self.layers[name] = replace(self.layers.pop(name), calls=tuple(Call((port,)) for port in ports))
        merge = {"mode": config["merge_mode"], "concat_axis": config["concat_axis"], "dot_axes": config["dot_axes"]}
        merge |= {"name": f"{name}_merged"}
        calls = [Port(name, number) for number in range(len(ports))]
        return self._add(self.layer_of({"class_name": "Merge", "config": merge}), (calls,), is_stored=False)

    def _functional(self, model: ModelSpec) -> Port:
        names = {la.name: la.name if self.shares_names else self._free(la.name) for la in model.layers}

        def renamed(port: Port) -> Port:
            return replace(port, layer=names[port.layer])

        for layer in model.layers:
            name = names[layer.name]
            calls = tuple(call.on(renamed) for call in layer.calls)
            if name not in self.layers:
                self.layers[name] = replace(layer, name=name, calls=calls)
                self.stored.append(name)
        return renamed(model.outputs[0])

    def _add(self, layer: LayerSpec, args: tuple[Any, ...], *, is_stored: bool = True) -> Port:
        if self.shares_names and layer.name in self.layers:
            return Port(layer.name)
        name = self._free(layer.name)
        self.layers[name] = replace(layer, name=name, calls=(Call(args),))
        if is_stored:
            self.stored.append(name)
        return Port(name)

    def _free(self, name: str) -> str:
        return free_name(name, self.layers)


def free_name(name: str, taken: Any) -> str:
    """The name, with a number where it is taken."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
