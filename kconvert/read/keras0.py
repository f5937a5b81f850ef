"""Keras 0.x writes a layer as one flat dict, its class under `name`; here it becomes `{"class_name", "config"}`.

Containers become what Keras 1 has for them: `Sequential` with a list of layers, `Graph`, and `Merge` holding its branches.
An `AutoEncoder` is its encoder and its decoder as two models; a `Siamese` in a Graph keeps its layer.
Sources: keras 0.3.3 utils/layer_utils.py `container_from_config`, layers/core.py `Layer.get_config`, `AutoEncoder`,
`Siamese`, layers/containers.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TRAINING_KEYS = (
    "optimizer",
    "loss",
    "class_mode",
    "theano_mode",
    "sample_weight_mode",
    "sample_weight_modes",
    "loss_weights",
)


def keras0_entry(data: Mapping[str, Any]) -> dict[str, Any]:
    """A layer or container of Keras 0.x in the form of Keras 1."""
    class_name = data.get("name")
    training = {key: data[key] for key in TRAINING_KEYS if key in data}
    if class_name == "Sequential":
        return {"class_name": class_name, "config": _entries(data["layers"]), **training}
    if class_name == "Graph":
        nodes = {name: keras0_entry(node) for name, node in data["nodes"].items()}
        parts = {key: data[key] for key in ("input_config", "node_config", "output_config")}
        return {"class_name": class_name, "config": {**parts, "nodes": nodes}, **training}
    if class_name == "AutoEncoder":
        parts = {key: keras0_entry(data[f"{key}_config"]) for key in ("encoder", "decoder")}
        config = {"output_reconstruction": data.get("output_reconstruction", True), **parts}
        return {"class_name": class_name, "config": config}
    config = {k: v for k, v in data.items() if k not in ("name", "custom_name")}
    for holder in ("layers", "inputs"):  # Merge, Siamese
        if holder in config:
            config[holder] = _entries(config[holder])
    if isinstance(config.get("layer"), Mapping):  # TimeDistributed, Siamese
        config["layer"] = keras0_entry(config["layer"])
    shape, dtype = _input_shape(class_name, config)
    config.pop("input_shape", None)
    if shape is not None:
        config |= {"batch_input_shape": shape, "input_dtype": dtype}
    return {"class_name": class_name, "config": {**config, "name": data.get("custom_name") or str(class_name).lower()}}


def _entries(layers: Any) -> list[dict[str, Any]]:
    return [keras0_entry(layer) for layer in layers]


def _input_shape(class_name: Any, config: Mapping[str, Any]) -> tuple[list[Any] | None, str]:
    """An Embedding says the size of its vocabulary where others say the shape of a sample (0.3.3 layers/embeddings.py)."""
    if class_name == "Embedding":
        return [None, config.get("input_length")], "int32"
    if class_name == "WordContextProduct":  # pairs of words (0.2.0 layers/embeddings.py)
        return [None, 2], "int32"
    if "batch_input_shape" in config:
        return list(config["batch_input_shape"]), "float32"
    shape = config.get("input_shape")
    return (None, "float32") if shape is None else ([None, *shape], "float32")
