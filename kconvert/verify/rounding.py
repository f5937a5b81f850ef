"""What rounding alone may do to a model's outputs.

The reference computes in double precision, the converted model in what its layers say: numbers of 24, 11 or 8 binary digits.
How far that carries depends on the model: a sum that cancels, a long recurrence, the largest of two equal numbers. It is
measured: the reference is computed again with every weight and input moved by a few units of the last digit, and what
moves with them, moves by rounding. A fault that hides in this cannot be told from rounding by anyone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kconvert.spec import LayerSpec, ModelSpec
from kconvert.tensor import Array, Tensor
from kconvert.verify.reference import reference

UNITS = {"bfloat16": 2.0**-9, "float16": 2.0**-12}
SINGLE = 2.0**-24
MOVED = 8.0  # units: a sum of a hundred products is off by about as many
TIMES = 4
MARGIN = 2.0


def unit_of(dtypes: Collection[str]) -> float:
    """Half the distance from 1 to the next number, of the coarsest of these dtypes."""
    return max((UNITS[d] for d in dtypes if d in UNITS), default=SINGLE)


def rounding(spec: ModelSpec, inputs: Sequence[Array], unit: float) -> list[Array | None]:
    """For every number of every output how far rounding may move it; None where the reference cannot say.

    Args:
        unit: of rounding, relative.
    """
    outputs = reference(spec).run(inputs, keep=False).outputs
    moved: list[Array | None] = [
        None if o is None or o.dtype.kind not in "fiub" else np.zeros(o.shape) for o in outputs
    ]
    for seed in range(TIMES):
        random = np.random.default_rng(seed)
        given = [_moved(array, unit, random) for array in inputs]
        again = reference(_with_moved_tensors(spec, unit, random)).run(given, keep=False).outputs
        for largest, out, other in zip(moved, outputs, again, strict=True):
            if largest is not None and out is not None and other is not None and other.shape == out.shape:
                with np.errstate(invalid="ignore"):
                    np.fmax(largest, MARGIN * np.abs(other.astype(np.float64) - out.astype(np.float64)), out=largest)
    return moved


def _moved(array: Array, unit: float, random: np.random.Generator) -> Array:
    """Whole numbers are ids, classes, masked steps: they are exact."""
    if array.dtype.kind != "f":
        return array
    wide = array.astype(np.float64)
    factors = 1.0 + MOVED * unit * random.uniform(-1.0, 1.0, wide.shape)
    return np.where(wide == np.rint(wide), wide, wide * factors)


def _with_moved_tensors(spec: ModelSpec, unit: float, random: np.random.Generator) -> ModelSpec:
    def moved(tensor: Tensor) -> Tensor:
        seed = int(random.integers(1 << 32))
        if tensor.dtype.kind != "f":
            return tensor
        return replace(
            tensor, dtype=np.dtype(np.float64),
            read=lambda: _moved(np.asarray(tensor.read()), unit, np.random.default_rng(seed)),
        )  # fmt: skip

    return _with_tensors(spec, moved)


def _with_tensors(spec: ModelSpec, new: Callable[[Tensor], Tensor]) -> ModelSpec:
    pools = tuple(replace(p, tensors={k: new(t) for k, t in p.tensors.items()}) for p in spec.pools)
    return replace(spec, layers=tuple(_layer_with_tensors(layer, new) for layer in spec.layers), pools=pools)


def _layer_with_tensors(layer: LayerSpec, new: Callable[[Tensor], Tensor]) -> LayerSpec:
    def held(value: Any) -> Any:
        if isinstance(value, ModelSpec):
            return _with_tensors(value, new)
        return tuple(map(held, value)) if isinstance(value, tuple) else _layer_with_tensors(value, new)

    return replace(
        layer,
        tensors={key: new(t) for key, t in layer.tensors.items()},
        inner={k: held(v) for k, v in layer.inner.items()},
    )
