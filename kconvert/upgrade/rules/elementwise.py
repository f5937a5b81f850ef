"""A weight per element (or per channel) of the input, as an EinsumDense whose equation multiplies and adds without summing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Config, Nest
from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import PREVIOUS, Site, Step

LETTERS = "abcdefgh"


def elementwise(
    suffix: str,
    config: Config,
    site: Site,
    *,
    shape: Sequence[int],
    scale: Tensor | None = None,
    shift: Tensor | None = None,
    args: tuple[Nest, ...] = (PREVIOUS,),
) -> tuple[Step, ...]:
    """`x * scale + shift` for weights of `shape`, the input's without its batch; an axis of length one is shared; where all are, the last one
    gets the same weight in every place.

    `config` is what the new layer shares with the old one. The last of the steps has the name `suffix`. Weights of one axis that is not the last one are added with that axis
    moved to the end, see `channels_first_bias`.

    Raises:
        Rejected: one weight for all elements, where these are not counted or it is trained on.
    """
    axes = range(1, len(shape) + 1)
    own = [axis for axis, size in zip(axes, shape, strict=True) if size > 1] or [len(shape)]
    if shape[own[0] - 1] == 1:
        size = _size(site, own[0])
        if size is None or (size > 1 and site.origin.is_trained_on):
            raise Rejected("all elements share one weight, and no stock layer has that")
        scale, shift = _repeated(scale, size), _repeated(shift, size)
        shape = [*shape[:-1], size]
    sizes = [shape[axis - 1] for axis in own]
    order = [0, *axes]
    if shift is not None and len(own) == 1:
        order = [*(axis for axis in order if axis != own[0]), own[0]]
    inside, outside = LETTERS[: len(order)], "".join(LETTERS[axis] for axis in order)
    weighted = "".join(LETTERS[axis] for axis in own)
    kernel = Tensor.constant("ones", np.ones(sizes, np.float32)) if scale is None else scale.reshape(sizes)
    tensors = {"kernel": kernel}
    settings: dict[str, Any] = {
        "equation": f"{inside},{weighted}->{outside}",
        "output_shape": [_size(site, axis) if shape[axis - 1] == 1 else shape[axis - 1] for axis in order[1:]],
        **{key: config[key] for key in ("trainable", "dtype") if key in config},
    }
    if shift is not None:
        settings["bias_axes"] = weighted
        # its bias has an axis, if of length one, for each from the first weighted one on
        first = order.index(own[0])
        tensors["bias"] = shift.reshape([shape[axis - 1] for axis in order[first:]])
    if order == [0, *axes]:
        return (Step("EinsumDense", settings, suffix, args, tensors=tensors),)
    back = {"dims": [order.index(axis) for axis in axes], **{key: config[key] for key in ("dtype",) if key in config}}
    return Step("EinsumDense", settings, f"{suffix}_moved", args, tensors=tensors), Step("Permute", back, suffix)


def _repeated(tensor: Tensor | None, size: int) -> Tensor | None:
    """A tensor of one element, as often as the last axis is long."""
    if tensor is None or size == 1:
        return tensor
    shape = (*tensor.shape[:-1], size)
    return tensor.apply(f"{size} times", lambda a: np.repeat(a, size, axis=-1), shape)


def _size(site: Site, axis: int) -> int | None:
    """The input's size along an axis, where it is known and the same for all calls."""
    sizes = {None if shape is None else shape[axis] for shape in site.input_shapes}
    return sizes.pop() if len(sizes) == 1 else None
