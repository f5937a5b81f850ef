"""Reshape: axes that are joined or split among themselves keep their places; what mixes others needs the old order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kconvert.axes import Block, in_blocks, turned
from kconvert.layout.ways import Use, Way


def reshape(use: Use) -> Way | None:
    """Groups of old axes and the groups of new axes that they become."""
    layout, shape = use.first, use.shape
    if not layout.is_turned or shape is None or None in shape[1:]:
        return None
    old = [int(n or 0) for n in shape[1:]]
    target = _complete(list(use.layer.config["target_shape"]), old)
    if target is None:
        return None
    order = [a - 1 for a in layout.axes[1:]]
    if len(target) == 1:
        return Way(use.layer, (layout,), (in_blocks(2, [Block(tuple(old), tuple(order))]),))
    groups = _groups(old, target)
    starts = {sources[0]: (sources, results) for sources, results in groups or () if sources}
    if groups is None or sum(len(s) for s, _ in starts.values()) != len(old):
        return None
    axes: list[int] = []
    place = 0
    while place < len(order):
        found = starts.get(order[place])
        if found is None or order[place : place + len(found[0])] != found[0]:
            return None
        place += len(found[0])
        axes += found[1]
    if len(axes) != len(target):
        return None
    layer = replace(use.layer, config={**use.layer.config, "target_shape": [target[a] for a in axes]})
    return Way(layer, (layout,), (turned([0, *(a + 1 for a in axes)]),))


def _complete(target: list[int], old: Sequence[int]) -> list[int] | None:
    whole = rest = 1
    for n in old:
        whole *= n
    for n in target:
        rest *= n if n is not None and n != -1 else 1
    if -1 in target and rest:
        target[target.index(-1)] = whole // rest
    product = 1
    for n in target:
        if n is None or n < 0:
            return None
        product *= n
    return target if product == whole and whole else None


def _groups(old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]] | None:
    """The smallest runs of axes with the same number of elements; row by row, they hold the same ones."""
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        sources, results, a, b = [i], [j], old[i], new[j]
        i, j = i + 1, j + 1
        while a != b:
            if a < b and i < len(old):
                a, i = a * old[i], i + 1
                sources.append(i - 1)
            elif b < a and j < len(new):
                b, j = b * new[j], j + 1
                results.append(j - 1)
            else:
                return None
        groups.append((sources, results))
    if groups:
        groups[-1][0].extend(range(i, len(old)))
        groups[-1][1].extend(range(j, len(new)))
    return groups
