"""Variables that are shown to Keras before they have a value: a model is built and written without ever being in memory.

Keras has such variables itself, made in a `StatelessScope`: whoever asks one for its value gets what its initializer
returns then (keras 3.15.1 src/backend/common/variables.py `value`). Ours gives zeros while the model is built, which in the
graphs that Keras traces are symbols that cost nothing, and the file's tensor as soon as it is known.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from kconvert.framework import keras_on_tensorflow
from kconvert.tensor import Array

ALIGNMENT = 64  # bytes; tensorflow/core/framework/allocator.h `kAllocatorAlignment`
UNINITIALIZED = "uninitialized_variables"


class Late:
    """An initializer that is asked for each use of its variable, and whose answer can change."""

    def __init__(self) -> None:
        self.read: Callable[[], Array] | None = None

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Zeros, or what `read` gives."""
        ops = keras_on_tensorflow().ops
        return ops.zeros(shape, dtype) if self.read is None else ops.convert_to_tensor(self.read(), dtype)


@contextlib.contextmanager
def late_variables() -> Iterator[None]:
    """Variables that Keras makes from an initializer meanwhile have no value yet.

    Keras lists them, to fill them when it leaves its outermost scope: these it shall not.
    """
    from keras.src.backend.common import global_state

    before = list(global_state.get_global_attribute(UNINITIALIZED, []))
    try:
        with keras_on_tensorflow().StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(UNINITIALIZED, before)


def is_late(variable: Any) -> bool:
    """True for a variable that has no value yet."""
    return variable._value is None


def give(variable: Any, read: Callable[[], Array]) -> None:
    """What a late variable shall be, read whenever somebody asks for it."""
    late = Late()
    late.read = read
    variable._initializer = late


def fill(variable: Any, blocks: Iterable[Array]) -> None:
    """Gives a variable its value, in memory that it keeps: TensorFlow itself would copy it twice on the way.

    Args:
        blocks: all elements, in arrays of one axis and the variable's dtype.
    """
    room = _aligned(math.prod(variable.shape), np.dtype(variable.dtype))
    place = 0
    for block in blocks:
        room[place : place + block.size] = block
        place += block.size
    value = room.reshape(tuple(variable.shape))
    if variable.dtype != "bfloat16":  # which NumPy lacks
        from tensorflow.experimental import dlpack

        value = dlpack.from_dlpack(value.__dlpack__())
    if is_late(variable):
        variable._initializer = lambda shape, dtype: value
        variable._deferred_initialize()
    else:
        variable.assign(value)


def _aligned(size: int, dtype: np.dtype[Any]) -> Array:
    """Room for so many elements, where TensorFlow wants them to begin."""
    nbytes = size * dtype.itemsize
    raw = np.empty(nbytes + ALIGNMENT, np.uint8)
    begin = -raw.ctypes.data % ALIGNMENT
    return raw[begin : begin + nbytes].view(dtype)
