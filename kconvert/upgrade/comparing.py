"""Nests with arrays in them, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kconvert.spec import Call


def comparable(nest: Any) -> Any:
    """The same nest with every array as its dtype, shape and bytes."""
    if isinstance(nest, np.ndarray):
        values = nest.tolist() if nest.dtype == object else nest.tobytes()
        return "array", str(nest.dtype), nest.shape, values
    if isinstance(nest, Call):
        return comparable(nest.args), comparable(nest.kwargs)
    if isinstance(nest, Mapping):
        return {key: comparable(value) for key, value in nest.items()}
    return [comparable(v) for v in nest] if isinstance(nest, list | tuple) else nest
