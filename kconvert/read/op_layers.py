"""Op layers: a call of a TensorFlow function as the layer that tf.keras recorded it in.

What comes out is the same for all of them: `config["function"]` is the function's name and the `Call` its arguments, with
ports, constants and slices where they stood. The words are left as the file has them.

* `TensorFlowOpLayer` (TensorFlow 1.15 to 2.3): `config` gets `operation` and `attributes` from the `node_def`, a NodeDef
  as JSON; the constants take their places among the positional arguments;
* `TFOpLambda`, `SlicingOpLambda` (2.4 to 2.15): the first argument is the node itself, all others are keyword arguments;
  a slice becomes `{"slice": [start, stop, step]}`, an ellipsis `"..."`.

Sources: tensorflow 2.3 python/keras/engine/base_layer.py `TensorFlowOpLayer`; tensorflow 2.4 python/keras/layers/core.py
`SlicingOpLambda`, engine/node.py `serialize`; keras 2.12 engine/node.py.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kconvert.errors import BrokenGraph
from kconvert.read.nodes import arguments_of
from kconvert.spec import Call, LayerSpec, Nest, ports_in

OP_LAYERS = frozenset(["TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"])


def with_arguments(layer: LayerSpec, nodes: Sequence[Any]) -> LayerSpec:
    """The op layer with its function's own arguments as calls; any other layer as it is.

    Raises:
        BrokenGraph: the stored call is not one.
    """
    if layer.class_name not in OP_LAYERS:
        return layer
    try:
        if layer.class_name == "TensorFlowOpLayer":
            return _graph_operation(layer)
        return replace(layer, calls=tuple(_function_call(node) for node in nodes))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        what = "its node_def is not one" if layer.class_name == "TensorFlowOpLayer" else "its call is not one"
        raise BrokenGraph(f"{what}: {error}", layer=layer.name, class_name=layer.class_name) from None


def _function_call(node: Any) -> Call:
    first, kwargs = arguments_of(node)
    return Call((first,), {key: _slices(value) for key, value in kwargs.items()})


def _slices(value: Any) -> Nest:
    if isinstance(value, Mapping):
        if set(value) == {"start", "stop", "step"}:
            return {"slice": [value["start"], value["stop"], value["step"]]}
        return "..." if value.get("class_name") == "__ellipsis__" else {k: _slices(v) for k, v in value.items()}
    return [_slices(v) for v in value] if isinstance(value, list) else value


def _graph_operation(layer: LayerSpec) -> LayerSpec:
    node = layer.config["node_def"]
    if not isinstance(node, Mapping):
        raise ValueError("it is a serialized message, not a dict")
    attributes = {str(name): _attribute(value) for name, value in (node.get("attr") or {}).items()}
    constants = {int(index): value for index, value in (layer.config.get("constants") or {}).items()}
    calls = tuple(_with_constants(call, constants) for call in layer.calls)
    return replace(layer, config={"operation": str(node["op"]), "attributes": attributes}, calls=calls)


def _with_constants(call: Call, constants: Mapping[int, Any]) -> Call:
    inputs: list[Nest] = list(ports_in(call.args))
    for index in sorted(constants):
        inputs.insert(index, constants[index])
    return Call(tuple(inputs))


def _attribute(value: Mapping[str, Any]) -> Any:
    """An AttrValue in the JSON form of protocol buffers: 64-bit integers are texts, bytes are base64."""
    if not value:
        return None
    ((kind, content),) = value.items()
    if kind == "list":
        return [] if not content else [_scalar(k, v) for k, items in content.items() for v in items]
    return _scalar(kind, content)


def _scalar(kind: str, content: Any) -> Any:
    if kind == "i":
        return int(content)
    if kind == "s":
        return base64.b64decode(content).decode()
    if kind == "f":
        return float(content)
    if kind == "type":
        return _dtype(content)
    if kind == "shape":
        return [int(d.get("size", 0)) for d in content.get("dim", [])]
    return content


def _dtype(name: str) -> str:
    """`DT_FLOAT` -> `float32`."""
    plain = name.removeprefix("DT_").lower()
    return {"float": "float32", "double": "float64", "half": "float16"}.get(plain, plain)
