"""Where windows of convolutions and pooling lie: the order of axes, what each backend means by `same`, and the sums over windows.

* TensorFlow: total = max((ceil(n/s) - 1) s + k - n, 0), half of it, rounded down, at the beginning.
* Theano: k // 2 on both sides (`half`); where k is even, Keras cuts the result to ceil(n/s).
* CNTK: (ceil(n/s) - 1) s + k - n, half of it at the beginning, rounded up for odd k and down for even k, also below zero.

Here k is the length of the kernel with its gaps. Sources: keras 1.2.2, 2.2.4 backend/theano_backend.py `_postprocess_conv2d_output`, and
theano tensor/nnet/abstract_conv.py `get_conv_output_shape`; tensorflow core/framework/common_shape_fns.cc; measured on CNTK 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Facts, Lacking
from kconvert.verify.reference.layer import Layer

Pairs = list[tuple[int, int]]
BLOCK = 1 << 22
"""Numbers in a block of windows: 32 MB."""


def is_channels_first(layer: Layer, rank: int) -> bool:
    """Are the channels the axis after the batch? Where a layer does not say, the model does; steps come first in all that is older."""
    said = layer.get("data_format", layer.get("dim_ordering"))
    if said in (None, "default"):
        said = "channels_last" if rank == 1 else layer.facts.data_format
    return said in ("channels_first", "th")


def channels_last(layer: Layer, array: Array) -> Array:
    """The array with its channels behind."""
    return np.moveaxis(array, 1, -1) if is_channels_first(layer, array.ndim - 2) else array


def as_it_was(layer: Layer, array: Array) -> Array:
    """An array with channels behind in the layer's own order of axes."""
    return np.moveaxis(array, -1, 1) if is_channels_first(layer, array.ndim - 2) else array


def each(value: Any, rank: int) -> list[int]:
    """An argument that is one number or one for each axis."""
    return [int(n) for n in value] if isinstance(value, list | tuple) else [int(value)] * rank


def paddings(
    facts: Facts, mode: str, shape: Sequence[int], kernel: Sequence[int], strides: Sequence[int], gaps: Sequence[int]
) -> tuple[Pairs, list[int]]:
    """Zeros before and behind each axis, and the lengths of the result.

    Args:
        mode: `valid`, `same`, `full` or `causal`.
        shape, kernel, strides, gaps: of each axis; `gaps` are dilation rates.

    Raises:
        Lacking: another mode.
    """
    pairs, lengths = [], []
    for n, k, s, d in zip(shape, kernel, strides, gaps, strict=True):
        span = (k - 1) * d + 1
        if mode == "same":
            begin, end, length = _same(facts, n, k, span, s)
        elif mode in ("valid", "full", "causal"):
            begin = 0 if mode == "valid" else span - 1
            end = span - 1 if mode == "full" else 0
            length = (n + begin + end - span) // s + 1
        else:
            raise Lacking(f"the reference does not have the padding {mode!r}")
        pairs.append((begin, end))
        lengths.append(length)
    return pairs, lengths


def _same(facts: Facts, n: int, k: int, span: int, s: int) -> tuple[int, int, int]:
    length = -(-n // s)
    total = (length - 1) * s + span - n
    odd_total = total % 2 == 1 and span > 1
    if not odd_total and s == 1:  # all agree: nothing to ask
        return total // 2, total - total // 2, length
    if facts.backend == "theano":
        half = span // 2
        found = (n + 2 * half - span) // s + 1
        return half, half, min(found, length) if k % 2 == 0 else found
    if facts.backend == "cntk":
        begin = -(-total // 2) if span % 2 else total // 2  # below zero, the window begins behind the first number
        return begin, total - begin, length
    total = max(total, 0)
    return total // 2, total - total // 2, length


def padded(array: Array, pairs: Sequence[tuple[int, int]], value: float = 0.0) -> Array:
    """The array (batch, axes, channels) with a border; a negative width cuts."""
    inside = tuple(slice(max(-b, 0), n - max(-e, 0)) for (b, e), n in zip(pairs, array.shape[1:-1], strict=True))
    array = array[(slice(None), *inside)]
    widths = [(0, 0), *((max(b, 0), max(e, 0)) for b, e in pairs), (0, 0)]
    return np.pad(array, widths, constant_values=value) if any(w != (0, 0) for w in widths) else array


def taps(
    array: Array, kernel: Sequence[int], strides: Sequence[int], gaps: Sequence[int], lengths: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """For each place in the kernel what all windows have there: (batch, lengths, channels)."""
    for place in np.ndindex(*kernel):
        parts = zip(place, gaps, strides, lengths, strict=True)
        index: Any = (slice(None), *(slice(i * d, i * d + (m - 1) * s + 1, s) for i, d, s, m in parts))
        yield place, array[index]


def correlated(
    array: Array,
    kernel: Array,
    strides: Sequence[int],
    gaps: Sequence[int],
    pairs: Pairs,
    lengths: Sequence[int],
    groups: int = 1,
) -> Array:
    """Sums of windows times a kernel (axes, channels in / groups, channels out), not turned; channels behind.

    Windows are laid side by side and multiplied at once, so many of them at a time as `BLOCK` numbers hold.
    """
    spatial, outside = kernel.shape[:-2], kernel.shape[-1]
    spans = [(k - 1) * d + 1 for k, d in zip(spatial, gaps, strict=True)]
    ends = [max(e, (m - 1) * s + span - n - b) for (b, e), m, s, span, n in
            zip(pairs, lengths, strides, spans, array.shape[1:-1], strict=True)]  # fmt: skip
    array = padded(array, [(b, e) for (b, _), e in zip(pairs, ends, strict=True)])
    axes = tuple(range(1, len(spatial) + 1))
    steps: Any = (slice(None), *(slice(0, (m - 1) * s + 1, s) for m, s in zip(lengths, strides, strict=True)))
    places: Any = (..., *(slice(None, None, d) for d in gaps))
    windows = np.lib.stride_tricks.sliding_window_view(array, spans, axis=axes)[steps][places]
    windows = np.moveaxis(windows, len(spatial) + 1, -1)  # (batch, lengths, kernel's axes, channels)
    result = np.empty((array.shape[0], *lengths, outside))
    width = int(np.prod(lengths[1:])) * int(np.prod(spatial)) * array.shape[-1]
    rows = max(1, BLOCK // max(width, 1))
    for sample in range(array.shape[0]):
        for begin in range(0, lengths[0], rows):
            block = windows[sample, begin : begin + rows]
            _multiplied(block, kernel, groups, result[sample, begin : begin + rows])
    return result


def _multiplied(block: Array, kernel: Array, groups: int, result: Array) -> None:
    """Fills `result` (lengths, channels out) with the products of windows (lengths, kernel's axes, channels in)."""
    inside, outside = kernel.shape[-2], kernel.shape[-1] // groups
    count = int(np.prod(result.shape[:-1]))
    for group in range(groups):
        taken = block if groups == 1 else block[..., group * inside : (group + 1) * inside]
        own = kernel[..., group * outside : (group + 1) * outside]
        product = taken.reshape((count, -1)) @ own.reshape((-1, outside))
        result[..., group * outside : (group + 1) * outside] = product.reshape((*result.shape[:-1], outside))


def turned(kernel: Array, rank: int, facts: Facts) -> Array:
    """A kernel (axes, ...) as what its backend does with it: Theano's convolution turns it round, the others' does not."""
    if all(n == 1 for n in kernel.shape[:rank]) or facts.backend != "theano":
        return kernel
    return np.flip(kernel, tuple(range(rank)))


def keras1_kernel(layer: Layer, slot: str, rank: int) -> Array:
    """A kernel of Keras 0.x or 1.x as (axes, channels in, channels out): with `th` it is stored as (out, in, axes)."""
    kernel = layer.tensor(slot)
    if not is_channels_first(layer, rank):
        return kernel
    return np.transpose(kernel, (*range(2, 2 + rank), 1, 0))


def kernel_size(layer: Layer, rank: int) -> list[int]:
    """The kernel's lengths: one argument from Keras 2 on, several names before."""
    if layer.facts.dialect >= Dialect.keras2:
        return each(layer.get("kernel_size"), rank)
    if rank == 1:
        return [int(layer.get("filter_length"))]
    names = ("nb_row", "nb_col") if rank == 2 else ("kernel_dim1", "kernel_dim2", "kernel_dim3")
    return [int(layer.get(name)) for name in names]
