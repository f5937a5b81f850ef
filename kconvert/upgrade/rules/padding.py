"""Where each backend put the zeros of `padding='same'`; the table of measured values is in tests/upgrade/padding.yaml.

All of them give ceil(size / stride) outputs. TensorFlow puts half of what is needed, rounded down, in front. Theano pads
kernel // 2 on both sides, whatever the size, and drops surplus outputs at the end; CNTK rounds up for odd kernels.
Sources: keras 2.2.4 backend/theano_backend.py `_preprocess_padding`, `_postprocess_conv2d_output`; CNTK by measurement.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Shape, Site
from kconvert.upgrade.shapes import per_axis, spatial_axes

Widths = list[tuple[int, int]]


def tensorflow_same(size: int, window: int, stride: int) -> tuple[int, int]:
    """(front, back) for one axis; `window` is the kernel's extent with its dilation."""
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def cntk_same(size: int, window: int, stride: int, kernel: int) -> tuple[int, int]:
    """(front, back) for one axis: odd kernels get the odd zero in front."""
    front, back = tensorflow_same(size, window, stride)
    return (back, front) if kernel % 2 else (front, back)


def theano_convolution(window: int) -> tuple[int, int]:
    """(front, back) that give exactly the outputs which Theano keeps, for any size and stride."""
    return window // 2, window - 1 - window // 2


def theano_pooling(window: int) -> tuple[int, int]:
    """(front, back) for pooling: Theano pads p - 2 for odd p above 2, else p - 1 (`pool2d`)."""
    front = window - 2 if window > 2 and window % 2 else window - 1
    return front, window - 1 - front


def sizes_of(site: Site, axes: int) -> list[Shape]:
    """The known spatial sizes of each call of a layer with this many spatial axes."""
    found: list[Shape] = []
    for shape in site.input_shapes:
        if shape is None:
            found.append((None,) * axes)
        else:
            found.append(tuple(shape[a] for a in spatial_axes(site.old.config, len(shape))))
    return found or [(None,) * axes]


def cntk_widths(site: Site, kernel: tuple[int, ...], window: tuple[int, ...], stride: tuple[int, ...]) -> Widths | None:
    """The zeros that CNTK adds where they differ from TensorFlow's; None where they are the same.

    Raises:
        Rejected: they depend on an input size that the file leaves open, or that differs between calls.
    """
    per_call = [_cntk_widths_for(sizes, kernel, window, stride) for sizes in sizes_of(site, len(kernel))]
    if any(widths != per_call[0] for widths in per_call):
        raise Rejected("CNTK's padding='same' depends on the input's size, and its calls have different sizes")
    return per_call[0]


def _cntk_widths_for(
    sizes: Shape, kernel: tuple[int, ...], window: tuple[int, ...], stride: tuple[int, ...]
) -> Widths | None:
    # with stride 1 the zeros do not depend on the size, so any will do
    known = [1 if size is None and s == 1 else size for size, s in zip(sizes, stride, strict=True)]
    axes = list(zip(known, kernel, window, stride, strict=True))
    if all(k % 2 == 0 or (n is not None and cntk_same(n, w, s, k) == tensorflow_same(n, w, s)) for n, k, w, s in axes):
        return None
    if None in known:
        raise Rejected(
            "CNTK's padding='same' depends on the input's size, which the file leaves open", option="--input-shape"
        )
    return [cntk_same(int(n or 0), w, s, k) for n, k, w, s in axes]


def kernel_and_stride(site: Site, size_key: str, axes: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Kernel, extent with dilation, and stride per spatial axis."""
    config = site.old.config
    kernel = per_axis(config[size_key], axes)
    stride = per_axis(config.get("strides") or (config[size_key] if size_key == "pool_size" else None), axes)
    dilation = per_axis(config.get("dilation_rate"), axes)
    return kernel, tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)), stride


def rank_of(class_name: str) -> int:
    """Number of spatial axes, which Keras writes into the class's name: Conv2D, MaxPooling1D."""
    return next(int(c) for c in class_name if c in "123")
