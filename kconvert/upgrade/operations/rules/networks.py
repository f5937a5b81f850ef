"""tf.nn: convolutions, pooling, normalisation, with constant kernels and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import copies
from kconvert.upgrade.operations.build import Build, Value
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.operations.rules.shapes import WHOLE


def bias_add(build: Build, value: Value, bias: Value, data_format: Any = None) -> Value:
    """Added along the channels."""
    if not str(data_format or "").startswith("NC"):
        return build("add", value, bias)
    rank = len(build.known_shape(value, "tf.nn.bias_add"))
    return build("add", value, build("reshape", bias, newshape=[-1, *[1] * (rank - 2)]))


def batch_normalization(
    build: Build, x: Value, mean: Value, variance: Value, offset: Value, scale: Value, variance_epsilon: float
) -> Value:
    """x inv + (offset - mean inv), inv = scale / sqrt(variance + epsilon) (nn_impl.py `batch_normalization`)."""
    inverse = build("rsqrt", build("add", variance, variance_epsilon))
    if scale is not None:
        inverse = build("multiply", inverse, scale)
    shift = build("multiply", mean, inverse)
    moved = build("negative", shift) if offset is None else build("subtract", offset, shift)
    return build("add", build("multiply", x, inverse), moved)


def moments(build: Build, x: Value, axes: Any, keepdims: Any = False) -> Value:
    """Mean and variance."""
    keep = bool(keepdims)
    return build("mean", x, axis=axes, keepdims=keep), build("var", x, axis=axes, keepdims=keep)


def local_response_normalization(
    build: Build, input: Value, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5
) -> Value:
    """x / (bias + alpha * the sum of the squares of the channels around)^beta (nn_ops.cc `LRN`)."""
    channels = build.known_shape(input, "the normalisation over channels")[-1]
    if isinstance(channels, Length):
        raise Rejected("the number of channels is not known")
    radius = copies(depth_radius, "depth_radius")
    widths = [[0, 0]] * 3 + [[radius, radius]]
    squares = build("pad", build("square", input), pad_width=widths, mode="constant", constant_values=0)
    total = None
    for start in range(2 * radius + 1):
        part = build("getitem", squares, key=[WHOLE, WHOLE, WHOLE, {"slice": [start, start + channels, None]}])
        total = part if total is None else build("add", total, part)
    around = build("add", build("multiply", total, alpha), bias)
    return build("divide", input, build("power", around, beta))


def convolution(
    build: Build,
    input: Value,
    filters: Value,
    strides: Any = 1,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Value:
    """A convolution with a constant or computed kernel."""
    rank = len(build.known_shape(input, "the convolution")) - 2
    layout = _layout(data_format)
    steps, spread = _spatial(strides, rank, layout), _spatial(dilations, rank, layout)
    padded, how = _padding(build, input, padding, layout)
    return build(
        "conv", padded, filters, strides=steps, padding=how, data_format=layout, dilation_rate=spread
    )  # fmt: skip


def sigmoid_cross_entropy(build: Build, labels: Value, logits: Value) -> Value:
    """max(x, 0) - x z + log(1 + exp(-|x|)) (nn_impl.py)."""
    product = build("multiply", logits, labels)
    tail = build("log1p", build("exp", build("negative", build("abs", logits))))
    return build("add", build("subtract", build("relu", logits), product), tail)


def softmax_cross_entropy_and_gradient(build: Build, features: Value, labels: Value) -> Value:
    """The operation gives the gradient as a second output, which code never takes."""
    return (softmax_cross_entropy(build, labels, features),)


def softmax_cross_entropy(build: Build, labels: Value, logits: Value, axis: int | None = -1) -> Value:
    """Minus the sum of labels times log-probabilities."""
    axis = -1 if axis is None else axis
    product = build("multiply", labels, build("log_softmax", logits, axis=axis))
    return build("negative", build("sum", product, axis=axis))


def depthwise_convolution(
    build: Build,
    input: Value,
    filter: Value,
    strides: Any = 1,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Value:
    """Each channel by itself."""
    layout = _layout(data_format)
    steps, spread = _one(_spatial(strides, 2, layout)), _one(_spatial(dilations, 2, layout))
    padded, how = _padding(build, input, padding, layout)
    return build(
        "depthwise_conv", padded, filter, strides=steps, padding=how, data_format=layout, dilation_rate=spread
    )  # fmt: skip


def max_pool(
    build: Build, input: Value, ksize: Any, strides: Any, padding: Any = "VALID", data_format: Any = None
) -> Value:
    """The largest of each window."""
    return _pooled(build, "max_pool", input, ksize, strides, padding, data_format)


def average_pool(
    build: Build, input: Value, ksize: Any, strides: Any, padding: Any = "VALID", data_format: Any = None
) -> Value:
    """The mean of each window; padding does not count."""
    return _pooled(build, "average_pool", input, ksize, strides, padding, data_format)


def _pooled(build: Build, name: str, x: Value, ksize: Any, strides: Any, padding: Any, data_format: Any) -> Value:
    rank = len(build.known_shape(x, "pooling")) - 2
    layout = _layout(data_format)
    if not isinstance(padding, str):
        raise Rejected("explicit padding has no equivalent", argument="padding")
    return build(
        name, x, pool_size=_spatial(ksize, rank, layout), strides=_spatial(strides, rank, layout),
        padding=padding.lower(), data_format=layout,
    )  # fmt: skip


def _layout(data_format: Any) -> str:
    return "channels_first" if str(data_format or "").startswith("NC") else "channels_last"


def _spatial(value: Any, rank: int, layout: str) -> tuple[int, ...]:
    """One number, one per spatial axis, or one per axis, as a tuple: that is what comes out of a file as one."""
    if value is None:
        return (1,) * rank
    if isinstance(value, int):
        return (value,) * rank
    values = tuple(int(v) for v in value)
    if len(values) == rank + 2:
        outer = (values[0], values[1] if layout == "channels_first" else values[-1])
        if outer != (1, 1):
            raise Rejected(f"{values}: steps over the batch or the channels have no equivalent")
        return values[2:] if layout == "channels_first" else values[1:-1]
    return values * rank if len(values) == 1 else values


def _one(values: tuple[int, ...]) -> int:
    if len(set(values)) != 1:
        raise Rejected(f"{values}: different steps for rows and columns have no equivalent here")
    return values[0]


def _padding(build: Build, x: Value, padding: Any, layout: str) -> tuple[Value, str]:
    if isinstance(padding, str):
        return x, padding.lower()
    return build("pad", x, pad_width=_widths(padding), mode="constant", constant_values=0), "valid"


def _widths(padding: Sequence[Sequence[int]]) -> list[list[int]]:
    return [[int(a), int(b)] for a, b in padding]
