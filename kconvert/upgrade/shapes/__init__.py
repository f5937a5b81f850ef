"""The shapes that flow through a keras2 graph, from arguments alone.

Only what rules ask for: padding that depends on the input's size (CNTK), positions of a LocallyConnected layer, the
input of a wrapped layer. `layers.py` has the rule of each class of layer, `operations.py` that of each operation, `windows.py` counts
the steps of a window. A shape that is not known is None, never a guess; so is the shape behind an unknown class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from kconvert.errors import AmbiguousOrigin
from kconvert.spec import Call, LayerSpec, ModelSpec, Nest, Port, ports_in
from kconvert.upgrade.fragment import Shape
from kconvert.upgrade.shapes.layers import Shapes, output_shapes
from kconvert.upgrade.shapes.operations import result_shapes

Words = Callable[[LayerSpec], LayerSpec]


class ShapeInference:
    """Answers the output shapes of every port of one model.

    Args:
        model: in any dialect.
        inputs: the shapes of its inputs, where it is called inside another one.
        words: a layer of that dialect in the words of keras2, which are those known here.
    """

    def __init__(self, model: ModelSpec, inputs: Shapes | None = None, words: Words = lambda layer: layer) -> None:
        self._words = words
        self._layers = {layer.name: layer for layer in model.layers}
        self._given = dict(zip([p.layer for p in ports_in(model.inputs)], inputs or (), strict=False))
        self._known: dict[tuple[str, int], Shapes | None] = {}

    def __call__(self, port: Port) -> Shape | None:
        """The shape of one port."""
        key = (port.layer, port.call)
        if key not in self._known:
            self._known[key] = None  # also what a cycle sees
            self._known[key] = self._outputs(self._layers.get(port.layer), port.call)
        shapes = self._known[key]
        return shapes[port.output] if shapes is not None and port.output < len(shapes) else None

    def of_inputs(self, call: Call) -> tuple[Shape | None, ...]:
        """The shapes of the tensors that a call takes."""
        return tuple(self(p) for p in ports_in(call.args))

    def _outputs(self, layer: LayerSpec | None, number: int) -> Shapes | None:
        if layer is None or number >= len(layer.calls):
            return None
        if layer.class_name == "InputLayer":
            given = self._given.get(layer.name)
            declared = layer.config.get("batch_input_shape", layer.config.get("batch_shape"))
            return [given if given is not None else _dims(declared)]
        if layer.class_name.startswith("ops."):
            return _of_operation(layer, layer.calls[number], self)
        inputs = self.of_inputs(layer.calls[number])
        nested = layer.inner_model
        if nested is not None:
            inner = ShapeInference(nested, inputs, self._words)
            return [inner(p) for p in ports_in(nested.outputs)]
        declared = layer.config.get("output_shape") if layer.class_name == "Deconvolution2D" else None
        return [_dims(declared)] if declared else output_shapes(self._words(layer), inputs)


def with_input_shape(model: ModelSpec, given: Shapes) -> ModelSpec:
    """A Sequential inside another model, which says no shape of its own, with that of what it is called on.

    Raises:
        AmbiguousOrigin: that is not known either.
    """
    first = model.layers[0]
    if first.class_name != "InputLayer" or first.config.get("batch_input_shape", ...) is not None:
        return model
    shape = next(iter(given), None)
    if shape is None:
        raise AmbiguousOrigin("the shape of its input is not known", layer=model.name, option="--input-shape")
    config = {**first.config, "batch_input_shape": [None, *shape[1:]]}
    return replace(model, layers=(replace(first, config=config), *model.layers[1:]))


def _of_operation(layer: LayerSpec, call: Call, shape_of: Callable[[Port], Shape | None]) -> Shapes | None:
    def shape(value: Nest) -> Shape | None:
        return shape_of(value) if isinstance(value, Port) else tuple(np.shape(value))

    return result_shapes(layer.class_name.removeprefix("ops."), call.args, layer.config, shape)


def _dims(value: Any) -> Shape | None:
    return None if value is None else tuple(value)
