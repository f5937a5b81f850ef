"""How the values of an HDF5 dataset are read: as a whole, or row by row where they lie in the file in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import h5py
import numpy as np

from kconvert.tensor import Array, InBlocks, cut


def reader(
    dataset: h5py.Dataset, is_bfloat16: bool, reading: Callable[[], AbstractContextManager[None]]
) -> Callable[[], Array]:
    """What a tensor reads its value with.

    Args:
        is_bfloat16: the values are bfloat16, which NumPy lacks: they become the float32 of the same value.
        reading: around every access.
    """

    def read() -> Array:
        with reading():
            return _plain(np.asarray(dataset[()]), is_bfloat16)

    def blocks(limit: int) -> Iterator[Array]:
        with reading():
            for block in _rows(dataset, limit):
                yield _plain(block, is_bfloat16)

    lies_in_order = dataset.chunks is None and dataset.ndim > 0 and dataset.size > 0
    return InBlocks(read, blocks) if lies_in_order else read


def _plain(value: Array, is_bfloat16: bool) -> Array:
    """In this machine's byte order, and as NumPy has it."""
    if is_bfloat16:
        return (value.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return value.astype(value.dtype.newbyteorder("=")) if not value.dtype.isnative else value


def _rows(dataset: h5py.Dataset, limit: int) -> Iterator[Array]:
    """So many rows at a time; memory is taken once, for getting it costs as much as filling it."""
    row = dataset.nbytes // len(dataset)
    if row > limit:
        for number in range(len(dataset)):
            yield from cut(np.asarray(dataset[number]), limit)
        return
    rows = min(max(limit // row, 1), len(dataset))
    room = np.empty((rows, *dataset.shape[1:]), dataset.dtype)
    for start in range(0, len(dataset), rows):
        count = min(rows, len(dataset) - start)
        dataset.read_direct(room, np.s_[start : start + count], np.s_[:count])
        yield room[:count].reshape(-1)
