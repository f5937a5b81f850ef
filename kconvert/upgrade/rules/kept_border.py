"""`ignore_border=False` of Keras 0.2's max pooling: windows that reach over the end count too.

Source: keras 0.2.0 layers/convolutional.py; theano 0.8.2 tensor/signal/pool.py `Pool.out_shape`: ceil(n / stride) windows where the
stride is at least the pool, else ceil((n - pool) / stride) + 1.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.shapes.windows import per_axis


def kept_border(site: Site, fragment: Fragment) -> Fragment:
    """Minus infinity at the end, as far as a window can reach."""
    config = site.old.config
    if config.get("ignore_border", True):
        return fragment
    axes = 1 if site.old.class_name.endswith("1D") else 2
    pool = per_axis(config["pool_length" if axes == 1 else "pool_size"], axes)
    stride = per_axis(config.get("stride") or pool if axes > 1 else config.get("stride") or pool[0], axes)
    ends = [[0, min(p, s) - 1] for p, s in zip(pool, stride, strict=True)]
    widths = [[0, 0], *ends, [0, 0]] if axes == 1 else [[0, 0], [0, 0], *ends]  # 0.2 has channels first
    pad = Step("ops.pad", {"pad_width": widths, "mode": "constant", "constant_values": float("-inf")}, "border")
    return replace(fragment, before=(*fragment.before, pad))
