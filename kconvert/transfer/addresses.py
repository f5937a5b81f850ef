"""The variable at an address of a `.keras` file, found as Keras finds it: by attribute, and by number among its own.

Source: keras 3.15 src/layers/layer.py `save_own_variables`: those that are trained first.
"""

from __future__ import annotations

from typing import Any


def variable_at(layer: Any, address: str) -> Any:
    """The variable at `0` or `cell/0`, None where today's layer has none there."""
    *attributes, number = address.split("/")
    for attribute in attributes:
        layer = getattr(layer, attribute, None)
    if not number.isdigit() or not hasattr(layer, "save_own_variables"):
        return None
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    return own[int(number)] if int(number) < len(own) else None
