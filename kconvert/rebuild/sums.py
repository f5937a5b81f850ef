"""Sums that today's Keras computes as every other does: what it would take for a bias is never the second operand.

As the first operand it is safe; where neither order is, the sum is a difference.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.framework import keras_on_tensorflow
from kconvert.sums import Shape, broadcast, is_mistaken

SUMS = frozenset(["Add", "Average"])


def plain_sum(x1: Any, x2: Any) -> Any:
    """What `x1 + x2` is everywhere else."""
    ops = keras_on_tensorflow().ops
    first, second = _shape(x1), _shape(x2)
    if not is_mistaken(first, second):
        return ops.add(x1, x2)
    return ops.subtract(x1, ops.negative(x2)) if is_mistaken(second, first) else ops.add(x2, x1)


def in_safe_order(tensors: Sequence[Any]) -> list[Any]:
    """The tensors of an Add or Average in an order in which none is mistaken, the given one if that will do.

    Raises:
        Rejected: there is none.
    """
    given = list(tensors)
    for order in (given, sorted(given, key=lambda t: sum(n != 1 for n in t.shape))):
        shapes = [_shape(t) for t in order]
        sums = itertools.accumulate(shapes[:-1], broadcast)
        if not any(itertools.starmap(is_mistaken, zip(sums, shapes[1:], strict=True))):
            return order
    raise Rejected(f"today's Keras adds tensors of the shapes {[_shape(t) for t in given]} along the wrong axes")


def _shape(value: Any) -> Shape:
    return tuple(value.shape) if hasattr(value, "shape") else np.shape(value)
