"""Highway: x + t (h - x) with h = activation(x W + b) and t = sigmoid(x W_carry + b_carry).

Source: keras 2.2.4 legacy/layers.py `Highway.call`: act * t + (1 - t) * x.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step


def highway(site: Site, fragment: Fragment) -> Fragment:
    """One layer becomes five."""
    config, tensors = fragment.main.config, fragment.main.tensors
    own = {k: config[k] for k in ("trainable", "dtype") if k in config}
    units = tensors["W"].shape[1]

    def dense(suffix: str, activation: str, kernel: str, bias: str) -> Step:
        slots: dict[str, Tensor] = {"kernel": tensors[kernel]}
        if bias in tensors:
            slots["bias"] = tensors[bias]
        settings = {"units": units, "activation": activation, "use_bias": bias in tensors, **own}
        return Step("Dense", settings, suffix, (INPUT,), tensors=slots)

    main = replace(dense("transform", config["activation"], "W", "b"), args=(PREVIOUS,))
    merge = {k: v for k, v in own.items() if k == "dtype"}
    after = (
        dense("gate", "sigmoid", "W_carry", "b_carry"),
        Step("Subtract", merge, "difference", ([From("transform"), INPUT],)),
        Step("Multiply", merge, "carried", ([From("gate"), From("difference")],)),
        Step("Add", merge, "sum", ([INPUT, PREVIOUS],)),
    )
    return replace(fragment, main=main, after=after)
