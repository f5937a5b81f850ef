"""ZeroPadding1D and ZeroPadding2D of Keras 1: two numbers, four, or a dict that names the sides.

Source: keras 1.2.2 layers/convolutional.py `ZeroPadding1D`, `ZeroPadding2D`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, Site

SIDES = {1: ("left_pad", "right_pad"), 2: ("top_pad", "bottom_pad", "left_pad", "right_pad")}


def named_padding(site: Site, fragment: Fragment) -> Fragment:
    """`padding` as Keras 2 writes it: a pair for each axis."""
    padding: Any = site.old.config["padding"]
    axes = 1 if site.old.class_name.endswith("1D") else 2
    if isinstance(padding, Mapping):
        if not padding.keys() <= set(SIDES[axes]):
            raise Rejected(f"padding={dict(padding)!r}: {', '.join(SIDES[axes])} are the sides", argument="padding")
        widths = [int(padding.get(side, 0)) for side in SIDES[axes]]
    elif isinstance(padding, int):
        widths = [padding] * (2 * axes)
    else:
        widths = [int(n) for n in padding]
        if len(widths) == axes:  # one number per axis
            widths = [n for n in widths for _ in range(2)]
    if len(widths) != 2 * axes:
        raise Rejected(f"padding={padding!r} is not a form that Keras had", argument="padding")
    pairs = [widths[i : i + 2] for i in range(0, len(widths), 2)]
    return fragment.with_config(padding=pairs[0] if axes == 1 else pairs)
