"""A weight per element (or per channel) of the input, as an EinsumDense whose equation multiplies and adds without summing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Config, Nest
from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import PREVIOUS, Step

LETTERS = "abcdefgh"


def elementwise(
    suffix: str,
    config: Config,
    *,
    shape: Sequence[int],
    scale: Tensor | None = None,
    shift: Tensor | None = None,
    args: tuple[Nest, ...] = (PREVIOUS,),
) -> Step:
    """`x * scale + shift` for weights of `shape`, the input's without its batch; an axis of length one is shared.

    Raises:
        Rejected: one weight for all elements.
    """
    axes = range(1, len(shape) + 1)
    own = [axis for axis, size in zip(axes, shape, strict=True) if size > 1] or [len(shape)]
    if len(own) == 1 and shape[own[0] - 1] == 1 and len(shape) > 1:
        raise Rejected("all elements share one weight, and no stock layer has that")
    sizes = [shape[axis - 1] for axis in own]
    inside = LETTERS[: len(shape) + 1]
    weighted = "".join(inside[axis] for axis in own)
    kernel = Tensor.constant("ones", np.ones(sizes, np.float32)) if scale is None else scale.reshape(sizes)
    tensors = {"kernel": kernel}
    settings: dict[str, Any] = {
        "equation": f"{inside},{weighted}->{inside}",
        "output_shape": [size if size > 1 else None for size in shape],
        **{key: config[key] for key in ("trainable", "dtype") if key in config},
    }
    if shift is not None:
        settings["bias_axes"] = weighted
        tensors["bias"] = shift.reshape(sizes)
    return Step("EinsumDense", settings, suffix, args, tensors=tensors)
