"""LRN2D of Keras 0.2: x / (k + alpha * sum of x^2 over the n channels around)^beta.

Source: keras 0.2.0 layers/normalization.py `LRN2D.get_output`.
"""

from __future__ import annotations

from typing import Any

from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step, copies

WHOLE = {"slice": [None, None, None]}


def local_response_normalization(site: Site, fragment: Fragment) -> Fragment:
    """The squares, shifted by one channel after another, and added up."""
    config = site.old.config
    n = copies(config["n"], "n")
    half = n // 2
    widths = [[0, 0], [half, half], [0, 0], [0, 0]]
    steps = [
        Step("ops.square", {}, "squares", (INPUT,)),
        Step("ops.pad", {"pad_width": widths, "mode": "constant", "constant_values": 0.0}, "padded"),
    ]
    total: Any = None
    for i in range(n):
        key = [WHOLE, {"slice": [i, i - 2 * half or None, None]}]
        steps.append(Step("ops.getitem", {"key": key}, f"shifted_{i}", (From("padded"),)))
        if total is not None:
            steps.append(Step("ops.add", {}, f"sum_{i}", (total, PREVIOUS)))
        total = From(steps[-1].suffix)
    steps += [
        Step("ops.multiply", {}, "weighted", (total, float(config["alpha"]))),
        Step("ops.add", {}, "shifted", (PREVIOUS, float(config["k"]))),
        Step("ops.power", {}, "scale", (PREVIOUS, float(config["beta"]))),
    ]
    return Fragment(Step("ops.divide", {}, args=(INPUT, PREVIOUS)), tuple(steps))
