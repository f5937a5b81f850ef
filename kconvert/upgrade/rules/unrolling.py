"""A recurrence that no stock layer has, as a model with one copy of its operations for each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kconvert.errors import Rejected
from kconvert.spec import Call, Config, Dialect, LayerSpec, ModelSpec, Port
from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import Fragment, Site, Step, copies

WHOLE = {"slice": [None, None, None]}


@dataclass(slots=True)
class Unrolling:
    """The model while it grows, in the words of Keras 1.

    Attributes:
        steps: how many there are.
        own: what every layer has in its config.
    """

    site: Site
    steps: int
    own: Config
    layers: dict[str, LayerSpec] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site, fragment: Fragment) -> Unrolling:
        """An empty one with its input.

        Raises:
            Rejected: the number of steps is open, or the layer is called with a mask or more than once.
        """
        shape = next(iter(site.input_shapes), None)
        if shape is None or shape[1] is None:
            raise Rejected(
                "no stock layer has this recurrence, and the number of its steps is open", option="--input-shape"
            )
        if len(site.old.calls) != 1 or site.old.calls[0].kwargs:
            raise Rejected("no stock layer has this recurrence with a mask, or called more than once")
        own = {key: fragment.main.config[key] for key in ("trainable", "dtype") if key in fragment.main.config}
        unrolling = cls(site, copies(shape[1], "the number of its steps"), own)
        config = {"batch_input_shape": list(shape), "input_dtype": own.get("dtype", "float32")}
        unrolling.layers["input"] = LayerSpec("InputLayer", "input", config, (Call(),))
        return unrolling

    def dense(self, name: str, port: Port, kernel: Tensor, bias: Tensor | None = None) -> Port:
        """`port` times the kernel; the same name is the same layer, called again."""
        if name not in self.layers:
            tensors: Mapping[str, Tensor] = {"W": kernel} if bias is None else {"W": kernel, "b": bias}
            config = {"output_dim": kernel.shape[1], "activation": "linear", "bias": bias is not None, **self.own}
            self.layers[name] = LayerSpec("Dense", name, config, (), tensors)
        return self._called(name, (port,))

    def activation(self, function: str, port: Port) -> Port:
        """An activation by its name."""
        if function == "linear":
            return port
        if function not in self.layers:
            self.layers[function] = LayerSpec("Activation", function, {"activation": function, **self.own})
        return self._called(function, (port,))

    def operation(self, name: str, *args: Any, **config: Any) -> Port:
        """One use of a stock operation."""
        unique = f"{name}_{sum(la.class_name == f'ops.{name}' for la in self.layers.values())}"
        self.layers[unique] = LayerSpec(f"ops.{name}", unique, config, (Call(args),))
        return Port(unique)

    def step_of(self, sequence: Port, number: int) -> Port:
        """One step of a sequence."""
        return self.operation("getitem", sequence, key=[WHOLE, number])

    def fragment(self, outputs: Sequence[Port]) -> Fragment:
        """The layer that this model replaces: its outputs one behind the other, or the last."""
        config = self.site.old.config
        result = self.operation("stack", list(outputs), axis=1) if config.get("return_sequences") else outputs[-1]
        name = self.site.old.name
        model = ModelSpec(
            Dialect.keras1, name, tuple(self.layers.values()), (Port("input"),), (result,), self.site.origin
        )
        return Fragment(Step("Model", {}, inner={"model": model}))

    def _called(self, name: str, args: tuple[Any, ...]) -> Port:
        layer = self.layers[name]
        self.layers[name] = replace(layer, calls=(*layer.calls, Call(args)))
        return Port(name, len(layer.calls))
