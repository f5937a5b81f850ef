"""Operations of a TensorFlow graph, as TensorFlowOpLayer keeps them: inputs by position, attributes by name.

Sources: tensorflow 1.15 and 2.3 core/ops/math_ops.cc, array_ops.cc, nn_ops.cc, image_ops.cc, linalg_ops.cc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions.table import called

Renamed = Mapping[str, str]
Row = tuple[str, tuple[str, ...], Renamed]
"""The function, the names of the inputs (`*x`: all but those that are named behind), attribute -> parameter."""


def _rows(names: Sequence[str], module: str) -> dict[str, Row]:
    """Operations of one or two inputs whose name is that of the function, written differently."""
    return {name: (f"{module}.{_snake(name)}", (), {}) for name in names}


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and n else c.lower() for n, c in enumerate(name))


REDUCED: Renamed = {"keep_dims": "keepdims"}
RUNNING: Renamed = {"exclusive": "exclusive", "reverse": "reverse"}
WINDOWS: Renamed = {"strides": "strides", "padding": "padding", "data_format": "data_format"}
KERNELS: Renamed = {**WINDOWS, "dilations": "dilations"}
POOLS: Renamed = {**WINDOWS, "ksize": "ksize"}
BLOCKS: Renamed = {"block_size": "block_size", "data_format": "data_format"}
CORNERS: Renamed = {"align_corners": "align_corners", "half_pixel_centers": "half_pixel_centers"}
MASKS: Renamed = {f"{m}_mask": f"{m}_mask" for m in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}

NODES: Mapping[str, Row] = {
    **_rows(
        ("Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atan2", "Atanh", "Ceil", "Cos", "Cosh", "Erf", "Erfc", "Erfinv", "Exp",
         "Expm1", "Floor", "IsFinite", "IsInf", "IsNan", "Log", "Log1p", "LogicalNot", "Reciprocal", "Rint", "Round", "Rsqrt",
         "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Sqrt", "Square", "Tan", "Tanh", "Add", "Xdivy", "Xlogy",
         "Xlog1py", "Pow", "Maximum", "Minimum", "SquaredDifference", "Equal", "NotEqual", "Greater", "GreaterEqual", "Less",
         "LessEqual", "LogicalAnd", "LogicalOr"),
        "math",
    ),
    **_rows(("Relu", "Relu6", "Elu", "Selu", "Softsign", "Softmax", "LogSoftmax"), "nn"),
    **{f"Reduce{n}"[6:]: (f"math.reduce_{n.lower()}", (), REDUCED) for n in ("Sum", "Prod", "Mean", "Max", "Min", "Any", "All")},
    "AddN": ("math.add_n", ("*inputs",), {}),
    "AddV2": ("math.add", (), {}),
    "AdjustContrastv2": ("image.adjust_contrast", (), {}),
    "ArgMax": ("math.argmax", (), {"output_type": "output_type"}),
    "ArgMin": ("math.argmin", (), {"output_type": "output_type"}),
    "AvgPool": ("nn.avg_pool2d", (), POOLS),
    "AvgPool3D": ("nn.avg_pool3d", (), POOLS),
    "BatchMatMul": ("linalg.matmul", (), {"adj_x": "adjoint_a", "adj_y": "adjoint_b"}),
    "BatchMatMulV2": ("linalg.matmul", (), {"adj_x": "adjoint_a", "adj_y": "adjoint_b"}),
    "BiasAdd": ("nn.bias_add", (), {"data_format": "data_format"}),
    "BroadcastTo": ("broadcast_to", (), {}),
    "Cast": ("cast", (), {"DstT": "dtype"}),
    "Cholesky": ("linalg.cholesky", (), {}),
    "ClipByValue": ("clip_by_value", (), {}),
    "ConcatV2": ("concat", ("*values", "axis"), {}),
    "Conv2D": ("nn.conv2d", (), KERNELS),
    "Conv3D": ("nn.conv3d", (), KERNELS),
    "Cross": ("linalg.cross", (), {}),
    "Cumprod": ("math.cumprod", (), RUNNING),
    "Cumsum": ("math.cumsum", (), RUNNING),
    "DepthToSpace": ("nn.depth_to_space", (), BLOCKS),
    "DepthwiseConv2dNative": ("nn.depthwise_conv2d", (), KERNELS),
    "DivNoNan": ("math.divide_no_nan", (), {}),
    "Einsum": ("raw_ops.Einsum", ("*inputs",), {"equation": "equation"}),
    "EnsureShape": ("ensure_shape", (), {}),
    "EuclideanNorm": ("math.reduce_euclidean_norm", (), REDUCED),
    "ExpandDims": ("expand_dims", (), {}),
    "ExtractImagePatches": (
        "image.extract_patches", (), {"ksizes": "sizes", "strides": "strides", "rates": "rates", "padding": "padding"}
    ),
    "Fill": ("fill", (), {}),
    "FloorMod": ("math.floormod", (), {}),
    "FloorDiv": ("math.floordiv", (), {}),
    "GatherV2": ("gather", ("params", "indices", "axis"), {"batch_dims": "batch_dims"}),
    "Identity": ("identity", (), {}),
    "IdentityN": ("raw_ops.IdentityN", ("*input",), {}),
    "LRN": (
        "nn.local_response_normalization", (), {n: n for n in ("depth_radius", "bias", "alpha", "beta")}
    ),
    "LeakyRelu": ("nn.leaky_relu", (), {"alpha": "alpha"}),
    "MatMul": ("linalg.matmul", (), {"transpose_a": "transpose_a", "transpose_b": "transpose_b"}),
    "MatrixBandPart": ("linalg.band_part", (), {}),
    "MatrixDeterminant": ("linalg.det", (), {}),
    "MatrixDiag": ("linalg.diag", (), {}),
    "MatrixDiagPart": ("linalg.diag_part", (), {}),
    "MatrixDiagPartV2": ("linalg.diag_part", ("input", "k", "padding_value"), {}),
    "MatrixDiagPartV3": ("linalg.diag_part", ("input", "k", "padding_value"), {"align": "align"}),
    "MatrixDiagV3": ("linalg.diag", ("diagonal", "k", "num_rows", "num_cols", "padding_value"), {"align": "align"}),
    "MatrixInverse": ("linalg.inv", (), {"adjoint": "adjoint"}),
    "MatrixSolve": ("linalg.solve", (), {"adjoint": "adjoint"}),
    "MaxPool": ("nn.max_pool2d", (), POOLS),
    "MaxPool3D": ("nn.max_pool3d", (), POOLS),
    "MirrorPad": ("pad", (), {"mode": "mode"}),
    "Mul": ("math.multiply", (), {}),
    "MulNoNan": ("math.multiply_no_nan", (), {}),
    "Neg": ("math.negative", (), {}),
    "OneHot": ("one_hot", (), {"axis": "axis"}),
    "OnesLike": ("ones_like", (), {}),
    "Pack": ("stack", ("*values",), {"axis": "axis"}),
    "Pad": ("pad", (), {}),
    "PadV2": ("pad", ("tensor", "paddings", "constant_values"), {}),
    "RGBToHSV": ("image.rgb_to_hsv", (), {}),
    "Range": ("range", (), {}),
    "RealDiv": ("math.truediv", (), {}),
    "Reshape": ("reshape", (), {}),
    "ResizeBicubic": ("image.resize_bicubic", (), CORNERS),
    "ResizeBilinear": ("image.resize_bilinear", (), CORNERS),
    "ResizeNearestNeighbor": ("image.resize_nearest_neighbor", (), CORNERS),
    "ReverseV2": ("reverse", (), {}),
    "Roll": ("roll", (), {}),
    "ScaleAndTranslate": ("raw_ops.ScaleAndTranslate", (), {"kernel_type": "kernel_type", "antialias": "antialias"}),
    "Select": ("raw_ops.Select", (), {}),
    "SelectV2": ("where", (), {}),
    "Shape": ("shape", (), {"out_type": "out_type"}),
    "Size": ("size", (), {"out_type": "out_type"}),
    "Slice": ("slice", (), {}),
    "SoftmaxCrossEntropyWithLogits": ("raw_ops.SoftmaxCrossEntropyWithLogits", (), {}),
    "SpaceToDepth": ("nn.space_to_depth", (), BLOCKS),
    "Split": ("split", ("axis", "value"), {"num_split": "num_or_size_splits"}),
    "SplitV": ("split", (), {}),
    "Squeeze": ("squeeze", (), {"squeeze_dims": "axis"}),
    "StopGradient": ("stop_gradient", (), {}),
    "StridedSlice": ("strided_slice", (), MASKS),
    "Sub": ("math.subtract", (), {}),
    "Tile": ("tile", (), {}),
    "TopKV2": ("math.top_k", (), {"sorted": "sorted"}),
    "Transpose": ("transpose", (), {}),
    "Unpack": ("unstack", (), {"num": "num", "axis": "axis"}),
    "ZerosLike": ("zeros_like", (), {}),
}  # fmt: skip


def operation(name: str, inputs: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    """What an operation of a graph gives.

    Raises:
        Lacking: the reference does not have it.
    """
    if name not in NODES:
        raise Lacking(f"the reference does not have the operation {name}")
    function, names, renamed = NODES[name]
    if attributes.get("padding") == "EXPLICIT":
        widths = list(attributes.get("explicit_paddings") or ())
        attributes = {**attributes, "padding": [widths[n : n + 2] for n in range(0, len(widths), 2)]}
    kwargs = {new: attributes[old] for old, new in renamed.items() if attributes.get(old) is not None}
    if not names:
        return called(function, inputs, kwargs)
    rest = list(inputs)
    if names[0].startswith("*"):
        behind = names[1:]
        kwargs |= dict(zip(behind, rest[len(rest) - len(behind) :], strict=True)) if behind else {}
        kwargs[names[0][1:]] = rest[: len(rest) - len(behind)]
    else:
        kwargs |= dict(zip(names, rest, strict=False))
    return called(function, (), kwargs)
