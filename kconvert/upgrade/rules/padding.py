"""Where each backend put the zeros of `padding='same'`; models that were measured are in tests/random_models.

All of them give ceil(size / stride) outputs. TensorFlow puts half of what is needed, rounded down, in front. Theano pads
kernel // 2 on both sides, whatever the size, and drops surplus outputs at the end; CNTK rounds up for odd kernels. Where
the stride is larger than the kernel, less than nothing is needed: that is nothing for TensorFlow, but CNTK halves it too.
Sources: keras 2.2.4 backend/theano_backend.py `_preprocess_padding`, `_postprocess_conv2d_output`; CNTK by measurement.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.spec import Config
from kconvert.upgrade.fragment import Shape, Site
from kconvert.upgrade.shapes.windows import per_axis, spatial_axes

Widths = list[tuple[int, int]]


def tensorflow_same(size: int, window: int, stride: int) -> tuple[int, int]:
    """(front, back) for one axis; `window` is the kernel's extent with its dilation."""
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def cntk_same(size: int, window: int, stride: int, kernel: int) -> tuple[int, int]:
    """(front, back) for one axis: odd kernels get the odd zero in front. Below zero the first window begins behind the first number."""
    total = (-(-size // stride) - 1) * stride + window - size
    front = -(-total // 2) if kernel % 2 else total // 2
    return front, total - front


def theano_convolution(window: int) -> tuple[int, int]:
    """(front, back) that give exactly the outputs which Theano keeps, for any size and stride."""
    return window // 2, window - 1 - window // 2


def theano_pooling(window: int) -> tuple[int, int]:
    """(front, back) for pooling: Theano pads p - 2 for odd p above 2, else p - 1 (`pool2d`)."""
    front = window - 2 if window > 2 and window % 2 else window - 1
    return front, window - 1 - front


def possible_sizes(site: Site, stride: tuple[int, ...]) -> list[list[int]]:
    """Per spatial axis, the input's sizes in all calls. One that is open stands as 1 to stride: `same` asks for the remainder alone."""
    rows: list[Shape] = []
    for shape in site.input_shapes or (None,):
        rows.append(
            (None,) * len(stride)
            if shape is None
            else tuple(shape[a] for a in spatial_axes(site.old.config, len(shape)))
        )
    return [
        sorted({n for size in sizes for n in ([size] if size is not None else range(1, s + 1))})
        for sizes, s in zip(zip(*rows, strict=True), stride, strict=True)
    ]


def cntk_widths(site: Site, kernel: tuple[int, ...], window: tuple[int, ...], stride: tuple[int, ...]) -> Widths | None:
    """The zeros that CNTK adds where they differ from TensorFlow's; None where they are the same. A front below zero crops.

    Raises:
        Rejected: they depend on an input size that the file leaves open, or that differs between calls.
    """
    axes = list(zip(possible_sizes(site, stride), kernel, window, stride, strict=True))
    if all(cntk_same(n, w, s, k)[0] == tensorflow_same(n, w, s)[0] for sizes, k, w, s in axes for n in sizes):
        return None
    found = [[cntk_same(n, w, s, k) for n in sizes] for sizes, k, w, s in axes]
    if any(len({front for front, _ in pairs}) > 1 for pairs in found):
        raise Rejected(
            "CNTK's padding='same' depends on the input's size, which the file leaves open, or which differs between its calls",
            option="--input-shape",
        )
    # a surplus behind that is shorter than the stride gives no further window
    return [(pairs[0][0], max(0, *(back for _, back in pairs))) for pairs in found]


def kernel_and_stride(
    config: Config, size_key: str, axes: int
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Kernel, extent with dilation, and stride per spatial axis."""
    kernel = per_axis(config[size_key], axes)
    stride = per_axis(config.get("strides") or (config[size_key] if size_key == "pool_size" else None), axes)
    dilation = per_axis(config.get("dilation_rate"), axes)
    return kernel, tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)), stride


def rank_of(class_name: str) -> int:
    """Number of spatial axes, which Keras writes into the class's name: Conv2D, MaxPooling1D."""
    return next(int(c) for c in class_name if c in "123")
