"""The weights of a `.keras` file as HDF5, with room where large tensors belong: a frame, which is filled on its way.

HDF5 gives a tensor its place in the file when it is made; nothing has to be written there. The frame is in memory, and small.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from kconvert.export.given import Values
from kconvert.export.sparse import SparseFile

LARGE = 1 << 16  # bytes; a smaller tensor is written as Keras does


@dataclass(frozen=True, slots=True)
class Gap:
    """Room for the elements of a variable, in bytes from the file's beginning."""

    variable: Any
    offset: int
    nbytes: int


def laid_out(model: Any, frame: SparseFile, assets: Any, values: Values) -> list[Gap]:
    """Writes all of a model's state but large tensors, in the groups and the order of Keras's own `save`.

    Args:
        frame: takes the file.
        assets: Keras's store for what layers keep in files.
        values: of the model's variables.
    """
    from keras.src.saving import saving_lib

    store = _frame(saving_lib.H5IOStore, values)(frame)
    try:
        if getattr(model, "compiled", False) and model.optimizer is not None:
            model.optimizer.save_own_variables = _variables_themselves(model.optimizer)
        saving_lib._save_state(model, weights_store=store, assets_store=assets, inner_path="", visited_saveables=set())
        return [Gap(v, dataset.id.get_offset(), dataset.nbytes) for v, dataset in store.waiting]
    finally:
        store.close()


def _variables_themselves(optimizer: Any) -> Any:
    """Instead of their values (keras 3.15.1 src/optimizers/base_optimizer.py `save_own_variables`)."""

    def save_own_variables(store: Any) -> None:
        for number, variable in enumerate(optimizer.variables):
            store[str(number)] = variable

    return save_own_variables


def _frame(store: Any, values: Values) -> Any:
    """Keras's class for weights files, which leaves gaps."""
    import h5py
    import numpy as np

    class Frame(store):
        """`waiting` has the variables that were left out, and their places."""

        def __init__(self, frame: SparseFile) -> None:
            self.waiting: list[tuple[Any, h5py.Dataset]] = []
            self._frame = frame
            super().__init__("model.weights.h5", mode="w")

        def _get_h5_file(self, path_or_io: Any, mode: str | None = None) -> h5py.File:
            return h5py.File(self._frame, "w")

        def __setitem__(self, key: str, value: Any) -> None:
            if not (_is_variable(value) and value in values and _is_large(value)):
                super().__setitem__(key, value)
                return
            if not self._h5_entry_initialized:
                self._create_h5_group(self._h5_entry_path)
            how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            how.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            how.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            kind = h5py.h5t.py_create(np.dtype(value.dtype), logical=True)
            room = h5py.h5s.create_simple(tuple(value.shape))
            made = h5py.h5d.create(self._h5_entry_group.id, key.encode(), kind, room, how)
            self.waiting.append((value, h5py.Dataset(made)))

    return Frame


def _is_variable(value: Any) -> bool:
    return hasattr(value, "assign") and hasattr(value, "path")


def _is_large(variable: Any) -> bool:
    """False for what is no number of NumPy's."""
    bits = re.fullmatch(r"(?:float|u?int)(8|16|32|64)", variable.dtype)
    return bits is not None and math.prod(map(int, variable.shape)) * int(bits[1]) // 8 >= LARGE
