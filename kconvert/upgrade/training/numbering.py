"""Where does each element of each weight go? Every element is given a number of its own, and the upgrade taken once more.

If the trained variables of the new model hold each number once, unchanged, then the upgrade only moved the weights (it
transposed, flipped, joined), and an optimizer's slots move the same way. Whatever computes with a weight (a factor folded
into it, two biases added) shows as a number that is missing or altered: the steps of training would then be others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kconvert.spec import Inner, LayerSpec, ModelSpec, stored_tensors
from kconvert.tensor import Array, Tensor


@dataclass(frozen=True, slots=True)
class Numbered:
    """A model whose tensors hold numbers, and which numbers each tensor has, in rising order from 1 on."""

    spec: ModelSpec
    ranges: Mapping[str, range]


def numbered(spec: ModelSpec) -> Numbered:
    """The model with the whole numbers 1, 2, ... in the place of its real ones; the tensors still say that these are real."""
    ranges: dict[str, range] = {}
    following = 1
    for tensor in stored_tensors(spec):
        if tensor.name not in ranges and tensor.dtype.kind == "f":
            ranges[tensor.name] = range(following, following + tensor.size)
            following += tensor.size

    def with_numbers(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {key: _numbers(t, ranges[t.name]) if t.name in ranges else t for key, t in tensors.items()}

    def held(inner: Inner) -> Any:
        if isinstance(inner, ModelSpec):
            return model(inner)
        return tuple(layer(one) for one in inner) if isinstance(inner, tuple) else layer(inner)

    def layer(old: LayerSpec) -> LayerSpec:
        inner = {role: held(value) for role, value in old.inner.items()}
        return replace(old, tensors=with_numbers(old.tensors), inner=inner)

    def model(old: ModelSpec) -> ModelSpec:
        pools = tuple(replace(pool, tensors=with_numbers(pool.tensors)) for pool in old.pools)
        return replace(old, layers=tuple(layer(one) for one in old.layers), pools=pools)

    return Numbered(model(spec), ranges)


def _numbers(tensor: Tensor, numbers: range) -> Tensor:
    kind = np.int32 if numbers.stop < np.iinfo(np.int32).max else np.int64

    def read() -> Array:
        return np.arange(numbers.start, numbers.stop, dtype=kind).reshape(tensor.shape)

    return Tensor.of_file(tensor.name, tensor.shape, tensor.dtype, read)
