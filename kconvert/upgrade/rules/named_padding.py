"""ZeroPadding1D and ZeroPadding2D of Keras 1: two numbers, four, or a dict that names the sides.

Source: keras 1.2.2 layers/convolutional.py `ZeroPadding1D`, `ZeroPadding2D`.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, Site
from kconvert.upgrade.shapes.windows import border_pairs


def named_padding(site: Site, fragment: Fragment) -> Fragment:
    """`padding` as Keras 2 writes it: a pair for each axis."""
    axes = 1 if site.old.class_name.endswith("1D") else 2
    try:
        pairs = border_pairs(site.old.config["padding"], axes)
    except ValueError as error:
        raise Rejected(f"padding={error}", argument="padding") from None
    return fragment.with_config(padding=pairs[0] if axes == 1 else pairs)
