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
    """`x * scale + shift` for weights of `shape`, the input's without its batch; an axis of length one is shared.

    `config` is what the new layer shares with the old one. The last of the steps has the name `suffix`. Weights of one axis that is not the last one are added with that axis
    moved to the end, see `channels_first_bias`.

    Raises:
        Rejected: one weight for all elements.
    """
    axes = range(1, len(shape) + 1)
    own = [axis for axis, size in zip(axes, shape, strict=True) if size > 1] or [len(shape)]
    if len(shape) > 1 and shape[own[0] - 1] == 1:
        raise Rejected("all elements share one weight, and no stock layer has that")
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


def _size(site: Site, axis: int) -> int | None:
    """The input's size along an axis, where it is known and the same for all calls."""
    sizes = {None if shape is None else shape[axis] for shape in site.input_shapes}
    return sizes.pop() if len(sizes) == 1 else None
