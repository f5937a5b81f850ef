"""The output shapes of each class of layer, from its arguments and the shapes of its inputs; None is never a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kconvert.spec import Config, LayerSpec
from kconvert.upgrade.fragment import Shape
from kconvert.upgrade.shapes.windows import border_pairs, per_axis, spatial_axes, window

Shapes = Sequence[Shape | None]
Infer = Callable[[Config, Shape], Shape | None]
SAME_SHAPE = frozenset(
    [
        "Activation",
        "ReLU",
        "LeakyReLU",
        "PReLU",
        "ELU",
        "ThresholdedReLU",
        "Softmax",
        "Dropout",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "GaussianNoise",
        "GaussianDropout",
        "AlphaDropout",
        "BatchNormalization",
        "Masking",
        "ActivityRegularization",
        "LayerNormalization",
        "BatchNormalizationV1",
        "BatchNormalizationV2",
        "SyncBatchNormalization",
        "FixedDropout",
        "GroupNormalization",
        "UnitNormalization",
        "Identity",
        "Normalization",
        "Rescaling",
        "RandomFlip",
        "RandomRotation",
        "RandomZoom",
        "RandomTranslation",
        "RandomContrast",
        "RandomBrightness",
    ]
)
ELEMENTWISE = frozenset(["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
RECURRENT = frozenset(
    [
        "SimpleRNN", "LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU", "LSTMV1", "LSTMV2", "UnifiedLSTM", "GRUV1", "GRUV2", "UnifiedGRU",
        "JZS3", "SimpleDeepRNN",
    ]
)  # fmt: skip


def output_shapes(layer: LayerSpec, inputs: Shapes) -> Shapes | None:
    """The output shapes of one call of a layer; None where they are not known."""
    first = inputs[0] if inputs else None
    if layer.class_name == "Reshape" and -1 not in layer.config["target_shape"]:
        return [(first[0] if first else None, *layer.config["target_shape"])]
    if first is None:
        return None
    if layer.class_name in SAME_SHAPE:
        return [first]
    if layer.class_name in ELEMENTWISE:
        return [first] if all(s == first for s in inputs) else None
    if layer.class_name == "Concatenate":
        return [_concatenated(layer.config, inputs)]
    if layer.class_name in RECURRENT:
        return _recurrent(layer.config, first)
    if layer.class_name == "ConvLSTM2D":
        image = _conv(layer.config, (first[0], *first[2:]))
        return [(first[0], first[1], *image[1:]) if layer.config.get("return_sequences") else image]
    if layer.class_name == "TimeDistributed":
        (held,) = layer.inner_layers()
        inside = output_shapes(held, [(first[0], *first[2:])])
        return None if inside is None or inside[0] is None else [(first[0], first[1], *inside[0][1:])]
    if layer.class_name == "Bidirectional":
        (held, *_) = layer.inner_layers()
        inside = output_shapes(held, inputs)
        return None if inside is None else _merged_directions(layer.config.get("merge_mode"), inside)
    infer = INFER.get(layer.class_name)
    try:
        return None if infer is None else [infer(layer.config, first)]
    except (KeyError, TypeError, ValueError, IndexError):
        return None  # arguments that today's Keras will refuse with its own words


def completed_einsum(equation: str, shape: Shape, wanted: Sequence[int | None]) -> list[int | None]:
    """The output's shape without the batch; axes that it leaves open have the length that they have in the input."""
    operands, output = equation.replace(" ", "").split("->")
    lengths = dict(zip(operands.split(",")[0], shape, strict=False))
    labels = output[len(output) - len(wanted) :]
    return [lengths.get(label) if n is None else n for label, n in zip(labels, wanted, strict=True)]


def _conv(config: Config, shape: Shape) -> Shape:
    axes = spatial_axes(config, len(shape))
    channels = config.get("filters")
    if channels is None:  # DepthwiseConv2D
        of = shape[1] if axes[0] == 2 else shape[-1]
        channels = None if of is None else of * int(config.get("depth_multiplier", 1))
    return _windowed(config, shape, config["kernel_size"], config.get("strides"), channels)


def _pool(config: Config, shape: Shape) -> Shape:
    axes = spatial_axes(config, len(shape))
    channels = shape[1] if axes[0] == 2 else shape[-1]
    return _windowed(config, shape, config["pool_size"], config.get("strides") or config["pool_size"], channels)


def _windowed(config: Config, shape: Shape, kernel: Any, strides: Any, channels: int | None) -> Shape:
    axes = spatial_axes(config, len(shape))
    sizes = [
        window(shape[a], k, s, config.get("padding", "valid"), d)
        for a, k, s, d in zip(
            axes, per_axis(kernel, len(axes)), per_axis(strides, len(axes)),
            per_axis(config.get("dilation_rate"), len(axes)), strict=True,
        )
    ]  # fmt: skip
    return (shape[0], channels, *sizes) if axes[0] == 2 else (shape[0], *sizes, channels)


def _transposed(config: Config, shape: Shape) -> Shape:
    axes = spatial_axes(config, len(shape))
    kernel = per_axis(config["kernel_size"], len(axes))
    strides = per_axis(config.get("strides"), len(axes))
    extra = config.get("output_padding")
    sizes: list[int | None] = []
    for i, axis in enumerate(axes):
        size = shape[axis]
        if size is None:
            sizes.append(None)
        elif extra is not None:
            pad = kernel[i] // 2 if config.get("padding") == "same" else 0
            sizes.append((size - 1) * strides[i] + kernel[i] - 2 * pad + per_axis(extra, len(axes))[i])
        else:
            same = config.get("padding") == "same"
            sizes.append(size * strides[i] + (0 if same else max(kernel[i] - strides[i], 0)))
    channels = config["filters"]
    return (shape[0], channels, *sizes) if axes[0] == 2 else (shape[0], *sizes, channels)


def _resized(change: Callable[[Config, int, int], int]) -> Infer:
    """`change(config, size, i)`: the new size of the i-th spatial axis."""

    def infer(config: Config, shape: Shape) -> Shape:
        sizes = list(shape)
        for i, axis in enumerate(spatial_axes(config, len(shape))):
            size = sizes[axis]
            sizes[axis] = None if size is None else change(config, size, i)
        return tuple(sizes)

    return infer


def _bordered(argument: str, axes: int, sign: int) -> Infer:
    return _resized(lambda config, size, i: size + sign * sum(border_pairs(config[argument], axes)[i]))


def _global_pool(config: Config, shape: Shape) -> Shape:
    if config.get("keepdims"):
        return tuple(1 if a in spatial_axes(config, len(shape)) else n for a, n in enumerate(shape))
    return (shape[0], shape[1] if config.get("data_format") == "channels_first" else shape[-1])


def _einsum(config: Config, shape: Shape) -> Shape | None:
    output = config["output_shape"]
    wanted = [output] if isinstance(output, int) else list(output)
    return None if "." in config["equation"] else (shape[0], *completed_einsum(config["equation"], shape, wanted))


def _flat(config: Config, shape: Shape) -> Shape:
    return (shape[0], _product(shape[1:]))


def _reshaped(config: Config, shape: Shape) -> Shape:
    target = list(config["target_shape"])
    total = _product(shape[1:])
    if -1 in target:
        rest = abs(_product(target) or 1)
        target[target.index(-1)] = None if total is None else total // rest
    return (shape[0], *target)


def _product(sizes: Sequence[int | None]) -> int | None:
    product = 1
    for size in sizes:
        if size is None:
            return None
        product *= size
    return product


def _concatenated(config: Config, inputs: Shapes) -> Shape | None:
    if any(s is None for s in inputs):
        return None
    known = [s for s in inputs if s is not None]
    axis = int(config.get("axis", -1)) % len(known[0])
    sizes = [s[axis] for s in known]
    total = None if None in sizes else sum(n for n in sizes if n is not None)
    return (*known[0][:axis], total, *known[0][axis + 1 :])


def _recurrent(config: Config, shape: Shape) -> Shapes | None:
    units = config.get("units", config.get("output_dim"))
    if config.get("time_major"):
        return None
    state: Shape = (shape[0], units)
    sequence: Shape = (shape[0], shape[1], units)
    return [
        sequence if config.get("return_sequences") else state,
        *([state, state] if config.get("return_state") else []),
    ]


def _merged_directions(mode: Any, inside: Shapes) -> Shapes:
    first = inside[0]
    if mode == "concat" and first is not None:
        last = first[-1]
        first = (*first[:-1], None if last is None else 2 * last)
    outputs = [first, first] if mode is None else [first]
    return [*outputs, *inside[1:], *inside[1:]]


INFER: Mapping[str, Infer] = {
    "Dense": lambda c, s: (*s[:-1], c["units"]),
    "EinsumDense": _einsum,
    **dict.fromkeys(["Resizing", "CenterCrop", "RandomCrop"], lambda c, s: (*s[:-3], c["height"], c["width"], s[-1])),
    "Embedding": lambda c, s: (*s, c["output_dim"]),
    "Flatten": _flat,
    "Reshape": _reshaped,
    "Permute": lambda c, s: (s[0], *(s[d] for d in c["dims"])),
    "RepeatVector": lambda c, s: (s[0], c["n"], s[1]),
    **dict.fromkeys(
        ["Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D",
         "LocallyConnected1D", "LocallyConnected2D"], _conv),
    **dict.fromkeys([f"Conv{n}DTranspose" for n in (1, 2, 3)], _transposed),
    **dict.fromkeys([f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)], _pool),
    **dict.fromkeys([f"Global{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)], _global_pool),
    **dict.fromkeys([f"UpSampling{n}D" for n in (1, 2, 3)], _resized(lambda c, n, i: n * per_axis(c["size"], 3)[i])),
    **{f"ZeroPadding{n}D": _bordered("padding", n, 1) for n in (1, 2, 3)},
    **{f"Cropping{n}D": _bordered("cropping", n, -1) for n in (1, 2, 3)},
}  # fmt: skip
