"""Operations of a Keras 3 graph, `Operation>Add`: called on tensors, their other arguments in the config.

Sources: keras 3.0.5 src/ops/numpy.py, nn.py, math.py, core.py, image.py, linalg.py, and src/backend/tensorflow/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference import activations
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions import arrays, elementwise, linear, networks, pictures, reductions
from kconvert.verify.reference.functions.backend import under
from kconvert.verify.reference.functions.elementwise import binary, unary
from kconvert.verify.reference.functions.tensors import axes_of, cast, lengths, tensor
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.op_layers import plain, valued
from kconvert.verify.reference.values import Result

IGNORED = frozenset(["trainable", "dtype", "name", "synchronized", "sparse", "sorted"])


def rule(function: Callable[..., Any], *arguments: str, takes_dtype: bool = False) -> Rule:
    """An operation: `function(*tensors, **what of its config it knows)`.

    Args:
        arguments: what the config has for it.
        takes_dtype: the dtype in the config is the result's, not the layer's.
    """

    def call(layer: Layer, *args: Any, **kwargs: Any) -> Result:
        unknown = set(layer.config) - set(arguments) - IGNORED
        if unknown:
            raise Lacking(f"the reference does not know its argument {min(unknown)!r}")
        own = {name: layer.get(name) for name in arguments if name in layer.config}
        if takes_dtype and isinstance(layer.get("dtype"), str):
            own["dtype"] = layer.get("dtype")
        return valued(function(*plain(args), **{**own, **plain(kwargs)}))

    return Rule(call)


def over(function: Callable[..., Any]) -> Rule:
    """A reduction."""

    def call(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Array:
        given = {} if initial is None else {"initial": initial}
        return np.asarray(function(tensor(x), axis=axes_of(axis), keepdims=bool(keepdims), **given))

    return rule(call, "axis", "keepdims", "initial")


def logsumexp(x: Array, axis: Any, keepdims: bool) -> Array:
    """With NumPy's names."""
    return reductions.logsumexp(x, axis, keepdims)


def reshape(x: Any, newshape: Any) -> Array:
    """None is a length that Keras did not know: the batch."""
    array = tensor(x)
    shape = [-1 if n is None else int(n) for n in newshape]
    return array.reshape(shape)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Array, ...]:
    """Equal parts, or parts that begin at these places."""
    return tuple(np.split(tensor(x), indices_or_sections, axis=int(axis)))


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Array:
    """A border."""
    array = tensor(x)
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))
    return arrays.pad(array, widths, mode, 0 if constant_values is None else constant_values)


def pool(is_max: bool) -> Callable[..., Array]:
    """`MaxPool`, `AveragePool`."""
    function = networks.pooling(is_max)

    def call(
        inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None
    ) -> Array:
        return function(inputs, pool_size, pool_size if strides is None else strides, padding.upper(), data_format)

    return call


def conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Array:
    """`Conv`."""
    return networks.convolution(inputs, kernel, strides, padding.upper(), data_format, dilation_rate)


def top_k(x: Any, k: Any) -> tuple[Array, ...]:
    """Values and places."""
    return reductions.top_k(x, k)


def tile(x: Any, repeats: Any) -> Array:
    """Fewer repeats than axes are for the last ones."""
    array, times = tensor(x), lengths(repeats)
    times = (1,) * (array.ndim - len(times)) + times
    return arrays.tile(array.reshape((1,) * (len(times) - array.ndim) + array.shape), times)


def take(x: Any, indices: Any, axis: Any = None) -> Array:
    """Elements by number."""
    return np.take(tensor(x), tensor(indices).astype(int), axis=axes_of(axis))


def moments(x: Any, axes: Any, keepdims: bool = False) -> tuple[Array, Array]:
    """Mean and variance."""
    return reductions.moments(x, axes, None, keepdims)


def clip(x: Any, x_min: Any, x_max: Any) -> Array:
    """Between bounds."""
    return elementwise.clip_by_value(x, x_min, x_max)


def normalize(x: Any, axis: Any = -1, order: Any = 2, epsilon: Any = None) -> Array:
    """By the norm of this order, but no less than epsilon."""
    array = tensor(x)
    length = reductions.norm(array, order, axis, True)
    return np.asarray(array / np.maximum(length, 1e-7 if epsilon is None else epsilon))


def one_hot(x: Any, num_classes: Any, axis: Any = -1, dtype: Any = None) -> Array:
    """Rows with a single one."""
    return arrays.one_hot(x, num_classes, axis=axis)


def resize(
    images: Any, size: Any, interpolation: str = "bilinear", antialias: bool = False, crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False, fill_mode: str = "constant", fill_value: float = 0.0, data_format: Any = None,
) -> Array:  # fmt: skip
    """Images in another size."""
    if crop_to_aspect_ratio or pad_to_aspect_ratio:
        raise Lacking("the reference does not keep the ratio of sides")
    array, is_first = networks.of_channels(tensor(images), data_format)
    return networks.back(pictures.resize(array, size, interpolation, False, antialias), is_first)


def extract_patches(
    images: Any, size: Any, strides: Any = None, dilation_rate: Any = 1, padding: str = "valid", data_format: Any = None
) -> Array:
    """Windows as channels."""
    array, is_first = networks.of_channels(tensor(images), data_format)
    steps = size if strides is None else strides
    return networks.back(pictures.extract_patches(array, size, steps, dilation_rate, padding.upper()), is_first)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
    """Of integers it is a real number here."""
    return np.asarray(np.mean(tensor(x).astype(np.float64), axis=axes_of(axis), keepdims=bool(keepdims)))


def einsum(*operands: Any, subscripts: str | None = None) -> Array:
    """The equation stands in the config, or before the tensors."""
    return linear.einsum(*operands) if subscripts is None else linear.einsum(subscripts, *operands)


def getitem(x: Any, key: Any) -> Array:
    """`x[...]`."""
    return arrays.getitem(tensor(x), key)


def full_of(number: int) -> Callable[..., Array]:
    """`OnesLike`, `ZerosLike`."""
    return lambda x, dtype=None: np.full_like(tensor(x), number)


FRAMES = ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "fill_mode", "fill_value")
SAME_NAMES: Mapping[str, str] = {
    "Abs": "abs", "Absolute": "abs", "Arccos": "acos", "Arccosh": "acosh", "Arcsin": "asin", "Arcsinh": "asinh",
    "Arctan": "atan", "Arctanh": "atanh", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Erf": "erf", "Erfc": "erfc",
    "Erfinv": "erfinv", "Exp": "exp", "Expm1": "expm1", "Floor": "floor", "Isfinite": "is_finite", "Isinf": "is_inf",
    "Isnan": "is_nan", "Log": "log", "Log1p": "log1p", "LogSigmoid": "log_sigmoid", "LogicalNot": "logical_not",
    "Negative": "negative", "Reciprocal": "reciprocal", "Rsqrt": "rsqrt", "Sigmoid": "sigmoid", "Sign": "sign", "Sin": "sin",
    "Sinh": "sinh", "Softplus": "softplus", "Sqrt": "sqrt", "Square": "square", "Tan": "tan", "Tanh": "tanh",
}  # fmt: skip
OF_TWO: Mapping[str, str] = {
    "Add": "add", "Divide": "truediv", "DivideNoNan": "divide_no_nan", "Equal": "equal", "FloorDivide": "floordiv",
    "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less", "LessEqual": "less_equal",
    "LogicalAnd": "logical_and", "LogicalOr": "logical_or", "LogicalXor": "logical_xor", "Maximum": "maximum",
    "Minimum": "minimum", "Mod": "floormod", "Multiply": "multiply", "NotEqual": "not_equal", "Power": "pow",
    "Subtract": "subtract", "TrueDivide": "truediv",
}  # fmt: skip
NUMPY_UNARY: Mapping[str, Callable[[Array], Any]] = {
    "Cbrt": np.cbrt, "Deg2rad": np.deg2rad, "Exp2": np.exp2, "Fabs": np.fabs, "Log10": np.log10, "Log2": np.log2,
    "Rad2deg": np.rad2deg, "Ravel": np.ravel, "Relu": lambda x: np.maximum(x, 0), "Relu6": activations.relu6,
    "Selu": activations.selu, "Sinc": np.sinc, "Silu": activations.swish, "Softsign": lambda x: x / (1 + np.abs(x)),
    "TanhShrink": lambda x: x - np.tanh(x), "Trunc": np.trunc, "HardSigmoid": activations.keras3_hard_sigmoid,
    "HardSilu": lambda x: x * activations.keras3_hard_sigmoid(x), "HardTanh": lambda x: np.clip(x, -1, 1),
    "Flipud": np.flipud, "Fliplr": np.fliplr, "Copy": np.copy, "StopGradient": np.copy, "Size": np.size, "Ndim": np.ndim,
    "Inv": np.linalg.inv, "Det": np.linalg.det,
}  # fmt: skip
NUMPY_BINARY: Mapping[str, Callable[[Array, Array], Any]] = {
    "Arctan2": np.arctan2, "Hypot": np.hypot, "Logaddexp": np.logaddexp, "Fmax": np.fmax, "Fmin": np.fmin,
    "Fmod": np.fmod, "Heaviside": np.heaviside,
}  # fmt: skip

OPERATIONS: Mapping[str, Rule] = {
    **{name: rule(unary(elementwise.UNARY[of])) for name, of in SAME_NAMES.items()},
    **{name: rule(under(binary(elementwise.BINARY[of]), "x1", "x2")) for name, of in OF_TWO.items()},
    **{name: rule(unary(function)) for name, function in NUMPY_UNARY.items()},
    **{name: rule(under(binary(function), "x1", "x2")) for name, function in NUMPY_BINARY.items()},
    "All": over(np.all),
    "Amax": over(np.max),
    "Amin": over(np.min),
    "Any": over(np.any),
    "Argmax": rule(lambda x, axis=None, keepdims=False: np.argmax(tensor(x), axis, keepdims=bool(keepdims)), "axis", "keepdims"),
    "Argmin": rule(lambda x, axis=None, keepdims=False: np.argmin(tensor(x), axis, keepdims=bool(keepdims)), "axis", "keepdims"),
    "Argsort": rule(lambda x, axis=-1: np.argsort(tensor(x), axis, kind="stable"), "axis"),
    "AveragePool": rule(pool(False), "pool_size", "strides", "padding", "data_format"),
    "BroadcastTo": rule(arrays.broadcast_to, "shape"),
    "Cast": rule(lambda x, dtype: cast(tensor(x), dtype), takes_dtype=True),
    "Clip": rule(clip, "x_min", "x_max"),
    "Concatenate": rule(arrays.concat, "axis"),
    "Conv": rule(conv, "strides", "padding", "data_format", "dilation_rate"),
    "CountNonzero": rule(lambda x, axis=None: np.count_nonzero(tensor(x), axes_of(axis)), "axis"),
    "Cumprod": rule(lambda x, axis=None: np.cumprod(tensor(x), axis), "axis"),
    "Cumsum": rule(lambda x, axis=None: np.cumsum(tensor(x), axis), "axis"),
    "DepthToSpace": rule(networks.depth_to_space, "block_size", "data_format"),
    "Diag": rule(lambda x, k=0: np.diag(tensor(x), k), "k"),
    "Diagonal": rule(
        lambda x, offset=0, axis1=0, axis2=1: np.diagonal(tensor(x), offset, axis1, axis2), "offset", "axis1", "axis2"
    ),
    "Diff": rule(lambda a, n=1, axis=-1: np.diff(tensor(a), n, axis), "n", "axis"),
    "Dot": rule(lambda x1, x2: np.dot(tensor(x1), tensor(x2))),
    "Einsum": rule(einsum, "subscripts"),
    "Elu": rule(lambda x, alpha=1.0: activations.elu(tensor(x), float(alpha)), "alpha"),
    "ExpandDims": rule(lambda x, axis: np.expand_dims(tensor(x), axes_of(axis)), "axis"),
    "ExtractPatches": rule(extract_patches, "size", "strides", "dilation_rate", "padding", "data_format"),
    "Flip": rule(lambda x, axis=None: np.flip(tensor(x), axes_of(axis)), "axis"),
    "FullLike": rule(lambda x, fill_value, dtype=None: np.full_like(tensor(x), tensor(fill_value))),
    "Gelu": rule(lambda x, approximate=True: activations.gelu(tensor(x), bool(approximate)), "approximate"),
    "GetItem": rule(getitem),
    "LeakyRelu": rule(lambda x, negative_slope=0.2: activations.relu(tensor(x), float(negative_slope)), "negative_slope"),
    "LogSoftmax": rule(networks.log_softmax, "axis"),
    "Logsumexp": over(logsumexp),
    "Matmul": rule(lambda x1, x2: tensor(x1) @ tensor(x2)),
    "Max": over(np.max),
    "MaxPool": rule(pool(True), "pool_size", "strides", "padding", "data_format"),
    "Mean": rule(mean, "axis", "keepdims"),
    "Median": over(np.median),
    "Min": over(np.min),
    "Moments": rule(moments, "axes", "keepdims"),
    "Moveaxis": rule(lambda x, source, destination: np.moveaxis(tensor(x), source, destination), "source", "destination"),
    "Norm": rule(
        lambda x, ord=None, axis=None, keepdims=False: reductions.norm(x, "euclidean" if ord is None else ord, axis, keepdims),
        "ord", "axis", "keepdims",
    ),
    "Normalize": rule(normalize, "axis", "order", "epsilon"),
    "OneHot": rule(one_hot, "num_classes", "axis"),
    "OnesLike": rule(full_of(1)),
    "Outer": rule(lambda x1, x2: np.outer(tensor(x1), tensor(x2))),
    "Pad": rule(pad, "pad_width", "mode"),
    "Prod": over(np.prod),
    "Repeat": rule(lambda x, repeats, axis=None: arrays.repeat(x, repeats, axis), "repeats", "axis"),
    "Reshape": rule(reshape, "newshape"),
    "Resize": rule(resize, "size", "interpolation", "antialias", *FRAMES, "data_format"),
    "Roll": rule(lambda x, shift, axis=None: np.roll(tensor(x), axes_of(shift), axes_of(axis)), "shift", "axis"),
    "Round": rule(lambda x, decimals=0: np.round(tensor(x), decimals), "decimals"),
    "SpaceToDepth": rule(networks.space_to_depth, "block_size", "data_format"),
    "Softmax": rule(networks.softmax, "axis"),
    "Solve": rule(lambda a, b: np.linalg.solve(tensor(a), tensor(b))),
    "Sort": rule(lambda x, axis=-1: np.sort(tensor(x), axis), "axis"),
    "Split": rule(split, "indices_or_sections", "axis"),
    "Squeeze": rule(lambda x, axis=None: np.squeeze(tensor(x), axes_of(axis)), "axis"),
    "Stack": rule(arrays.stack, "axis"),
    "Std": over(np.std),
    "Sum": over(np.sum),
    "Swapaxes": rule(lambda x, axis1, axis2: np.swapaxes(tensor(x), axis1, axis2), "axis1", "axis2"),
    "Take": rule(take, "axis"),
    "TakeAlongAxis": rule(
        lambda x, indices, axis=None: np.take_along_axis(tensor(x), tensor(indices).astype(int), axis), "axis"
    ),
    "Tensordot": rule(lambda x1, x2, axes=2: linear.tensordot(x1, x2, axes), "axes"),
    "Tile": rule(tile, "repeats"),
    "TopK": rule(top_k, "k"),
    "Trace": rule(
        lambda x, offset=0, axis1=0, axis2=1: np.trace(tensor(x), offset, axis1, axis2), "offset", "axis1", "axis2"
    ),
    "Transpose": rule(lambda x, axes=None: np.transpose(tensor(x), axes), "axes"),
    "Tril": rule(lambda x, k=0: np.tril(tensor(x), k), "k"),
    "Triu": rule(lambda x, k=0: np.triu(tensor(x), k), "k"),
    "Unstack": rule(arrays.unstack, "num", "axis"),
    "Var": over(np.var),
    "Where": rule(elementwise.where),
    "ZerosLike": rule(full_of(0)),
}  # fmt: skip

KERAS3: dict[str, Rule] = {f"Operation>{name}": made for name, made in OPERATIONS.items()}
