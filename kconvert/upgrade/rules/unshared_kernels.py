"""Kernels of locally connected layers with `implementation` 2 or 3 as those of 1: (positions, patch, filters).

2 keeps every input times every output, with a mask; 3 keeps the connected pairs alone, sorted by flat output and then flat input.
A patch is rows, columns, channels under channels_last and channels, rows, columns under channels_first. With padding 'same'
a patch begins kernel // 2 before its output, and what lies outside the input has the weight zero here.
Source: tensorflow 2.3 python/keras/layers/local.py, utils/conv_utils.py `conv_kernel_idxs`, `conv_connected_inputs`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from kconvert.tensor import Array, Tensor
from kconvert.upgrade.shapes.windows import window


@dataclass(frozen=True, slots=True)
class Patches:
    """Where the patches of a layer lie: sizes per spatial axis, and what they read."""

    sizes: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    channels: int
    filters: int
    channels_first: bool

    @property
    def positions(self) -> tuple[int, ...]:
        """Outputs per axis."""
        found = zip(self.sizes, self.kernel, self.strides, strict=True)
        return tuple(int(window(n, k, s, self.padding) or 0) for n, k, s in found)

    @property
    def zeros(self) -> list[tuple[int, int]]:
        """Zeros before and after each axis, with which the patches are those of `valid`."""
        if self.padding != "same":
            return [(0, 0)] * len(self.sizes)
        axes = zip(self.sizes, self.kernel, self.strides, self.positions, strict=True)
        return [(k // 2, max(0, (out - 1) * s + k - k // 2 - n)) for n, k, s, out in axes]

    def places(self) -> tuple[list[Array], Array]:
        """For each output position and place in its patch the input index per axis, and whether it is in the input."""
        starts = [
            np.arange(out) * s - a for out, s, (a, _) in zip(self.positions, self.strides, self.zeros, strict=True)
        ]
        count, place = int(np.prod(self.positions)), int(np.prod(self.kernel))
        outputs = np.array(list(itertools.product(*starts))).reshape(count, 1, -1)
        offsets = np.array(list(itertools.product(*map(range, self.kernel)))).reshape(1, place, -1)
        index = outputs + offsets
        inside = np.all((index >= 0) & (index < np.array(self.sizes)), axis=-1)
        return [np.where(inside, index[..., a], 0) for a in range(index.shape[-1])], inside


def as_patches(kernel: Tensor, patches: Patches) -> Tensor:
    """The kernel of implementation 2 (several axes) or 3 (one) as that of 1."""
    first = patches.channels_first
    place = int(np.prod(patches.kernel)) * patches.channels
    shape = (int(np.prod(patches.positions)), place, patches.filters)

    def from_pairs(values: Array) -> Array:
        dense = np.zeros(_dense_shape(patches), values.dtype)
        index, inside = patches.places()
        outputs = [a.reshape(-1, 1) for a in np.unravel_index(np.arange(shape[0]), patches.positions)]
        pairs = []
        for channel, one in itertools.product(range(patches.channels), range(patches.filters)):
            out = _flat(outputs, one, patches.positions, patches.filters, first)
            into = _flat(index, channel, patches.sizes, patches.channels, first)
            pairs.append(np.stack([np.broadcast_to(out, inside.shape)[inside], into[inside]], axis=1))
        order = np.concatenate(pairs)
        order = order[np.lexsort((order[:, 1], order[:, 0]))]
        ins, outs = _axes_shapes(patches)
        dense.reshape(int(np.prod(ins)), int(np.prod(outs)))[order[:, 1], order[:, 0]] = values
        return from_dense(dense)

    def from_dense(dense: Array) -> Array:
        axes = len(patches.sizes)
        if first:  # channels and filters to the end of their halves
            dense = np.moveaxis(np.moveaxis(dense, 0, axes), axes + 1, -1)
        index, inside = patches.places()
        outputs = [a.reshape(-1, 1) for a in np.unravel_index(np.arange(shape[0]), patches.positions)]
        ordered = np.moveaxis(dense, axes, -2)  # inputs, outputs, channels, filters
        taken = ordered[(*index, *outputs)]
        taken = np.where(inside[:, :, None, None], taken, 0)  # positions, places, channels, filters
        return (taken.transpose(0, 2, 1, 3) if first else taken).reshape(shape)

    return kernel.apply("patches of connected inputs", from_pairs if len(kernel.shape) == 1 else from_dense, shape)


def _axes_shapes(patches: Patches) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if patches.channels_first:
        return (patches.channels, *patches.sizes), (patches.filters, *patches.positions)
    return (*patches.sizes, patches.channels), (*patches.positions, patches.filters)


def _dense_shape(patches: Patches) -> tuple[int, ...]:
    ins, outs = _axes_shapes(patches)
    return (*ins, *outs)


def _flat(index: list[Array], channel: int, sizes: tuple[int, ...], channels: int, first: bool) -> Array:
    whole = np.broadcast_arrays(*index)
    extra = np.full(whole[0].shape, channel)
    if first:
        return np.asarray(np.ravel_multi_index((extra, *whole), (channels, *sizes)))
    return np.asarray(np.ravel_multi_index((*whole, extra), (*sizes, channels)))
