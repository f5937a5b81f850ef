"""What a model may take while Keras builds it: no more than its tensors in the file.

A config of a hundred bytes can ask for a Dense layer of 10^9 units, in a dozen spellings. Every weight is filled from a
tensor of exactly its shape afterwards, so the sum of the tensors' sizes bounds the weights, whatever asks for them. Their
initial values matter to nobody, so they get none (`kconvert/late.py`); code of the user's own, which may assign to them, gets zeros.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

from kconvert.errors import UnsafeSource
from kconvert.framework import keras_on_tensorflow
from kconvert.late import Late, late_variables
from kconvert.spec import ModelSpec, stored_tensors

SLACK = 64 << 20  # bytes for what no file has: the states of stateful layers, seeds
WIDEST = 8  # bytes of an element


@contextlib.contextmanager
def bounded_weights(spec: ModelSpec, is_late: bool = True) -> Iterator[None]:
    """While the body runs, layers may add as many elements as the spec's tensors have.

    Args:
        is_late: weights have no value yet.

    Raises:
        UnsafeSource: one asks for more, before it gets it.
    """
    layer_class = keras_on_tensorflow().layers.Layer
    original = layer_class.add_weight
    stored = sum(t.size for t in stored_tensors(spec))
    left = stored + SLACK // WIDEST

    def add_weight(self: Any, shape: Any = None, initializer: Any = None, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        asked = math.prod(int(n) for n in shape or ())
        if asked > left:
            raise UnsafeSource(
                f"{type(self).__name__} '{self.name}': asks for a weight of the shape {tuple(shape)}, and all tensors of "
                f"the file together have {stored:,} elements",
                code="E_BOMB",
            )
        left -= asked
        if not is_late:
            return original(self, shape, "zeros", *args, **kwargs)
        with late_variables():
            return original(self, shape, Late(), *args, **kwargs)

    layer_class.add_weight = add_weight
    try:
        yield
    finally:
        layer_class.add_weight = original
