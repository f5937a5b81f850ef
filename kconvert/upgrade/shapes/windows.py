"""Windows that slide over axes: which axes, how many steps, how much border."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.spec import Config

SIDES = {1: ("left_pad", "right_pad"), 2: ("top_pad", "bottom_pad", "left_pad", "right_pad")}


def spatial_axes(config: Config, rank: int) -> range:
    """The spatial axes of a batch-first tensor of this rank."""
    return range(2, rank) if config.get("data_format") == "channels_first" else range(1, rank - 1)


def window(size: int | None, kernel: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """The length of a convolution's or pooling's output."""
    if size is None:
        return None
    if padding in ("same", "causal"):
        return -(-size // stride)
    if padding == "full":
        size += 2 * (kernel - 1) * dilation
    return max(0, (size - (kernel - 1) * dilation - 1) // stride + 1)


def per_axis(value: Any, axes: int, default: int = 1) -> tuple[int, ...]:
    """An argument that is one number or one per axis."""
    if value is None:
        return (default,) * axes
    return (int(value),) * axes if isinstance(value, int) else tuple(int(v) for v in value)


def border_pairs(value: Any, axes: int) -> list[list[int]]:
    """Padding or cropping as (front, back) per axis, from any form that a Keras had.

    One number for all; one per axis; a pair per axis; all sides in a row or by name (1.2.2 layers/convolutional.py).

    Raises:
        ValueError: none of these.
    """
    if isinstance(value, Mapping):
        if not value.keys() <= set(SIDES.get(axes, ())):
            raise ValueError(f"{dict(value)!r}: {', '.join(SIDES.get(axes, ()))} are the sides")
        value = [value.get(side, 0) for side in SIDES[axes]]
    if isinstance(value, int):
        return [[value, value]] * axes
    flat = list(value)
    if len(flat) == axes and not all(isinstance(n, int) for n in flat):
        return [[int(front), int(back)] for front, back in flat]
    if len(flat) == axes and axes > 1:
        return [[int(n), int(n)] for n in flat]
    if len(flat) != 2 * axes:
        raise ValueError(f"{value!r} is not a form that Keras had")
    return [[int(n) for n in flat[i : i + 2]] for i in range(0, 2 * axes, 2)]
