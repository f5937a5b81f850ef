"""Masks as stock operations beside the graph that they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.errors import Rejected
from kconvert.spec import Call, LayerSpec, ModelSpec, Nest, Port
from kconvert.upgrade.masks.kinds import Attended, Joined, Mask, Source


class Computed:
    """The operations that compute masks of one model, or keep them away; one serves all readers.

    Attributes:
        added: the layers, in the order in which they were asked for.
    """

    def __init__(self, model: ModelSpec) -> None:
        self.added: list[LayerSpec] = []
        self._model = model
        self._ports: dict[Mask | Port, Port] = {}

    def without(self, port: Port, reader: LayerSpec) -> Port:
        """The same values behind an operation, which hands no mask on."""
        if port not in self._ports:
            self._ports[port] = self._add("ops.copy", {}, (port,), f"{reader.name}_unmasked")
        return self._ports[port]

    def port_of(self, mask: Mask, reader: LayerSpec) -> Port:
        """The port of an operation that computes this mask.

        Raises:
            Rejected: nothing stock computes it.
        """
        if mask not in self._ports:
            self._ports[mask] = self._operation(mask, reader)
        return self._ports[mask]

    def _operation(self, mask: Mask, reader: LayerSpec) -> Port:
        name = f"{reader.name}_mask"
        if isinstance(mask, Source):
            differs = self._add("ops.not_equal", {}, (mask.port, mask.value or 0), name)
            return differs if mask.value is None else self._add("ops.any", {"axis": -1}, (differs,), name)
        if isinstance(mask, Joined) and mask.how == "and":
            return self._all_of([self.port_of(part, reader) for part in mask.parts], name)
        if isinstance(mask, Joined) and mask.how == "any step":
            return self._add("ops.any", {"axis": -1}, (self.port_of(mask.parts[0], reader),), name)
        if isinstance(mask, Attended):
            ports = [
                self._add("ops.expand_dims", {"axis": -1 if is_query else -2}, (self.port_of(part, reader),), name)
                for is_query, part in mask.parts
            ]
            if isinstance(mask.given, Port):
                ports.append(self._add("ops.cast", {"dtype": "bool"}, (mask.given,), name))
            return self._all_of(ports, name)
        raise Rejected("the mask that it used cannot be computed here", layer=reader.name, class_name=reader.class_name)

    def _all_of(self, ports: Sequence[Port], name: str) -> Port:
        result = ports[0]
        for port in ports[1:]:
            result = self._add("ops.logical_and", {}, (result, port), name)
        return result

    def _add(self, operation: str, config: Mapping[str, Any], args: tuple[Nest, ...], name: str) -> Port:
        taken = {layer.name for layer in (*self._model.layers, *self.added)}
        number = 0
        while (free := f"{name}{number or ''}") in taken:
            number += 1
        self.added.append(LayerSpec(operation, free, config, (Call(args),)))
        return Port(free)
