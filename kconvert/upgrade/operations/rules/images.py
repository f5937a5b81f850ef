"""tf.image. The resizing of TensorFlow 1 takes rows and columns without half-pixel centres; stock Keras has only the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Port
from kconvert.tensor import Array
from kconvert.upgrade.operations.build import Build, Lengths, Value
from kconvert.upgrade.operations.folding import bounded
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.operations.rules.shapes import WHOLE, numbers

SAME_METHOD = frozenset(["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"])
KERNELS = {"triangle": "bilinear", "keyscubic": "bicubic", "lanczos3": "lanczos3", "lanczos5": "lanczos5"}
V1_METHODS = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area"}


def resize(build: Build, images: Value, size: Any, method: Any = "bilinear", antialias: Any = False) -> Value:
    """TensorFlow 2's resizing is that of today's Keras.

    Raises:
        Rejected: a method that it does not have, or a size that is known only when the model runs.
    """
    name = str(method).lower()
    if name not in SAME_METHOD:
        raise Rejected(f"today's Keras cannot resize by the method {name!r}", argument="method")
    height, width = _size(size)
    shape = build.known_shape(images, "tf.image.resize")
    if (shape[-3], shape[-2]) == (height, width):
        return build("copy", images) if name == "nearest" else _as_float(build, images)
    settings: dict[str, Any] = {"size": [height, width], "interpolation": name, "data_format": "channels_last"}
    if antialias and name != "nearest":
        settings["antialias"] = True
    return build("image.resize", images if name == "nearest" else _as_float(build, images), **settings)


def _as_float(build: Build, images: Value) -> Value:
    dtype = build.dtype(images)
    return build("copy", images) if dtype in (None, "float32") else build("cast", images, dtype="float32")


def _size(size: Any) -> tuple[int, int]:
    height, width = numbers(list(size) if isinstance(size, tuple) else size, "the size")
    if isinstance(height, Length) or isinstance(width, Length):
        raise Rejected("the size is known only when the model runs", argument="size")
    return height, width


def resize_v1(build: Build, images: Value, size: Any, method: Any = 0, align_corners: bool = False) -> Value:
    """TensorFlow 1: methods have numbers, and centres are corners (image_ops_impl.py `resize_images_v1`)."""
    name = V1_METHODS.get(method, str(method).lower()) if isinstance(method, int) else str(method).lower()
    if name == "nearest":
        return resize_nearest(build, images, size, align_corners)
    if name == "bilinear":
        return resize_bilinear(build, images, size, align_corners)
    raise Rejected(f"today's Keras cannot resize by TensorFlow 1's method {name!r}", argument="method")


def resize_bilinear(
    build: Build, images: Value, size: Any, align_corners: bool = False, half_pixel_centers: bool = False
) -> Value:
    """Rows, then columns: the nearer two, weighted by their distance."""
    if half_pixel_centers:
        return resize(build, images, size)
    result = _as_float(build, images)
    for axis, target in zip((1, 2), _size(size), strict=True):
        source = _length(build.known_shape(images, "resizing"), axis)
        bounded(target, "resizing")
        place = np.arange(target, dtype=np.float32) * _scale(source, target, align_corners)
        low = np.floor(place).astype(np.int32)
        high = np.minimum(low + 1, source - 1)
        weight = (place - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(4)])
        first, second = build("take", result, low, axis=axis), build("take", result, high, axis=axis)
        result = build("add", first, build("multiply", build("subtract", second, first), weight))
    return result


def resize_nearest(
    build: Build, images: Value, size: Any, align_corners: bool = False, half_pixel_centers: bool = False
) -> Value:
    """Each row and column taken from one of the image."""
    if half_pixel_centers:
        return resize(build, images, size, "nearest")
    result = images
    for axis, target in zip((1, 2), _size(size), strict=True):
        source = _length(build.known_shape(images, "resizing"), axis)
        bounded(target, "resizing")
        place = np.arange(target, dtype=np.float32) * _scale(source, target, align_corners)
        rounded = np.floor(place + np.float32(0.5)) if align_corners else np.floor(place)
        result = build("take", result, np.minimum(rounded, source - 1).astype(np.int32), axis=axis)
    return result


def resize_bicubic(
    build: Build, images: Value, size: Any, align_corners: bool = False, half_pixel_centers: bool = False
) -> Value:
    """That of TensorFlow 2.

    Raises:
        Rejected: TensorFlow 1's, which rounds its weights to a table.
    """
    if not half_pixel_centers or align_corners:
        raise Rejected("today's Keras has no bicubic resizing without half-pixel centres")
    return resize(build, images, size, "bicubic")


def scale_and_translate(
    build: Build,
    images: Value,
    size: Any,
    scale: Any,
    translation: Any,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Value:
    """What tf.image.resize with `antialias` is made of: the scale is that of the sizes, nothing is moved."""
    target = _size(size)
    shape = build.known_shape(images, "resizing")
    wanted = [t / _length(shape, axis) for axis, t in zip((1, 2), target, strict=True)]
    plain = [np.asarray(v, dtype=np.float32) for v in (scale, translation)]
    if not np.allclose(plain[0], wanted, rtol=1e-6) or np.any(plain[1]) or kernel_type not in KERNELS:
        raise Rejected("today's Keras has no such scaling and moving of images")
    return resize(build, images, target, KERNELS[kernel_type], antialias)


def _scale(source: int, target: int, align_corners: bool) -> np.float32:
    """image_resizer_state.h `CalculateResizeScale`."""
    if align_corners and target > 1:
        return np.float32(source - 1) / np.float32(target - 1)
    return np.float32(source) / np.float32(target)


def _length(shape: Lengths, axis: int) -> int:
    length: Any = shape[axis]
    if isinstance(length, Length):
        raise Rejected("the size of the image is known only when the model runs")
    return int(length)


def rgb_to_grayscale(build: Build, images: Value) -> Value:
    """0.2989 r + 0.587 g + 0.114 b."""
    _only_floats(build, images)
    weights: Array = np.array([[0.2989], [0.5870], [0.1140]], dtype=build.dtype(images) or "float32")
    return build("matmul", images, weights)


def grayscale_to_rgb(build: Build, images: Value) -> Value:
    """The one channel three times."""
    return build("repeat", images, repeats=3, axis=-1)


def flip_left_right(build: Build, image: Value) -> Value:
    """Columns turned round."""
    return build("flip", image, axis=-2)


def flip_up_down(build: Build, image: Value) -> Value:
    """Rows turned round."""
    return build("flip", image, axis=-3)


def transpose_image(build: Build, image: Value) -> Value:
    """Rows and columns swapped."""
    return build("swapaxes", image, axis1=-3, axis2=-2)


def rot90(build: Build, image: Value, k: int = 1) -> Value:
    """Quarter turns against the clock."""
    turns = int(k) % 4
    if turns == 0:
        return build("copy", image)
    if turns == 2:
        return build("flip", build("flip", image, axis=-3), axis=-2)
    swapped = build("swapaxes", image, axis1=-3, axis2=-2)
    return build("flip", swapped, axis=-3 if turns == 1 else -2)


def per_image_standardization(build: Build, image: Value) -> Value:
    """(x - mean) / max(deviation, 1 / sqrt(number of values)), for each image."""
    _only_floats(build, image)
    shape = build.known_shape(image, "the standardisation")[-3:]
    if any(isinstance(n, Length) for n in shape):
        raise Rejected("the size of the image is known only when the model runs")
    axes = [-3, -2, -1]
    smallest = float(1 / np.sqrt(np.float32(np.prod(shape))))
    deviation = build("maximum", build("std", image, axis=axes, keepdims=True), smallest)
    return build("divide", build("subtract", image, build("mean", image, axis=axes, keepdims=True)), deviation)


def adjust_brightness(build: Build, image: Value, delta: float) -> Value:
    """A number added."""
    _only_floats(build, image)
    return build("add", image, delta)


def adjust_contrast(build: Build, images: Value, contrast_factor: float) -> Value:
    """The distance from each channel's mean, scaled."""
    _only_floats(build, images)
    mean = build("mean", images, axis=[-3, -2], keepdims=True)
    return build("add", build("multiply", build("subtract", images, mean), contrast_factor), mean)


def central_crop(build: Build, image: Value, central_fraction: float) -> Value:
    """What remains when the same part is cut away on both sides (image_ops_impl.py `central_crop`)."""
    shape = build.known_shape(image, "tf.image.central_crop")
    starts = [int((n - n * central_fraction) / 2) for n in (_length(shape, -3), _length(shape, -2))]
    lengths = [_length(shape, axis) - 2 * start for axis, start in zip((-3, -2), starts, strict=True)]
    return crop_to_bounding_box(build, image, *starts, *lengths)


def crop_to_bounding_box(
    build: Build, image: Value, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Value:
    """A rectangle of the image."""
    parts = [[offset_height, offset_height + target_height, None], [offset_width, offset_width + target_width, None]]
    return build("getitem", image, key=["...", *({"slice": p} for p in parts), WHOLE])


def pad_to_bounding_box(
    build: Build, image: Value, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Value:
    """Zeros around the image."""
    shape = build.known_shape(image, "tf.image.pad_to_bounding_box")
    below = target_height - offset_height - _length(shape, -3)
    right = target_width - offset_width - _length(shape, -2)
    widths = [[offset_height, below], [offset_width, right], [0, 0]]
    if len(shape) == 4:
        widths.insert(0, [0, 0])
    return build("pad", image, pad_width=widths, mode="constant", constant_values=0)


def resize_with_crop_or_pad(build: Build, image: Value, target_height: int, target_width: int) -> Value:
    """The middle, cut or with zeros around (image_ops_impl.py `resize_image_with_crop_or_pad`)."""
    shape = build.known_shape(image, "tf.image.resize_with_crop_or_pad")
    sizes = [(_length(shape, axis), int(n)) for axis, n in ((-3, target_height), (-2, target_width))]
    cuts = [max((n - target) // 2, 0) for n, target in sizes]
    cropped = crop_to_bounding_box(build, image, *cuts, *(min(n, target) for n, target in sizes))
    return pad_to_bounding_box(
        build, cropped, *(max((target - n) // 2, 0) for n, target in sizes), *(target for _, target in sizes)
    )  # fmt: skip


def convert_image_dtype(build: Build, image: Value, dtype: str, saturate: bool = False) -> Value:
    """Integers become numbers from 0 to 1 (image_ops_impl.py `convert_image_dtype`).

    Raises:
        Rejected: to an integer.
    """
    source = build.dtype(image)
    if source is None or not str(dtype).startswith("float"):
        raise Rejected("images become integers, or the dtype of the image is not known")
    converted = build("cast", image, dtype=dtype) if source != dtype else build("copy", image)
    if source.startswith("float"):
        return converted
    return build("multiply", converted, 1.0 / np.iinfo(source).max)


def extract_patches(build: Build, images: Value, sizes: Any, strides: Any, rates: Any, padding: str) -> Value:
    """Windows as vectors."""
    return build(
        "image.extract_patches", images, size=list(sizes[1:3]), strides=list(strides[1:3]),
        dilation_rate=_one(rates[1:3]), padding=padding.lower(), data_format="channels_last",
    )  # fmt: skip


def _one(rates: Any) -> int:
    if rates[0] != rates[1]:
        raise Rejected(f"{list(rates)}: different rates for rows and columns", argument="rates")
    return int(rates[0])


def _only_floats(build: Build, image: Value) -> None:
    dtype = build.dtype(image)
    if isinstance(image, Port) and dtype is not None and not dtype.startswith(("float", "bfloat")):
        raise Rejected(f"it scales images of {dtype} on the way, which has no equivalent here")
