"""`dot_axes` of Merge: one axis, one of each input, or (Keras 0.x) a list of one for each.

Sources: keras 1.0.8 and 1.2.2 engine/topology.py `Merge._arguments_validation`; keras 0.3.3 layers/core.py `Merge`.
"""

from __future__ import annotations

from typing import Any

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, Site


def dot_axes(site: Site, fragment: Fragment) -> Fragment:
    """Dot's `axes`: an int, or one int for each of the two inputs."""
    axes: Any = site.old.config.get("dot_axes", -1)
    if isinstance(axes, int):
        return fragment.with_config(axes=axes)
    pair = [a[0] if isinstance(a, list | tuple) and len(a) == 1 else a for a in axes]
    if len(pair) != 2 or not all(isinstance(a, int) for a in pair):
        raise Rejected(f"dot_axes={axes!r}: today's Dot sums over one axis of each input", argument="dot_axes")
    return fragment.with_config(axes=pair)
