"""Functions of keras.backend, as the backend of the model has them, at test time.

Sources: keras 1.0.8, 1.2.2, 2.0.8, 2.2.4, 2.3.1 backend/tensorflow_backend.py, theano_backend.py; tensorflow 2.4 keras/backend.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference import activations
from kconvert.verify.reference.facts import Facts, Lacking
from kconvert.verify.reference.functions import arrays, elementwise, networks, pictures, reductions
from kconvert.verify.reference.functions.elementwise import binary, unary
from kconvert.verify.reference.functions.tensors import axes_of, bounded, cast, tensor
from kconvert.verify.reference.merge import batch_dot
from kconvert.verify.reference.windows import correlated, paddings, turned

ORDERS = {"th": "channels_first", "tf": "channels_last"}


def backend(facts: Facts) -> Mapping[str, Callable[..., Any]]:
    """The functions for one model."""
    return {
        **FUNCTIONS,
        **{name: partial(function, facts) for name, function in OF_FACTS.items()},
    }


def _over(function: Callable[..., Any]) -> Callable[..., Array]:
    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        array = tensor(x)
        array = array.astype(np.float64) if array.dtype == bool and function not in (np.any, np.all) else array
        return np.asarray(function(array, axis=axes_of(axis), keepdims=bool(keepdims)))

    return call


def _logical(function: Callable[..., Any]) -> Callable[..., Array]:
    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        return np.asarray(function(tensor(x).astype(bool), axis=axes_of(axis), keepdims=bool(keepdims)))

    return call


def under(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """The same function, its parameters called as Keras calls them, in this order."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, *(kwargs[name] for name in names[len(args) :] if name in kwargs))

    return call


def clip(x: Any, min_value: Any, max_value: Any) -> Array:
    """Between bounds; an upper one below the lower is the lower."""
    low = -np.inf if min_value is None else tensor(min_value)
    high = np.inf if max_value is None else tensor(max_value)
    return np.clip(tensor(x), low, np.maximum(low, high))


def relu(x: Any, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0.0) -> Array:
    """`K.relu`, and `activations.relu`, which call `alpha` so too."""
    return activations.relu(tensor(x), float(alpha), None if max_value is None else float(max_value), float(threshold))


def dot(x: Any, y: Any) -> Array:
    """Over the last axis of x and the last but one of y."""
    a, b = tensor(x), tensor(y)
    bounded((*a.shape[:-1], *b.shape[:-2], *b.shape[-1:]))
    return np.asarray(np.dot(a, b))


def flatten(x: Any) -> Array:
    """One axis."""
    return tensor(x).reshape(-1)


def batch_flatten(x: Any) -> Array:
    """One axis beside the batch."""
    array = tensor(x)
    return array.reshape(len(array), -1)


def repeat(x: Any, n: Any) -> Array:
    """A vector at each of n steps."""
    array = tensor(x)
    bounded((array.shape[0], int(n), array.shape[1]))
    return np.repeat(array[:, None], int(n), axis=1)


def tile(x: Any, n: Any) -> Array:
    """`K.tile`."""
    return arrays.tile(x, [n] if isinstance(n, int) else n)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Array:
    """A choice by one condition, or by one for each element or row."""
    chosen, x, y = tensor(condition).astype(bool), tensor(then_expression), tensor(else_expression)
    if chosen.ndim:
        chosen = chosen.reshape(*chosen.shape, *[1] * (x.ndim - chosen.ndim))
    return np.where(chosen, x, y)


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Array:
    """Zeros before and behind the steps; one number is for both (Keras 1)."""
    pair = (padding, padding) if isinstance(padding, int) else tuple(padding)
    return arrays.pad(x, [(0, 0), pair, (0, 0)])


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Array:
    """Numbers in a row."""
    return arrays.counted(start, stop, step, dtype)


def one_hot(indices: Any, num_classes: Any = None, nb_classes: Any = None) -> Array:
    """Rows with a single one."""
    return arrays.one_hot(indices, num_classes if nb_classes is None else nb_classes)


def expand_dims(x: Any, axis: Any = -1, dim: Any = None) -> Array:
    """One more axis."""
    return arrays.expand_dims(x, axis if dim is None else dim)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: Any = None, constraint: Any = None) -> Array:
    """`K.constant`, `K.variable`: real numbers unless told otherwise."""
    array = cast(tensor(value), dtype or "float32")
    return array if shape is None else arrays.broadcast_to(array, shape)


# what depends on the backend or on the model


def l2_normalize(facts: Facts, x: Any, axis: Any = None) -> Array:
    """By its length; each backend guards against zeros in its own way."""
    least = {"tensorflow": 1e-12, "theano": 0.0 if facts.dialect <= Dialect.keras1 else 1e-7, "cntk": 0.0}[
        facts.backend
    ]
    return reductions.l2_normalize(x, axis, least)


def batched_dot(facts: Facts, x: Any, y: Any, axes: Any = None) -> Array:
    """`K.batch_dot`."""
    a, b = tensor(x), tensor(y)
    if axes is None:
        axes = (a.ndim - 1, b.ndim - 1 if b.ndim == 2 else b.ndim - 2)
    pair = (axes, axes) if isinstance(axes, int) else axes
    return batch_dot(facts, a, b, (int(pair[0]) % a.ndim, int(pair[1]) % b.ndim))


def order_of(facts: Facts, said: Any) -> str:
    """`channels_last` or `channels_first`.

    Raises:
        Lacking: neither the code nor the file says it.
    """
    order = said or facts.known_data_format
    if order is None:
        raise Lacking("it goes by the image data format of the machine, which the file does not say")
    return ORDERS.get(order, order)


def spatial_2d_padding(
    facts: Facts, x: Any, padding: Any = ((1, 1), (1, 1)), data_format: Any = None, dim_ordering: Any = None
) -> Array:
    """Zeros around images; Keras 1 gives one number for each axis."""
    pairs = [(p, p) if isinstance(p, int) else tuple(p) for p in padding]
    if order_of(facts, data_format or dim_ordering) == "channels_first":
        return arrays.pad(x, [(0, 0), (0, 0), *pairs])
    return arrays.pad(x, [(0, 0), *pairs, (0, 0)])


def resize_images(
    facts: Facts, x: Any, height_factor: Any, width_factor: Any, data_format: Any = None, interpolation: str = "nearest",
    dim_ordering: Any = None,
) -> Array:  # fmt: skip
    """Larger by whole factors; `bilinear` has no half-pixel centres before tf.keras 2."""
    array, is_first = networks.of_channels(tensor(x), order_of(facts, data_format or dim_ordering))
    size = [array.shape[1] * int(height_factor), array.shape[2] * int(width_factor)]
    if interpolation == "nearest":
        bounded((array.shape[0], *size, array.shape[3]))
        made = np.repeat(np.repeat(array, int(height_factor), axis=1), int(width_factor), axis=2)
    else:
        is_second = facts.is_tf_keras and facts.since("2.3.0")
        made = (pictures.resize if is_second else pictures.resize_v1)(array, size, interpolation)
    return networks.back(made, is_first)


def bias_add(facts: Facts, x: Any, bias: Any, data_format: Any = None) -> Array:
    """A vector for the channels."""
    array, vector = tensor(x), tensor(bias)
    if array.ndim > 2 and order_of(facts, data_format) == "channels_first":
        if vector.ndim != 1:
            raise Lacking("a bias of several axes before the channels")
        return array + vector.reshape(-1, *[1] * (array.ndim - 2))
    return array + vector


def convolution(
    facts: Facts,
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Array:
    """`K.conv1d`, `K.conv2d`, `K.conv3d` of Keras 2."""
    weights = tensor(kernel)
    rank = weights.ndim - 2
    order = data_format or ("channels_last" if rank == 1 else None)
    array, is_first = networks.of_channels(tensor(x), order_of(facts, order))
    steps, gaps = networks.each(strides, rank), networks.each(dilation_rate, rank)
    pairs, lengths = paddings(facts, padding, array.shape[1:-1], weights.shape[:rank], steps, gaps)
    return networks.back(correlated(array, turned(weights, rank, facts), steps, gaps, pairs, lengths), is_first)


def pool2d(
    facts: Facts, x: Any, pool_size: Any, strides: Any = (1, 1), padding: str = "valid", data_format: Any = None,
    pool_mode: str = "max",
) -> Array:  # fmt: skip
    """`K.pool2d`."""
    if padding != "valid" and facts.backend != "tensorflow":
        raise Lacking("the reference has `same` pooling in code for TensorFlow only")
    function = networks.pooling(pool_mode == "max", 2)
    return function(x, pool_size, strides, padding.upper(), order_of(facts, data_format))


OF_FACTS: Mapping[str, Callable[..., Any]] = {
    "batch_dot": batched_dot,
    "bias_add": bias_add,
    "conv1d": convolution,
    "conv2d": convolution,
    "conv3d": convolution,
    "l2_normalize": l2_normalize,
    "pool2d": pool2d,
    "resize_images": resize_images,
    "spatial_2d_padding": spatial_2d_padding,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{n: unary(elementwise.UNARY[n]) for n in ("abs", "square", "exp", "log", "round", "sign", "sin", "cos", "sigmoid", "tanh",
                                                "softplus")},
    **{n: binary(elementwise.BINARY[n]) for n in ("pow", "maximum", "minimum", "equal", "not_equal", "greater",
                                                  "greater_equal", "less", "less_equal")},
    "all": _logical(np.all),
    "any": _logical(np.any),
    "arange": arange,
    "argmax": lambda x, axis=-1: np.asarray(np.argmax(tensor(x), axis=axis)),
    "argmin": lambda x, axis=-1: np.asarray(np.argmin(tensor(x), axis=axis)),
    "batch_flatten": batch_flatten,
    "cast": lambda x, dtype: cast(tensor(x), dtype),
    "cast_to_floatx": constant,
    "clip": clip,
    "concatenate": under(arrays.concat, "tensors", "axis"),
    "constant": constant,
    "cumprod": lambda x, axis=0: np.cumprod(tensor(x), axis=axis),
    "cumsum": lambda x, axis=0: np.cumsum(tensor(x), axis=axis),
    "dot": dot,
    "elu": lambda x, alpha=1.0: activations.elu(tensor(x), float(alpha)),
    "expand_dims": expand_dims,
    "eye": lambda size, dtype=None, name=None: np.eye(bounded([int(size), int(size)])[0]),
    "flatten": flatten,
    "gather": lambda reference, indices: tensor(reference)[tensor(indices).astype(int)],
    "hard_sigmoid": unary(activations.hard_sigmoid),
    "identity": arrays.same,
    "lesser": binary(np.less),
    "lesser_equal": binary(np.less_equal),
    "logsumexp": _over(reductions.logsumexp),
    "max": _over(np.max),
    "mean": _over(np.mean),
    "min": _over(np.min),
    "one_hot": one_hot,
    "ones": lambda shape, dtype=None, name=None: arrays.constant_of(1)(shape, dtype or "float32"),
    "ones_like": lambda x, dtype=None, name=None: np.ones_like(tensor(x)),
    "pack": under(arrays.stack, "x"),
    "permute_dimensions": under(arrays.transpose, "x", "pattern"),
    "print_tensor": lambda x, message="": tensor(x),
    "prod": _over(np.prod),
    "relu": relu,
    "repeat": repeat,
    "repeat_elements": under(arrays.repeat, "x", "rep", "axis"),
    "reshape": under(arrays.reshape, "x", "shape"),
    "reverse": under(arrays.reverse, "x", "axes"),
    "slice": under(arrays.cut, "x", "start", "size"),
    "softmax": lambda x, axis=-1: activations.softmax(tensor(x), axis),
    "softsign": unary(lambda x: x / (1 + np.abs(x))),
    "sqrt": unary(lambda x: np.sqrt(np.maximum(x, 0))),
    "squeeze": under(arrays.squeeze, "x", "axis"),
    "stack": under(arrays.stack, "x", "axis"),
    "std": _over(np.std),
    "stop_gradient": arrays.same,
    "sum": _over(np.sum),
    "switch": switch,
    "temporal_padding": temporal_padding,
    "tile": tile,
    "transpose": lambda x: np.transpose(tensor(x)),
    "var": _over(np.var),
    "variable": constant,
    "zeros": lambda shape, dtype=None, name=None: arrays.constant_of(0)(shape, dtype or "float32"),
    "zeros_like": lambda x, dtype=None, name=None: np.zeros_like(tensor(x)),
}  # fmt: skip
