"""Pooling: the largest or the mean of each window, or of everything.

* With `same`, TensorFlow and CNTK pad as their convolutions do, and a mean is over what is really there. Theano pads k - 1 on both sides
  (k - 2 for odd k above 2) and Keras keeps the first ceil(n / s); there a mean counts the padding in two dimensions in Keras 2 until
  2.1.4, and does not before and after.
* Keras 0.2 can keep the windows that reach over the border (`ignore_border`).

Sources: keras 0.2.0, 0.3.3, 1.2.2 layers/convolutional.py, layers/pooling.py; keras 1.2.2, 2.0.8, 2.1.4, 2.1.5, 2.2.4 backend/theano_backend.py `pool2d`,
`pool3d`; theano tensor/signal/pool.py `Pool.out_shape`; keras 2.2.4, 2.3.1, tensorflow 1.13, 2.4 keras/layers/pooling.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.values import Value, wide
from kconvert.verify.reference.windows import Pairs, as_it_was, channels_last, each, padded, paddings, taps


def pooling(rank: int, is_max: bool) -> Rule:
    """`MaxPooling` and `AveragePooling` in one to three dimensions, of every Keras."""

    def pooled(layer: Layer, x: Value) -> Value:
        size_name, strides_name = ("pool_length", "stride") if rank == 1 else ("pool_size", "strides")
        if layer.facts.dialect >= Dialect.keras2:
            size_name, strides_name = "pool_size", "strides"
        size = each(layer.get(size_name, 2), rank)
        strides = layer.get(strides_name, layer.get("stride"))
        steps = size if strides is None else each(strides, rank)
        mode = layer.get("padding", layer.get("border_mode", "valid"))
        array = wide(channels_last(layer, x.array))
        pairs, lengths, counts_all = _windows(layer, mode, array.shape[1:-1], size, steps)
        y = (
            _largest(array, size, steps, pairs, lengths)
            if is_max
            else _mean(array, size, steps, pairs, lengths, counts_all)
        )
        return Value(as_it_was(layer, y))

    return Rule(pooled)


def _windows(
    layer: Layer, mode: str, shape: Sequence[int], size: Sequence[int], strides: Sequence[int]
) -> tuple[Pairs, list[int], bool]:
    facts = layer.facts
    if layer.get("ignore_border", True) is False:
        lengths = [(n - 1) // s + 1 if s >= k else max(0, (n - 1 - k + s) // s) + 1 for n, k, s in
                   zip(shape, size, strides, strict=True)]  # fmt: skip
        return (
            [(0, (m - 1) * s + k - n) for m, s, k, n in zip(lengths, strides, size, shape, strict=True)],
            lengths,
            False,
        )
    if mode != "same" or facts.backend != "theano":
        pairs, lengths = paddings(facts, mode, shape, size, strides, [1] * len(size))
        return pairs, lengths, False
    borders = [k - 2 if k % 2 == 1 and k > 2 else k - 1 for k in size]
    lengths = [
        min((n + 2 * p - k) // s + 1, -(-n // s)) for n, p, k, s in zip(shape, borders, size, strides, strict=True)
    ]
    counts_all = len(size) < 3 and facts.dialect is Dialect.keras2 and not facts.since("2.1.5")
    return [(p, p) for p in borders], lengths, counts_all


def _largest(array: Array, size: Sequence[int], strides: Sequence[int], pairs: Pairs, lengths: Sequence[int]) -> Array:
    result = np.full((array.shape[0], *lengths, array.shape[-1]), -np.inf)
    for _, tap in taps(
        _reaching(array, size, strides, pairs, lengths, -np.inf), size, strides, [1] * len(size), lengths
    ):
        np.maximum(result, tap, out=result)
    return result


def _mean(
    array: Array, size: Sequence[int], strides: Sequence[int], pairs: Pairs, lengths: Sequence[int], counts_all: bool
) -> Array:
    def total(values: Array) -> Array:
        windows = taps(_reaching(values, size, strides, pairs, lengths, 0.0), size, strides, [1] * len(size), lengths)
        result = np.zeros((values.shape[0], *lengths, values.shape[-1]))
        for _, tap in windows:
            result += tap
        return result

    if counts_all:
        return total(array) / np.prod(size)
    return total(array) / total(np.ones((1, *array.shape[1:-1], 1)))


def _reaching(
    array: Array, size: Sequence[int], strides: Sequence[int], pairs: Pairs, lengths: Sequence[int], value: float
) -> Array:
    """The array with its border, long enough for the last window."""
    ends = [max(e, (m - 1) * s + k - n - b) for (b, e), m, s, k, n in
            zip(pairs, lengths, strides, size, array.shape[1:-1], strict=True)]  # fmt: skip
    return padded(array, [(b, e) for (b, _), e in zip(pairs, ends, strict=True)], value)


def global_pooling(rank: int, is_max: bool) -> Rule:
    """`GlobalMaxPooling` and `GlobalAveragePooling`; a mean over steps is over those that the mask lets count."""

    def pooled(layer: Layer, x: Value) -> Value:
        array = wide(channels_last(layer, x.array))
        axes = tuple(range(1, array.ndim - 1))
        keeps = bool(layer.get("keepdims", False))
        if is_max:
            y = array.max(axis=axes, keepdims=True)
        elif x.mask is not None and rank == 1:
            weights = x.mask.reshape((array.shape[0], array.shape[1], 1)).astype(np.float64)
            y = (array * weights).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
        else:
            y = array.mean(axis=axes, keepdims=True)
        if not keeps:
            return Value(y.reshape((y.shape[0], y.shape[-1])))
        return Value(as_it_was(layer, y))

    return Rule(pooled)


WINDOWS = {f"{kind}Pooling{n}D": pooling(n, kind == "Max") for kind in ("Max", "Average") for n in (1, 2, 3)}
ALL = {f"Global{kind}Pooling{n}D": global_pooling(n, kind == "Max") for kind in ("Max", "Average") for n in (1, 2, 3)}

KERAS0: dict[str, Rule] = {**WINDOWS}
KERAS1: dict[str, Rule] = {**WINDOWS, **ALL}
KERAS2: dict[str, Rule] = {**WINDOWS, **ALL}
KERAS3: dict[str, Rule] = {**WINDOWS, **ALL}
