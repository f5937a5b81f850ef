"""Layers that look at each number by itself, or at several of the same place: any layout will do, if it is one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from kconvert.axes import AS_BEFORE, Layout
from kconvert.layout.facts import facts
from kconvert.layout.ways import Use, Way, same
from kconvert.spec import Call, LayerSpec, Nest, Port


def elementwise(use: Use) -> Way | None:
    """One tensor."""
    return same(use, use.first) if len(use.offers) == 1 else None


def dropout(use: Use) -> Way | None:
    """Its `noise_shape` has the tensor's axes."""
    shape = use.layer.config.get("noise_shape")
    if shape is None or use.first.is_before or len(use.offers) != 1:
        return elementwise(use)
    if use.first.rows or len(shape) != len(use.first.axes):
        return None
    return same(use, use.first, noise_shape=list(use.first.shape(list(shape))))


def rescaling(use: Use) -> Way | None:
    """One number for all."""
    numbers = (use.layer.config.get("scale"), use.layer.config.get("offset", 0.0))
    return elementwise(use) if all(isinstance(n, int | float) for n in numbers) else None


def activation(use: Use) -> Way | None:
    """What looks along the last axis must be told where that is."""
    function = use.layer.config.get("activation")
    if facts().is_elementwise(function):
        return elementwise(use)
    if function != "softmax" or not use.first.is_turned or len(use.offers) != 1:
        return elementwise(use) if function in ("softmax", "log_softmax") and use.first.rows else None
    config = {key: value for key, value in use.layer.config.items() if key in ("dtype", "trainable")}
    axis = use.first.axes.index(len(use.first.axes) - 1)
    layer = LayerSpec("Softmax", use.layer.name, {**config, "axis": axis})
    return Way(layer, (use.first,), (use.first,))


def merge(use: Use) -> Way | None:
    """Tensors of the same number of axes, all in the layout that most of them have."""
    layout = common(use)
    if layout is None or layout.is_before:
        return None
    wanted = tuple(AS_BEFORE if _is_one(use, n, layout) else layout for n in range(len(use.offers)))
    return Way(use.layer, wanted, (), layout)


def operation(use: Use) -> Way | None:
    """Likewise; constants follow the axes, and a single number is the same everywhere."""
    call, layer = use.call, use.layer
    if call.kwargs or not any(isinstance(a, Port) for a in call.args):
        return None
    layout = common(use, scalars=True)
    if layout is None or layout.is_before:
        return None
    rank = len(layout.axes)
    args: list[Nest] = []
    for value in call.args:
        if isinstance(value, Port) or np.ndim(value) == 0:
            args.append(value)
        elif layout.rows or np.ndim(value) > rank or (isinstance(value, list | tuple) and _holds_ports(value)):
            return None
        else:
            args.append(_turned(value, layout))
    wanted = tuple(
        AS_BEFORE if _is_one(use, n, layout) or use.shapes[n] == () else layout for n in range(len(use.offers))
    )
    return Way(layer, wanted, (), layout, Call(tuple(args)))


def common(use: Use, scalars: bool = False) -> Layout | None:
    """The layout that most of the tensors have which are not as before; None if they cannot all have it."""
    counted = Counter(offer for offer in use.offers if not offer.is_before)
    if not counted:
        return AS_BEFORE
    layout = counted.most_common(1)[0][0]
    for offer, shape in zip(use.offers, use.shapes, strict=True):
        rank = len(offer.axes) or (None if shape is None else len(shape))
        if rank != len(layout.axes) and not (scalars and rank == 0):
            return None
    if layout.rows and any(
        shape is None or shape[-1] not in (1, _length(layout)) for shape in use.shapes if shape != ()
    ):
        return None
    return layout


def _length(layout: Layout) -> int:
    return sum(block.size for block in layout.rows)


def _is_one(use: Use, number: int, layout: Layout) -> bool:
    """One number for all elements of the last axis has no order."""
    shape = use.shapes[number]
    return bool(layout.rows) and shape is not None and bool(shape) and shape[-1] == 1 and use.offers[number].is_before


def _turned(value: Any, layout: Layout) -> Any:
    array = np.asarray(value)
    array = array.reshape((1,) * (len(layout.axes) - array.ndim) + array.shape).transpose(layout.axes)
    return array if isinstance(value, np.ndarray) else array.tolist()


def _holds_ports(value: Any) -> bool:
    return any(isinstance(v, Port) or (isinstance(v, list | tuple) and _holds_ports(v)) for v in value)


def prelu(use: Use) -> Way | None:
    """A weight for each element, but those of `shared_axes`."""
    layout, alpha = use.first, use.layer.tensors.get("alpha")
    if layout.is_before or alpha is None or len(use.offers) != 1:
        return elementwise(use) if layout.is_before else None
    if layout.rows:
        return None if alpha.shape[-1] > 1 and len(layout.axes) != 2 else _with_rows(use, layout)
    shared = [layout.axes.index(a) for a in use.layer.config.get("shared_axes") or ()]
    new = alpha.transpose([a - 1 for a in layout.axes[1:]])
    layer = replace(
        use.layer, config={**use.layer.config, "shared_axes": sorted(shared) or None}, tensors={"alpha": new}
    )
    return Way(layer, (layout,), (layout,))


def _with_rows(use: Use, layout: Layout) -> Way:
    from kconvert.layout.rules.rows import moved_along

    alpha = use.layer.tensors["alpha"]
    if alpha.shape[-1] == 1:
        return same(use, layout)
    new = moved_along(alpha, len(alpha.shape) - 1, layout)
    return Way(replace(use.layer, tensors={"alpha": new}), (layout,), (layout,))
