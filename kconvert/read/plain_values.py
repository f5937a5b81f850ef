"""Values that the serialization of Keras 2.12 and later wraps in objects, as the plain JSON of all other files.

Sources: keras 2.15.0 and 3.15.1 src/saving/serialization_lib.py `serialize_keras_object`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WRAPPED = frozenset(["__numpy__", "__tensor__", "__tuple__", "__bytes__"])
NODES = "inbound_nodes"


def with_plain_values(value: Any, in_nodes: bool) -> Any:
    """Arrays, numbers of NumPy and tuples as lists and numbers.

    Args:
        in_nodes: also where the nodes of a graph say what a layer was called on; their reader knows those of Keras 3.
    """
    if isinstance(value, list):
        return [with_plain_values(v, in_nodes) for v in value]
    if not isinstance(value, Mapping):
        return value
    config = value.get("config")
    if value.get("class_name") in WRAPPED and isinstance(config, Mapping) and "value" in config:
        return with_plain_values(config["value"], in_nodes)
    return {k: v if k == NODES and not in_nodes else with_plain_values(v, in_nodes) for k, v in value.items()}
