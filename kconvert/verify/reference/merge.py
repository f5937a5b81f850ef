"""Several tensors become one: `Merge` with its modes, and the merging layers of Keras 2 and 3.

Sources: keras 0.2.0, 0.3.3 layers/core.py `Merge`; keras 1.0.8, 1.2.2 engine/topology.py `Merge`; keras 2.0.8, 2.2.4, 2.3.1
layers/merge.py and backend/*_backend.py `batch_dot`, `l2_normalize`; tensorflow 1.15, 2.4 keras/layers/merge.py, keras/backend.py;
keras 3.0.5 src/layers/merging/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Facts, Lacking
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.values import Result, Value

Arrays = Sequence[Array]


def average(arrays: Arrays) -> Array:
    """Sum by count."""
    total: Array = reduce(np.add, arrays)
    return total / len(arrays)


MODES: dict[str, Callable[[Arrays], Array]] = {
    "sum": lambda arrays: reduce(np.add, arrays),
    "mul": lambda arrays: reduce(np.multiply, arrays),
    "ave": average,
    "max": lambda arrays: reduce(np.maximum, arrays),
}


def merged(layer: Layer, inputs: Sequence[Value]) -> Result:
    """`Merge` of Keras 0.x and 1.x. In 0.x it lets no mask through."""
    mode, arrays = layer.get("mode", "sum"), [x.array for x in inputs]
    if layer.get("mode_type", "raw") == "lambda":
        from kconvert.verify.reference.lambdas import followed

        return followed(layer, mode, inputs)
    if layer.get("mode_type", "raw") != "raw":
        raise Lacking("the file has nothing of its mode but the name")
    is_keras0 = layer.facts.dialect is Dialect.keras0
    if mode in MODES:
        return Value(MODES[mode](arrays), None if is_keras0 else every(inputs))
    if mode == "concat":
        axis = int(layer.get("concat_axis", -1))
        return Value(np.concatenate(arrays, axis=axis), None if is_keras0 else of_concatenation(inputs, axis))
    if mode in ("dot", "cos"):
        return Value(keras0_dot(layer, mode, arrays) if is_keras0 else keras1_dot(layer, mode, arrays))
    raise Lacking(f"the reference does not have the merge mode {mode!r}")


def keras0_dot(layer: Layer, mode: str, arrays: Arrays) -> Array:
    """Sums over the axes that two lists name; what is left of a vector is one column."""
    axes = layer.get("dot_axes", -1)
    if isinstance(axes, int):
        ranks = [a.ndim for a in arrays]
        axes = [list(range(axes % n, n)) for n in ranks] if axes < 0 else [
            list(range(ranks[0] - axes, ranks[1])), list(range(1, axes + 1))
        ]  # fmt: skip
    x, y = arrays

    def product(a: Array, b: Array) -> Array:
        sides = ([n - 1 for n in axes[0]], [n - 1 for n in axes[1]])
        return np.stack([np.tensordot(p, q, axes=sides) for p, q in zip(a, b, strict=True)])

    if mode == "cos":
        share: Array = product(x, y) / _root(product(x, x) * product(y, y))
        return share[:, None]
    dot = product(x, y)
    return dot[:, None] if dot.ndim == 1 else dot


def keras1_dot(layer: Layer, mode: str, arrays: Arrays) -> Array:
    """`batch_dot`; a cosine has one more axis."""
    x, y = arrays
    axes = axes_of(layer.get("dot_axes", -1), x, y)
    if mode == "dot":
        return batch_dot(layer.facts, x, y, axes)
    below = _root(batch_dot(layer.facts, x, x, axes) * batch_dot(layer.facts, y, y, axes))
    if (below < 1e-7).any():
        below = np.maximum(below, 1e-7 if layer.facts.since("1.0.4") else 0.0)
    return np.expand_dims(batch_dot(layer.facts, x, y, axes) / below, 1)


def _root(x: Array) -> Array:
    """`K.sqrt`: of what is negative it is zero."""
    return np.asarray(np.sqrt(np.maximum(x, 0.0)))


def axes_of(axes: Any, x: Array, y: Array) -> tuple[int, int]:
    """One axis of each, counted from the front."""
    first, second = (axes, axes) if isinstance(axes, int) else axes
    return int(first) % x.ndim, int(second) % y.ndim


def batch_dot(facts: Facts, x: Array, y: Array, axes: tuple[int, int]) -> Array:
    """Sums over one axis of each, sample by sample; what is left of two vectors is one column.

    TensorFlow before Keras 2.3 and tf.keras 2.1 took a fourth axis for one more of the batch.
    """
    if max(x.ndim, y.ndim) > 3 and _multiplies_matrices(facts):
        if x.ndim != y.ndim:
            raise Lacking("TensorFlow's batch_dot of a tensor of four axes with one of another rank")
        left = x if axes[0] == x.ndim - 1 else np.swapaxes(x, -1, -2)
        right = np.swapaxes(y, -1, -2) if axes[1] == y.ndim - 1 else y
        product: Array = left @ right
        return product
    left, right = np.moveaxis(x, axes[0], -1), np.moveaxis(y, axes[1], 1)
    flat = left.reshape(len(left), -1, left.shape[-1]) @ right.reshape(len(right), right.shape[1], -1)
    shape = left.shape[1:-1] + right.shape[2:]
    return flat.reshape(len(left), *(shape or (1,)))


def _multiplies_matrices(facts: Facts) -> bool:
    if facts.dialect is Dialect.keras3 or facts.backend != "tensorflow":
        return False
    return not (facts.dialect is Dialect.keras2 and facts.since("2.3.0"))


def every(inputs: Sequence[Value]) -> Array | None:
    """A step counts where it counts in all that have a mask."""
    masks = [x.mask for x in inputs if x.mask is not None]
    return reduce(np.logical_and, masks) if masks else None


def of_concatenation(inputs: Sequence[Value], axis: int) -> Array | None:
    """Masks beside each other, then whatever holds along the last axis."""
    if all(x.mask is None for x in inputs):
        return None
    masks = []
    for x in inputs:
        mask = np.ones(x.shape, bool) if x.mask is None else x.mask
        masks.append(mask[..., None] if mask.ndim < x.array.ndim else mask)
    return np.asarray(np.concatenate(masks, axis=axis).all(axis=-1))


def keras2_merge(function: Callable[[Arrays], Array]) -> Rule:
    """A merging layer of Keras 2 or 3; inputs of fewer axes get some of length one after the batch."""

    def call(layer: Layer, inputs: Sequence[Value], **kwargs: Any) -> Value:
        rank = max(x.array.ndim for x in inputs)
        arrays = [x.array.reshape(x.shape[0], *[1] * (rank - x.array.ndim), *x.shape[1:]) for x in inputs]
        return Value(function(arrays), every(inputs))

    return Rule(call)


def concatenated(layer: Layer, inputs: Sequence[Value], **kwargs: Any) -> Value:
    """`Concatenate`."""
    axis = int(layer.get("axis", -1))
    return Value(np.concatenate([x.array for x in inputs], axis=axis), of_concatenation(inputs, axis))


def keras2_dot(layer: Layer, inputs: Sequence[Value], **kwargs: Any) -> Value:
    """`Dot`."""
    x, y = (value.array for value in inputs)
    axes = axes_of(layer.get("axes", -1), x, y)
    if layer.get("normalize", False):
        x, y = normalized(layer.facts, x, axes[0]), normalized(layer.facts, y, axes[1])
    return Value(batch_dot(layer.facts, x, y, axes))


def normalized(facts: Facts, x: Array, axis: int) -> Array:
    """`K.l2_normalize`; each backend guards against zeros in its own way, CNTK in none."""
    least = {"tensorflow": 1e-12, "theano": 1e-7, "cntk": 0.0}[facts.backend]
    result: Array = x / np.sqrt(np.maximum((x * x).sum(axis=axis, keepdims=True), least))
    return result


KERAS0: dict[str, Rule] = {"Merge": Rule(merged)}
KERAS1: dict[str, Rule] = {"Merge": Rule(merged)}
KERAS2: dict[str, Rule] = {
    "Add": keras2_merge(MODES["sum"]),
    "Average": keras2_merge(average),
    "Concatenate": Rule(concatenated),
    "Dot": Rule(keras2_dot),
    "Maximum": keras2_merge(MODES["max"]),
    "Merge": Rule(merged),
    "Minimum": keras2_merge(lambda arrays: reduce(np.minimum, arrays)),
    "Multiply": keras2_merge(MODES["mul"]),
    "Subtract": keras2_merge(lambda arrays: arrays[0] - arrays[1]),
}
KERAS3: dict[str, Rule] = {**KERAS2}
