"""Resizing of images as TensorFlow does it, one axis after the other: each result is a weighted sum along a line.

Sources: tensorflow core/kernels/image/resize_bilinear_op.cc, resize_nearest_neighbor_op.cc, resize_bicubic_op.cc (weights from a table of
1024 steps), resize_area_op.cc, scale_and_translate_op.cc, sampling_kernels.h; python/ops/image_ops_impl.py `resize_images_v2`.
Nothing is smoothed before (`antialias=False`), as everywhere in Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking

TABLE = 1024


def resized(array: Array, size: list[int], method: str, half_pixel: bool = True) -> Array:
    """Images (batch, rows, columns, channels) in another size.

    Args:
        half_pixel: pixel k has its centre at k + 0.5, as in TensorFlow 2; False is TensorFlow 1.

    Raises:
        Lacking: another method.
    """
    if method not in LINES:
        raise Lacking(f"the reference does not have the interpolation {method!r}")
    for axis, length in ((1, size[0]), (2, size[1])):
        if method in ALWAYS_COMPUTED or length != array.shape[axis]:
            weights = LINES[method](array.shape[axis], length, half_pixel)
            array = np.moveaxis(np.moveaxis(array, axis, -1) @ weights.T, -1, axis)
    return array


def _places(n: int, length: int, half_pixel: bool) -> Array:
    scale = np.float32(n / length)
    steps: Array = np.arange(length, dtype=np.float32)
    places: Array = (steps + 0.5) * scale - 0.5 if half_pixel else steps * scale
    return places


def _nearest(n: int, length: int, half_pixel: bool) -> Array:
    scale = np.float32(n / length)
    steps = np.arange(length, dtype=np.float32) + (0.5 if half_pixel else 0.0)
    weights: Array = np.eye(n)[np.minimum(np.floor(steps * scale).astype(int), n - 1)]
    return weights


def _bilinear(n: int, length: int, half_pixel: bool) -> Array:
    places = _places(n, length, half_pixel).astype(np.float64)
    below = np.floor(places)
    share = places - below
    first, second = np.maximum(below, 0).astype(int), np.minimum(below + 1, n - 1).astype(int)
    weights: Array = np.eye(n)[first] * (1 - share)[:, None] + np.eye(n)[second] * share[:, None]
    return weights


def _bicubic(n: int, length: int, half_pixel: bool) -> Array:
    """Keys's cubic with a = -0.5, and what lies outside left out; TensorFlow 1 has a = -0.75 and repeats the border."""
    a = -0.5 if half_pixel else -0.75
    places = _places(n, length, half_pixel).astype(np.float64)
    below = np.floor(places).astype(int)
    offset = np.rint((places - below) * TABLE) / TABLE
    weights = np.zeros((length, n))
    for row in range(length):
        taken = np.array([_cubic(abs(offset[row] - shift), a) for shift in (-1, 0, 1, 2)])
        columns = below[row] + np.array([-1, 0, 1, 2])
        inside = (columns >= 0) & (columns < n)
        if half_pixel:
            taken = np.where(inside, taken, 0.0)
            total = taken.sum()
            taken = taken / total if abs(total) >= 1000.0 * np.finfo(np.float32).tiny else taken
        np.add.at(weights[row], np.clip(columns, 0, n - 1), taken)
    return weights


def _cubic(x: float, a: float) -> float:
    if x <= 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a if x < 2 else 0.0


def _area(n: int, length: int, half_pixel: bool) -> Array:
    scale = n / length
    weights = np.zeros((length, n))
    for row in range(length):
        begin, end = row * scale, (row + 1) * scale
        for column in range(int(np.floor(begin)), min(int(np.ceil(end)), n)):
            weights[row, column] = min(column + 1, end) - max(column, begin)
    return weights / scale


def _sampled(kernel: Callable[[Array], Array], radius: float) -> Callable[[int, int, bool], Array]:
    """The methods of `ScaleAndTranslate`: a kernel of fixed width, its weights brought to a sum of one."""

    def weights_of(n: int, length: int, half_pixel: bool) -> Array:
        weights = np.zeros((length, n))
        for row, place in enumerate((np.arange(length) + 0.5) * (n / length)):
            begin = max(int(np.ceil(place - radius - 0.5)), 0)
            end = min(int(np.floor(place + radius - 0.5)), n - 1)
            columns = np.arange(begin, end + 1)
            taken = kernel(np.abs(columns + 0.5 - place))
            weights[row, columns] = taken / taken.sum()
        return weights

    return weights_of


def _lanczos(radius: float) -> Callable[[Array], Array]:
    def kernel(x: Array) -> Array:
        return np.where(x > radius, 0.0, np.sinc(x) * np.sinc(x / radius))

    return kernel


def _gaussian(x: Array) -> Array:
    return np.where(x >= 1.5, 0.0, np.exp(-(x**2) / (2 * 0.5**2)))


def _mitchell(x: Array) -> Array:
    near = ((7 * x - 12) * x * x + 16 / 3) / 6
    far = (((-7 / 3) * x + 12) * x - 20) * x + 32 / 3
    return np.where(x >= 2, 0.0, np.where(x >= 1, far / 6, near))


LINES: Mapping[str, Callable[[int, int, bool], Array]] = {
    "nearest": _nearest,
    "bilinear": _bilinear,
    "bicubic": _bicubic,
    "area": _area,
    "lanczos3": _sampled(_lanczos(3.0), 3.0),
    "lanczos5": _sampled(_lanczos(5.0), 5.0),
    "gaussian": _sampled(_gaussian, 1.5),
    "mitchellcubic": _sampled(_mitchell, 2.0),
}
ALWAYS_COMPUTED = frozenset({"gaussian", "mitchellcubic", "lanczos3", "lanczos5"})
