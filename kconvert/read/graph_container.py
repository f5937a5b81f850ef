"""The `Graph` container of Keras 0.x and 1.0: named inputs, nodes that merge what they take, and named outputs.

A node with several inputs gets the Merge layer that Keras put before it. A shared node is one layer that is called once for
each input; its calls are merged under its own name, or each has a name of its own.
Sources: keras 0.3.3 layers/containers.py `Graph`; keras 1.0.8 legacy/models.py `Graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kconvert.errors import BrokenGraph, ConversionFailed
from kconvert.read.branches import free_name
from kconvert.spec import Call, LayerSpec, Port

Entry = Mapping[str, Any]


@dataclass(slots=True)
class GraphContainer:
    """The graph while it grows.

    Attributes:
        layer_of: an entry as a LayerSpec.
        named_by_node: a layer's name is that of its node, or of the output that it gives (0.x); else its own, which Keras
            1.0 had set so.
        layers: name -> layer, calls included.
        stored: the layers whose tensors are stored, in the file's order.
        ports: what a node's name stands for; several ports for a shared node whose calls are not merged.
        renamed: layers that bear an output's name now.
    """

    layer_of: Callable[[Entry], LayerSpec]
    named_by_node: bool
    layers: dict[str, LayerSpec] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)
    ports: dict[str, Any] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def read(self, config: Mapping[str, Any]) -> tuple[list[Port], list[Port]]:
        """Adds everything; the inputs and the outputs, in the order in which they were declared."""
        try:
            inputs = [self._input(one) for one in config["input_config"]]
            for node in config["node_config"]:
                self._node(node, config["nodes"][node["name"]])
            outputs = [self._output(one) for one in config["output_config"]]
        except (KeyError, TypeError, IndexError) as error:
            raise ConversionFailed([BrokenGraph(f"this Graph lacks {error}", class_name="Graph")]) from None
        return inputs, [
            self._named_output(c["name"], port) for c, port in zip(config["output_config"], outputs, strict=True)
        ]

    def _input(self, config: Mapping[str, Any]) -> Port:
        shape = config.get("batch_input_shape") or [None, *config["input_shape"]]
        dtype = "int32" if str(config.get("dtype", "float")).startswith("int") else "float32"
        own = {"batch_input_shape": list(shape), "input_dtype": dtype}
        port = self._add(LayerSpec("InputLayer", config["name"], own), Call())
        self.ports[config["name"]] = port
        return port

    def _node(self, node: Mapping[str, Any], entry: Entry) -> None:
        name = node["name"]
        if entry["class_name"] == "SiameseHead":
            self.ports[name] = self.ports[node["inputs"][0]][entry["config"]["head"]]
        elif entry["class_name"] == "Siamese":  # 0.x
            self._shared(node, self.layer_of(entry["config"]["layer"]), ())
        elif "layer" in node:  # 1.0
            self._shared(node, self.layer_of(node["layer"]), node.get("outputs") or ())
        else:
            layer = self.layer_of(entry)
            layer = replace(layer, name=name) if self.named_by_node else layer
            self.ports[name] = self._add(layer, Call((self._taken(node, f"merge_inputs_for_{name}"),)))

    def _shared(self, node: Mapping[str, Any], layer: LayerSpec, outputs: Any) -> None:
        name = node["name"]
        taken = self._several(node["inputs"])
        layer = replace(layer, name=f"input_for_{name}") if self.named_by_node else layer
        first = self._add(layer, *(Call((port,)) for port in taken))
        calls = [replace(first, call=number) for number in range(len(taken))]
        self.ports[name] = self._merged(node, calls, name) if node.get("merge_mode") else calls
        self.ports.update(zip(outputs, calls, strict=False))

    def _output(self, config: Mapping[str, Any]) -> Port:
        port: Port = self._taken(config, config["name"])
        return port

    def _taken(self, node: Mapping[str, Any], merge_name: str) -> Port:
        """The one input of a node, or the Merge of its several."""
        if node.get("input"):
            (port,) = self._several([node["input"]])
            return port
        ports = self._several(node["inputs"])
        return ports[0] if len(ports) == 1 else self._merged(node, ports, merge_name)

    def _several(self, names: Any) -> list[Port]:
        found: list[Port] = []
        for name in names:
            port = self.ports[name]
            found += port if isinstance(port, list) else [port]
        return found

    def _merged(self, node: Mapping[str, Any], ports: list[Port], name: str) -> Port:
        config = {"mode": node["merge_mode"], "concat_axis": node["concat_axis"], "dot_axes": node.get("dot_axes", -1)}
        merge = self.layer_of({"class_name": "Merge", "config": {**config, "name": name}})
        return self._add(merge, Call((ports,)), is_stored=False)

    def _named_output(self, name: str, port: Port) -> Port:
        """An output's name becomes that of its layer, where the layer does not give two outputs or have two calls."""
        port = replace(port, layer=self.renamed.get(port.layer, port.layer))
        layer = self.layers[port.layer]
        is_free = name not in self.layers and len(layer.calls) == 1 and layer.class_name != "InputLayer"
        if not self.named_by_node or not is_free:
            return port

        def renamed(old: Port) -> Port:
            return replace(old, layer=name) if old.layer == layer.name else old

        self.renamed[layer.name] = name
        moved = {la.name: la.on(renamed) for la in self.layers.values()}
        moved[layer.name] = replace(moved[layer.name], name=name)
        self.layers = {la.name: la for la in moved.values()}
        self.stored = [name if stored == layer.name else stored for stored in self.stored]
        return Port(name)

    def _add(self, layer: LayerSpec, *calls: Call, is_stored: bool = True) -> Port:
        name = free_name(layer.name, self.layers)
        self.layers[name] = replace(layer, name=name, calls=calls)
        if is_stored:
            self.stored.append(name)
        return Port(name)
