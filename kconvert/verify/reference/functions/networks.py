"""`tf.nn`: activations, convolutions, pooling, normalizations, losses as tensors.

Sources: tensorflow 2.4 python/ops/nn_ops.py, nn_impl.py, gen_nn_ops.py, array_ops.py (`depth_to_space`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference import activations
from kconvert.verify.reference.activations import sigmoid
from kconvert.verify.reference.facts import Facts
from kconvert.verify.reference.functions.elementwise import unary
from kconvert.verify.reference.functions.tensors import tensor
from kconvert.verify.reference.windows import Pairs, correlated, paddings, taps

TENSORFLOW = Facts(Dialect.keras2, known_backend="tensorflow")


def of_channels(array: Array, data_format: Any) -> tuple[Array, bool]:
    """The array with its channels behind, and whether they stood in front."""
    is_first = data_format is not None and (str(data_format).startswith("NC") or data_format == "channels_first")
    return (np.moveaxis(array, 1, -1), True) if is_first else (array, False)


def back(array: Array, is_first: bool) -> Array:
    """Channels where they stood."""
    return np.moveaxis(array, -1, 1) if is_first else array


def each(value: Any, rank: int, is_first: bool = False) -> list[int]:
    """An argument for each axis: one number, one for each, or for batch and channels as well."""
    if value is None:
        return [1] * rank
    numbers = [int(n) for n in np.asarray(value).reshape(-1)]
    if len(numbers) == rank + 2:
        return numbers[2:] if is_first else numbers[1:-1]
    return numbers * rank if len(numbers) == 1 else numbers


def borders(
    padding: Any, array: Array, kernel: Any, strides: Any, gaps: Any, is_first: bool
) -> tuple[Pairs, list[int]]:
    """What stands before and behind each axis, and the lengths of the result."""
    if isinstance(padding, str):
        return paddings(TENSORFLOW, padding.lower(), array.shape[1:-1], kernel, strides, gaps)
    pairs = [(int(a), int(b)) for a, b in (padding[2:] if is_first else padding[1:-1])]
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, gaps, strict=True)]
    found = zip(array.shape[1:-1], pairs, spans, strides, strict=True)
    return pairs, [(n + sum(p) - span) // s + 1 for n, p, span, s in found]


def convolution(
    input: Any, filters: Any, strides: Any = None, padding: Any = "VALID", data_format: Any = None, dilations: Any = None,
) -> Array:  # fmt: skip
    """`tf.nn.conv2d` and its like."""
    array, is_first = of_channels(tensor(input), data_format)
    kernel = tensor(filters)
    rank = kernel.ndim - 2
    steps, gaps = each(strides, rank, is_first), each(dilations, rank, is_first)
    pairs, lengths = borders(padding, array, kernel.shape[:rank], steps, gaps, is_first)
    groups = array.shape[-1] // kernel.shape[-2]
    return back(correlated(array, kernel, steps, gaps, pairs, lengths, groups), is_first)


def depthwise(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: Any = None, dilations: Any = None, rate: Any = None,
) -> Array:  # fmt: skip
    """Each channel with its own kernels."""
    array, is_first = of_channels(tensor(input), data_format)
    kernel = tensor(filter)
    steps, gaps = each(strides, 2, is_first), each(dilations if rate is None else rate, 2, is_first)
    pairs, lengths = borders(padding, array, kernel.shape[:2], steps, gaps, is_first)
    grouped = kernel.reshape(*kernel.shape[:2], 1, -1)
    return back(correlated(array, grouped, steps, gaps, pairs, lengths, array.shape[-1]), is_first)


def pooling(is_max: bool, rank: int | None = None) -> Callable[..., Array]:
    """`max_pool`, `avg_pool`: a mean is over what is really there."""

    def call(
        input: Any, ksize: Any, strides: Any, padding: Any = "VALID", data_format: Any = None,
    ) -> Array:  # fmt: skip
        array, is_first = of_channels(tensor(input), data_format)
        axes = array.ndim - 2 if rank is None else rank
        size, steps = each(ksize, axes, is_first), each(strides, axes, is_first)
        pairs, lengths = borders(padding, array, size, steps, [1] * axes, is_first)
        return back(pooled(array, size, steps, pairs, lengths, is_max), is_first)

    return call


def pooled(array: Array, size: list[int], steps: list[int], pairs: Pairs, lengths: list[int], is_max: bool) -> Array:
    """Largest or mean of each window."""
    widths = [(b, max(e, (m - 1) * s + k - n - b)) for (b, e), m, s, k, n in
              zip(pairs, lengths, steps, size, array.shape[1:-1], strict=True)]  # fmt: skip
    around = [(0, 0), *widths, (0, 0)]
    ones = [1] * len(size)
    if is_max:
        filled = np.pad(array, around, constant_values=-np.inf)
        parts = [tap for _, tap in taps(filled, size, steps, ones, lengths)]
        return np.max(parts, axis=0) if len(parts) < 3 else _largest(parts)
    there = np.pad(np.ones((1, *array.shape[1:-1], 1)), around)
    filled = np.pad(array, around)
    total = sum(tap for _, tap in taps(filled, size, steps, ones, lengths))
    count = sum(tap for _, tap in taps(there, size, steps, ones, lengths))
    result: Array = np.asarray(total) / np.asarray(count)
    return result


def _largest(parts: list[Array]) -> Array:
    result = parts[0].copy()
    for part in parts[1:]:
        np.maximum(result, part, out=result)
    return result


def softmax(logits: Any, axis: Any = None) -> Array:
    """Shares."""
    return activations.softmax(tensor(logits), -1 if axis is None else axis)


def log_softmax(logits: Any, axis: Any = None) -> Array:
    """Their logarithms."""
    x, along = tensor(logits), -1 if axis is None else int(axis)
    shifted = x - x.max(axis=along, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=along, keepdims=True))
    return result


def bias_add(value: Any, bias: Any, data_format: Any = None) -> Array:
    """A number for each channel."""
    array, is_first = of_channels(tensor(value), data_format)
    return back(array + tensor(bias), is_first)


def batch_normalization(x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any) -> Array:
    """With statistics that are given."""
    factor = 1 / np.sqrt(tensor(variance) + float(variance_epsilon))
    factor = factor if scale is None else factor * tensor(scale)
    shift = -tensor(mean) * factor if offset is None else tensor(offset) - tensor(mean) * factor
    result: Array = tensor(x) * factor + shift
    return result


def local_response_normalization(
    input: Any, depth_radius: Any = 5, bias: Any = 1, alpha: Any = 1, beta: Any = 0.5
) -> Array:
    """By the squares of neighbouring channels."""
    x, radius = tensor(input), int(depth_radius)
    around = np.pad(np.square(x), [(0, 0)] * (x.ndim - 1) + [(radius, radius)])
    count = x.shape[-1]
    total = np.asarray(sum(around[..., n : n + count] for n in range(2 * radius + 1)))
    result: Array = x / (bias + alpha * total) ** beta
    return result


def depth_to_space(input: Any, block_size: Any, data_format: Any = "NHWC") -> Array:
    """Channels become blocks."""
    array, is_first = of_channels(tensor(input), data_format)
    b, rows, columns, depth = array.shape
    n = int(block_size)
    parts = array.reshape(b, rows, columns, n, n, depth // (n * n)).transpose(0, 1, 3, 2, 4, 5)
    return back(parts.reshape(b, rows * n, columns * n, depth // (n * n)), is_first)


def space_to_depth(input: Any, block_size: Any, data_format: Any = "NHWC") -> Array:
    """Blocks become channels."""
    array, is_first = of_channels(tensor(input), data_format)
    b, rows, columns, depth = array.shape
    n = int(block_size)
    parts = array.reshape(b, rows // n, n, columns // n, n, depth).transpose(0, 1, 3, 2, 4, 5)
    return back(parts.reshape(b, rows // n, columns // n, depth * n * n), is_first)


def sigmoid_cross_entropy(labels: Any = None, logits: Any = None) -> Array:
    """max(x, 0) - x z + log(1 + exp(-|x|))."""
    x = tensor(logits)
    result: Array = np.maximum(x, 0) - x * tensor(labels) + np.log1p(np.exp(-np.abs(x)))
    return result


def softmax_cross_entropy(labels: Any, logits: Any, axis: Any = -1) -> Array:
    """-sum of labels times log_softmax."""
    result: Array = -(tensor(labels) * log_softmax(logits, axis)).sum(axis=int(axis))
    return result


def softmax_cross_entropy_node(features: Any, labels: Any) -> tuple[Array, Array]:
    """The operation of the graph: the loss and its gradient."""
    return softmax_cross_entropy(labels, features), softmax(features) - tensor(labels)


def crelu(features: Any, axis: Any = -1) -> Array:
    """relu of both signs beside each other."""
    x = tensor(features)
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=int(axis))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "nn.avg_pool": pooling(False),
    "nn.avg_pool1d": pooling(False, 1),
    "nn.avg_pool2d": pooling(False, 2),
    "nn.avg_pool3d": pooling(False, 3),
    "nn.batch_normalization": batch_normalization,
    "nn.bias_add": bias_add,
    "nn.conv1d": lambda input, filters, stride, padding, data_format=None, dilations=None: convolution(
        input, filters, each(stride, 1), padding, data_format, dilations
    ),
    "nn.conv2d": convolution,
    "nn.conv3d": convolution,
    "nn.convolution": convolution,
    "nn.crelu": crelu,
    "nn.depth_to_space": depth_to_space,
    "nn.depthwise_conv2d": depthwise,
    "nn.elu": unary(activations.elu),
    "nn.embedding_lookup": lambda params, ids, max_norm=None: tensor(params)[tensor(ids).astype(int)],
    "nn.gelu": lambda features, approximate=False: activations.gelu(tensor(features), bool(approximate)),
    "nn.leaky_relu": lambda features, alpha=0.2: np.where(
        tensor(features) > 0, tensor(features), alpha * tensor(features)
    ),
    "nn.local_response_normalization": local_response_normalization,
    "nn.log_softmax": log_softmax,
    "nn.lrn": local_response_normalization,
    "nn.max_pool": pooling(True),
    "nn.max_pool1d": pooling(True, 1),
    "nn.max_pool2d": pooling(True, 2),
    "nn.max_pool3d": pooling(True, 3),
    "nn.relu": unary(lambda x: np.maximum(x, 0)),
    "nn.relu6": unary(activations.relu6),
    "nn.selu": unary(activations.selu),
    "nn.sigmoid_cross_entropy_with_logits": sigmoid_cross_entropy,
    "nn.silu": lambda features, beta=1.0: tensor(features) * sigmoid(beta * tensor(features)),
    "nn.softmax": softmax,
    "nn.softmax_cross_entropy_with_logits": softmax_cross_entropy,
    "nn.softmax_cross_entropy_with_logits_v2": softmax_cross_entropy,
    "nn.softsign": unary(lambda x: x / (1 + np.abs(x))),
    "nn.space_to_depth": space_to_depth,
    "nn.swish": lambda features, beta=1.0: tensor(features) * sigmoid(beta * tensor(features)),
    "raw_ops.SoftmaxCrossEntropyWithLogits": softmax_cross_entropy_node,
}
