"""Calls of `keras.ops` in code that is today's already: the operation of that name, its arguments by the names they have there.

Source: keras 3.15 src/ops/{core,math,nn,numpy}.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.code import NotFollowed
from kconvert.upgrade.operations.build import Build
from kconvert.upgrade.shapes.operations import BROADCAST, REDUCTIONS, SAME

PARAMETERS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "reshape": (1, ("newshape",)),
    "transpose": (1, ("axes",)),
    "expand_dims": (1, ("axis",)),
    "squeeze": (1, ("axis",)),
    "concatenate": (1, ("axis",)),
    "stack": (1, ("axis",)),
    "cast": (1, ("dtype",)),
    "softmax": (1, ("axis",)),
    "log_softmax": (1, ("axis",)),
    "cumsum": (1, ("axis",)),
    "flip": (1, ("axis",)),
    "elu": (1, ("alpha",)),
    "leaky_relu": (1, ("negative_slope",)),
    "gelu": (1, ("approximate",)),
    "matmul": (2, ()),
    "where": (3, ()),
    "clip": (3, ()),
    **dict.fromkeys(REDUCTIONS, (1, ("axis", "keepdims"))),
}
"""Operation -> how many tensors it takes first, and its further arguments in their order."""


def stock_operation(build: Build, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What `keras.ops.<name>(*args, **kwargs)` gives.

    Raises:
        NotFollowed: not one of those that are followed.
    """
    name = {"absolute": "abs", "swish": "silu"}.get(name, name)
    operands, further = PARAMETERS.get(name, (len(args), ()))
    if name not in PARAMETERS and not (name in SAME | BROADCAST and not kwargs):
        raise NotFollowed(f"keras.ops.{name}, called as it is, is not followed")
    config = {**dict(zip(further, args[operands:], strict=False)), **kwargs}
    if len(args) < operands or len(args) > operands + len(further) or not config.keys() <= set(further):
        raise NotFollowed(f"keras.ops.{name}, called as it is, is not followed")
    return build(name, *args[:operands], **config)
