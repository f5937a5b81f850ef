"""SReLU: straight lines with the slopes a_left below t_left, 1 between, and a_right above r = t_left + |t_right|.

    f(x) = t_left + PReLU(x - t_left) + (a_right - 1) relu(x - r)

Theano limits the left line too, to w = |t_right|, which matters where a_left is negative:

    f(x) = r - relu(w - PReLU(x - t_left)) + a_right relu(x - r)

Sources: keras 1.2.2 layers/advanced_activations.py `SReLU.call`; `relu` of backend/theano_backend.py (T.minimum of the
whole) and backend/tensorflow_backend.py (the positive part is clipped).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kconvert.spec import Config
from kconvert.tensor import Array, Tensor
from kconvert.upgrade.conditions import known_backend
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step
from kconvert.upgrade.rules.elementwise import elementwise


def srelu(site: Site, fragment: Fragment) -> Fragment:
    """One layer becomes a small graph around a PReLU."""
    tensors, config = fragment.main.tensors, fragment.main.config
    t_left, a_left, t_right, a_right = (tensors[slot] for slot in ("t_left", "a_left", "t_right", "a_right"))
    shape = t_left.shape
    right = _sum_with_absolute(t_left.again(), t_right)
    is_limited = bool((a_left.read() < 0).any()) and known_backend(site.origin) == "theano"

    def layer(suffix: str, source: From = PREVIOUS, **weights: Tensor) -> tuple[Step, ...]:
        return elementwise(suffix, config, site, shape=shape, args=(source,), **weights)

    shared = [axis for axis, size in enumerate(shape, 1) if size == 1]
    left = layer("left", INPUT, shift=_negative(t_left))
    main = Step("PReLU", {**config, "shared_axes": shared or None}, "prelu", tensors={"alpha": a_left})
    slope = a_right if is_limited else a_right.apply("minus one", lambda a: a - 1)
    above = [
        *layer("right", INPUT, shift=_negative(right)),
        Step("Activation", {"activation": "relu", **_dtype(config)}, "above"),
        *layer("slope", scale=slope),
    ]
    if is_limited:
        minus = Tensor.constant("minus ones", np.full(shape, -1, np.float32))
        below = [
            *layer("below", From("prelu"), scale=minus, shift=t_right.again().apply("absolute", np.abs)),
            Step("Activation", {"activation": "relu", **_dtype(config)}, "limit"),
            *layer("base", scale=minus, shift=right.again()),
        ]
    else:
        below = [*layer("base", From("prelu"), shift=t_left.again())]
    total = Step("Add", _dtype(config), "sum", ([From("base"), From("slope")],))
    return replace(fragment, main=main, before=left, after=(*above, *below, total))


def _sum_with_absolute(left: Tensor, right: Tensor) -> Tensor:
    def added(arrays: list[Array]) -> Array:
        total: Array = arrays[0] + np.abs(arrays[1])
        return total

    return Tensor.join("t_left + |t_right|", [left, right], left.shape, added)


def _negative(tensor: Tensor) -> Tensor:
    return tensor.apply("negative", np.negative)


def _dtype(config: Config) -> dict[str, Any]:
    return {"dtype": config["dtype"]} if "dtype" in config else {}
