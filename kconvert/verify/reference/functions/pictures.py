"""`tf.image`: sizes, colours, pieces.

Sources: tensorflow 2.4 python/ops/image_ops_impl.py, gen_image_ops.py; core/kernels/image/scale_and_translate_op.cc, sampling_kernels.h,
image_resizer_state.h (`align_corners`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions.networks import borders, each
from kconvert.verify.reference.functions.tensors import bounded, cast, lengths, tensor
from kconvert.verify.reference.images import resized
from kconvert.verify.reference.windows import padded, taps

METHODS = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area"}
GRAY = np.array([0.2989, 0.5870, 0.1140])


def resize(
    images: Any, size: Any, method: Any = "bilinear", preserve_aspect_ratio: Any = False, antialias: Any = False
) -> Array:
    """TensorFlow 2: half-pixel centres."""
    if preserve_aspect_ratio:
        raise Lacking("the reference does not have `preserve_aspect_ratio`")
    x, shape, name = _images(images), _size(size), _method(method)
    if x.shape[1:3] == shape:
        return tensor(images)
    if antialias and name not in ("nearest", "area"):
        scale = [m / n for m, n in zip(shape, x.shape[1:3], strict=True)]
        made: Array = scale_and_translate(_real(x), shape, scale, [0.0, 0.0], OF_METHOD.get(name, name), True)
    else:
        made = resized(x if name == "nearest" else _real(x), list(shape), name)
    return made if tensor(images).ndim == 4 else made[0]


def resize_v1(
    images: Any, size: Any, method: Any = 0, align_corners: Any = False, preserve_aspect_ratio: Any = False
) -> Array:
    """TensorFlow 1: a pixel's place is its corner."""
    if preserve_aspect_ratio:
        raise Lacking("the reference does not have `preserve_aspect_ratio`")
    x, shape = _images(images), _size(size)
    made = tensor(images) if x.shape[1:3] == shape else _placed(x, shape, _method(method), bool(align_corners), False)
    return made[0] if tensor(images).ndim == 3 and made.ndim == 4 else made


def by(method: str) -> Callable[..., Array]:
    """`resize_bilinear` and its like of TensorFlow 1."""

    def call(images: Any, size: Any, align_corners: Any = False, half_pixel_centers: Any = False) -> Array:
        return _placed(tensor(images), _size(size), method, bool(align_corners), bool(half_pixel_centers))

    return call


def _placed(x: Array, shape: tuple[int, int], method: str, align_corners: bool, half_pixel: bool) -> Array:
    real = x if method == "nearest" else _real(x)
    if not align_corners:
        return resized(real, list(shape), method, half_pixel)
    if method not in ("bilinear", "nearest"):
        raise Lacking(f"the reference does not have {method!r} with `align_corners`")
    for axis, length in ((1, shape[0]), (2, shape[1])):
        n = real.shape[axis]
        places = np.arange(length) * ((n - 1) / (length - 1) if length > 1 else n / length)
        if method == "nearest":
            chosen = np.minimum(np.floor(places + 0.5).astype(int), n - 1)
            real = np.take(real, chosen, axis=axis)
        else:
            below = np.minimum(np.floor(places).astype(int), n - 1)
            share = (places - below).reshape(-1, *[1] * (3 - axis))
            above = np.minimum(below + 1, n - 1)
            real = np.take(real, below, axis=axis) * (1 - share) + np.take(real, above, axis=axis) * share
    return real


def _triangle(x: Array) -> Array:
    return np.asarray(np.maximum(1 - x, 0))


def _keys(x: Array) -> Array:
    near = ((1.5 * x - 2.5) * x) * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 2, 0.0, np.where(x >= 1, far, near))


def _mitchell(x: Array) -> Array:
    near = ((7 * x - 12) * x * x + 16 / 3) / 6
    far = ((((-7 / 3) * x + 12) * x - 20) * x + 32 / 3) / 6
    return np.where(x >= 2, 0.0, np.where(x >= 1, far, near))


def _lanczos(radius: float) -> Callable[[Array], Array]:
    return lambda x: np.where(x > radius, 0.0, np.sinc(x) * np.sinc(x / radius))


KERNELS: Mapping[str, tuple[float, Callable[[Array], Array]]] = {
    "triangle": (1.0, _triangle),
    "keyscubic": (2.0, _keys),
    "mitchellcubic": (2.0, _mitchell),
    "lanczos1": (1.0, _lanczos(1.0)),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, lambda x: np.where(x >= 1.5, 0.0, np.exp(-(x**2) / (2 * 0.5**2)))),
}
OF_METHOD = {"bilinear": "triangle", "bicubic": "keyscubic"}


def scale_and_translate(
    images: Any, size: Any, scale: Any, translation: Any, kernel_type: str = "lanczos3", antialias: Any = True
) -> Array:
    """Weighted sums under a kernel, which is widened where an image becomes smaller (`antialias`)."""
    if kernel_type not in KERNELS:
        raise Lacking(f"the reference does not have the kernel {kernel_type!r}")
    radius, kernel = KERNELS[kernel_type]
    x = _real(tensor(images))
    for axis, length, by_, moved in zip((1, 2), _size(size), np.asarray(scale), np.asarray(translation), strict=True):
        n, inverse = x.shape[axis], 1.0 / float(by_)
        wide = max(inverse, 1.0) if antialias else 1.0
        weights = np.zeros((length, n))
        for row in range(length):
            place = (row + 0.5) * inverse - inverse * float(moved)
            if not 0 <= place <= n:
                continue
            first = max(int(np.ceil(place - radius * wide - 0.5)), 0)
            last = min(int(np.floor(place + radius * wide - 0.5)), n - 1)
            columns = np.arange(first, last + 1)
            taken = kernel(np.abs(columns + 0.5 - place) / wide)
            weights[row, columns] = taken / taken.sum() if abs(taken.sum()) > 1e-35 else taken
        x = np.moveaxis(np.moveaxis(x, axis, -1) @ weights.T, -1, axis)
    return x


def convert_image_dtype(image: Any, dtype: Any, saturate: Any = False) -> Array:
    """Whole numbers have the range of their type, real ones 0 to 1."""
    x = tensor(image)
    if str(dtype).startswith(("float", "bfloat")):
        return x if x.dtype.kind == "f" else x / float(np.iinfo(x.dtype).max)
    if x.dtype.kind == "f":
        top = np.iinfo(np.dtype(str(dtype))).max
        return cast(np.clip(x * (top + 0.5), np.iinfo(np.dtype(str(dtype))).min, top), dtype)
    if x.dtype == np.dtype(str(dtype)):
        return x
    raise Lacking("the reference does not convert images between whole numbers")


def _as_real(function: Callable[..., Array]) -> Callable[..., Array]:
    """Computed on real numbers, given back in the type of the image."""

    def call(images: Any, *args: Any, **kwargs: Any) -> Array:
        x = tensor(images)
        made = function(convert_image_dtype(x, "float32"), *args, **kwargs)
        return made if x.dtype.kind == "f" else convert_image_dtype(made, str(x.dtype))

    return call


def _adjusted_contrast(x: Array, contrast_factor: Any) -> Array:
    mean = x.mean(axis=(-3, -2), keepdims=True)
    result: Array = (x - mean) * tensor(contrast_factor) + mean
    return result


def per_image_standardization(image: Any) -> Array:
    """Mean zero and deviation one in each image, but no larger than it becomes by few pixels."""
    x = _real(tensor(image))
    axes = (-3, -2, -1)
    count = float(np.prod(x.shape[-3:]))
    least = np.maximum(x.std(axis=axes, keepdims=True), 1 / np.sqrt(count))
    result: Array = (x - x.mean(axis=axes, keepdims=True)) / least
    return result


def central_crop(image: Any, central_fraction: Any) -> Array:
    """The middle."""
    x, fraction = tensor(image), float(central_fraction)
    rows, columns = x.shape[-3:-1]
    top, left = int((rows - rows * fraction) / 2), int((columns - columns * fraction) / 2)
    return x[..., top : rows - top, left : columns - left, :]


def crop(image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any) -> Array:
    """A piece."""
    top, left, rows, columns = (int(n) for n in (offset_height, offset_width, target_height, target_width))
    return tensor(image)[..., top : top + rows, left : left + columns, :]


def pad(image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any) -> Array:
    """Zeros around."""
    x = tensor(image)
    top, left, rows, columns = (int(n) for n in (offset_height, offset_width, target_height, target_width))
    bounded((*x.shape[:-3], rows, columns, x.shape[-1]))
    widths = [(top, rows - top - x.shape[-3]), (left, columns - left - x.shape[-2]), (0, 0)]
    return np.pad(x, [(0, 0)] * (x.ndim - 3) + widths)


def crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Array:
    """The middle, with zeros around it where that is too small."""
    x = tensor(image)
    rows, columns = int(target_height), int(target_width)
    top, left = max((x.shape[-3] - rows) // 2, 0), max((x.shape[-2] - columns) // 2, 0)
    x = crop(x, top, left, min(rows, x.shape[-3]), min(columns, x.shape[-2]))
    return pad(x, max((rows - x.shape[-3]) // 2, 0), max((columns - x.shape[-2]) // 2, 0), rows, columns)


def rgb_to_hsv(images: Any) -> Array:
    """Hue, saturation and value."""
    x = _real(tensor(images))
    r, g, b = (x[..., n] for n in range(3))
    top = x.max(axis=-1)
    span = top - x.min(axis=-1)
    share = np.where(top > 0, span / np.where(top > 0, top, 1), 0)
    by_ = 1 / (6 * np.where(span > 0, span, 1))
    hue = np.where(r == top, by_ * (g - b), np.where(g == top, by_ * (b - r) + 2 / 6, by_ * (r - g) + 4 / 6))
    hue = np.where(span > 0, hue, 0)
    return np.stack([np.where(hue < 0, hue + 1, hue), share, top], axis=-1)


def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: Any) -> Array:
    """Each window as channels: its rows, columns, depth."""
    x = tensor(images)
    size, steps, gaps = (each(v, 2) for v in (sizes, strides, rates))
    pairs, shape = borders(padding, x, size, steps, gaps, False)
    parts = [tap for _, tap in taps(padded(x, pairs), size, steps, gaps, shape)]
    return np.concatenate(parts, axis=-1)


def _images(images: Any) -> Array:
    x = tensor(images)
    return x if x.ndim == 4 else x[None]


def _real(x: Array) -> Array:
    return x.astype(np.float64)


def _size(size: Any) -> tuple[int, int]:
    rows, columns = bounded(lengths(size))
    return rows, columns


def _method(method: Any) -> str:
    name = METHODS.get(method, method) if isinstance(method, int) else method
    return str(name).lower().replace("nearest_neighbor", "nearest")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "compat.v1.image.resize": resize_v1,
    "compat.v1.image.resize_images": resize_v1,
    "image.adjust_brightness": _as_real(lambda image, delta: image + tensor(delta)),
    "image.adjust_contrast": _as_real(_adjusted_contrast),
    "image.central_crop": central_crop,
    "image.convert_image_dtype": convert_image_dtype,
    "image.crop_to_bounding_box": crop,
    "image.extract_patches": extract_patches,
    "image.flip_left_right": lambda image: np.flip(tensor(image), -2),
    "image.flip_up_down": lambda image: np.flip(tensor(image), -3),
    "image.grayscale_to_rgb": lambda images: np.repeat(tensor(images), 3, axis=-1),
    "image.pad_to_bounding_box": pad,
    "image.per_image_standardization": per_image_standardization,
    "image.resize": resize,
    "image.resize_bicubic": by("bicubic"),
    "image.resize_bilinear": by("bilinear"),
    "image.resize_nearest_neighbor": by("nearest"),
    "image.resize_with_crop_or_pad": crop_or_pad,
    "image.rgb_to_grayscale": _as_real(lambda images: (images * GRAY).sum(axis=-1, keepdims=True)),
    "image.rgb_to_hsv": rgb_to_hsv,
    "image.rot90": lambda image, k=1: np.rot90(tensor(image), int(k), axes=(-3, -2)),
    "image.transpose": lambda image: np.swapaxes(tensor(image), -3, -2),
    "raw_ops.ScaleAndTranslate": scale_and_translate,
}
