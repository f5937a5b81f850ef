"""The axes that a constraint of a `th` kernel names, where the kernel's axes have a new order.

Source: keras 1.2.2 constraints.py (`[1, 2, 3]` of filters, channels, rows, columns is a whole filter).
"""

from __future__ import annotations

from typing import Any

from kconvert.upgrade.fragment import Fragment, Site


def constraint_axes(site: Site, fragment: Fragment) -> Fragment:
    """Convolution2D and 3D."""
    constraint = fragment.main.config.get("kernel_constraint")
    if site.old.config.get("dim_ordering") != "th" or not constraint or "axis" not in constraint["config"]:
        return fragment
    rank = len(fragment.main.tensors["kernel"].shape)
    moved = {0: rank - 1, 1: rank - 2, **{axis: axis - 2 for axis in range(2, rank)}}
    axis: Any = constraint["config"]["axis"]
    new = moved[axis % rank] if isinstance(axis, int) else sorted(moved[a % rank] for a in axis)
    return fragment.with_config(kernel_constraint={**constraint, "config": {**constraint["config"], "axis": new}})
