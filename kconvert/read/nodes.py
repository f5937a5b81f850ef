"""How a layer was called: the node lists of functional models to calls, in the three forms that Keras gave them.

* Keras 1 and 2: a node is a list of `[layer, node, tensor]` or `[layer, node, tensor, kwargs]`, all with the same kwargs;
* tf.keras from 2.2 on: any nest of them, also one alone or a dict, and tensors may stand inside kwargs; what is no tensor
  is `["_CONSTANT_VALUE", -1, value, kwargs]`;
* Keras 3: `{"args", "kwargs"}` with `__keras_tensor__` wherever a tensor stands.

Sources: tensorflow 2.4 python/keras/engine/functional.py `process_node`, utils/tf_utils.py `convert_inner_node_data`;
keras 3.0.5 src/ops/node.py, src/models/functional.py `deserialize_node`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kconvert.spec import Call, Nest, Port

CONSTANT = "_CONSTANT_VALUE"


def call_of(node: Any) -> Call:
    """The call that one inbound node describes."""
    if isinstance(node, Mapping) and "args" in node and isinstance(node.get("kwargs"), Mapping):
        return Call(tuple(_keras3(a) for a in node["args"]), {k: _keras3(v) for k, v in node["kwargs"].items()})
    if not node:
        return Call()
    first = _argument(node)
    if isinstance(first, list) and len(first) == 1:
        first = first[0]
    kwargs = next(_kwargs(node), {})
    return Call((first,), {key: _inside_kwargs(value) for key, value in kwargs.items()})


def arguments_of(node: Any) -> tuple[Nest, Mapping[str, Nest]]:
    """The first argument, its structure kept, and the keyword arguments of a tf.keras node."""
    return _argument(node), {key: _inside_kwargs(value) for key, value in next(_kwargs(node), {}).items()}


def ports_of(references: Any) -> Nest:
    """The ports of a model's inputs or outputs, in the structure that the model was made with: a tuple or a dict."""
    ports = _argument(references)
    return (ports,) if isinstance(ports, Port) else tuple(ports) if isinstance(ports, list) else ports


SILENT = frozenset(
    ["InputLayer", "Functional", "Sequential", "Model", "Discretization", "HashedCrossing", "Pipeline", "SpatialDropout1D",
     "SpatialDropout2D", "SpatialDropout3D"]
)  # fmt: skip
"""Layers of Keras 3 whose config does not have `trainable` (their own `get_config`, keras 3.0.5 and 3.15)."""


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Is an entry of a Keras 3 graph an operation? A layer says whether it is trained, but for a few."""
    if entry["class_name"] in SILENT:
        return False
    module = str(entry.get("module") or "")
    return module.startswith(("keras.src.ops.", "keras.ops")) or "trainable" not in entry["config"]


def _argument(nest: Any) -> Nest:
    if _is_reference(nest):
        return nest[2] if nest[0] == CONSTANT else Port(nest[0], int(nest[1]), int(nest[2]))
    if isinstance(nest, Mapping):
        return {key: _argument(value) for key, value in nest.items()}
    return [_argument(value) for value in nest]


def _kwargs(nest: Any) -> Iterator[Mapping[str, Any]]:
    """The keyword arguments, which each reference of a node repeats."""
    if _is_reference(nest):
        if len(nest) > 3 and isinstance(nest[3], Mapping) and nest[3]:
            yield nest[3]
    else:
        for value in nest.values() if isinstance(nest, Mapping) else nest:
            yield from _kwargs(value)


def _inside_kwargs(value: Any) -> Nest:
    if _is_reference(value) and all(isinstance(n, int) for n in value[1:3]):
        return _argument(value)
    if isinstance(value, Mapping):
        return {key: _inside_kwargs(inner) for key, inner in value.items()}
    return [_inside_kwargs(inner) for inner in value] if isinstance(value, list) else value


def _is_reference(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str)


def _keras3(value: Any) -> Nest:
    if isinstance(value, Mapping):
        kind, config = value.get("class_name"), value.get("config")
        if kind == "__keras_tensor__" and isinstance(config, Mapping):
            layer, node, tensor = config["keras_history"]
            return Port(str(layer), int(node), int(tensor))
        if kind == "__slice__" and isinstance(config, Mapping):
            return {"slice": [config.get(end) for end in ("start", "stop", "step")]}
        if kind == "__ellipsis__":
            return "..."
        if kind in ("__numpy__", "__tensor__") and isinstance(config, Mapping):
            return np.array(config["value"], dtype=config["dtype"])
        return {key: _keras3(inner) for key, inner in value.items()}
    return [_keras3(inner) for inner in value] if isinstance(value, list) else value
