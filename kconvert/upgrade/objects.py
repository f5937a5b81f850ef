"""Objects where Keras writes plain values: `units={"class_name": ...}` would be made into something by whoever reads it.

What a map knows to be an object - an initializer, an activation - is looked up by its name instead (`arguments.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLAIN = frozenset(
    ["__tuple__", "__list__", "__ellipsis__", "__slice__", "__numpy__", "__tensor__", "__bytes__", "TensorShape", "DTypePolicy"]
)  # fmt: skip
"""Forms of values (keras 2.15 and 3.15 src/saving/serialization_lib.py; tensorflow 2.4 saved_model/json_utils.py)."""


def held_object(value: Any) -> str | None:
    """The class that a value names, at any depth; None for plain ones."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            name = one.get("class_name")
            if name is not None and not (isinstance(name, str) and name in PLAIN):
                return str(name)
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return None
