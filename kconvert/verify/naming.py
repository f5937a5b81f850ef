"""Which node of the converted model stands for which layer of the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence


def same_names(names: Sequence[str], found: Sequence[str]) -> list[int]:
    """For each of `names` its place in `found`: by name where both have the same ones, each once, or else its own."""
    legal = [_legal(name) for name in names]
    places = {name: n for n, name in enumerate(found)}
    if len(set(legal)) == len(found) and set(legal) == set(found):
        return [places[name] for name in legal]
    return list(range(len(names)))


def counterparts(
    names: Collection[str], found: Collection[str], renamed: Mapping[str, str], paths: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Old name -> node of the converted model, for those that have one.

    Args:
        names: of calls of the file's layers: `outer/inner`, `name#1` for a second call.
        found: the nodes of the converted model, named likewise.
        renamed: old -> new names where they differ, with their parents, without numbers of calls.
        paths: name of a layer with its parents -> these one by one, as a name may itself contain `/`.
    """
    known = set(found)
    new = {name: _new_name(name, known, renamed, paths) for name in names}
    return {name: node for name, node in new.items() if node is not None}


def uncounted(name: str) -> str:
    """The layer that a call is of."""
    return re.sub(r"#\d+(?=/|$)", "", name)


def _new_name(
    name: str, known: Collection[str], renamed: Mapping[str, str], paths: Mapping[str, Sequence[str]]
) -> str | None:
    path = list(paths.get(uncounted(name), name.split("/")))
    numbered = re.fullmatch("/".join(rf"{re.escape(part)}(#\d+)?" for part in path), name)
    numbers = [number or "" for number in numbered.groups()] if numbered else [""] * len(path)
    told = [renamed.get("/".join(path[: n + 1]), "").rpartition("/")[2] for n in range(len(path))]
    legal = [new or _legal(part) for new, part in zip(told, path, strict=True)]
    for parts in (legal, path):
        candidate = "/".join(part + number for part, number in zip(parts, numbers, strict=True))
        for spelled in (candidate, _operation(candidate)):
            if spelled in known:
                return spelled
    return None


def _legal(part: str) -> str:
    """As today's Keras spells it, where nothing else is known."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", part)


def _operation(name: str) -> str:
    """An operation has one node per call, each with a name of its own: `name_1` for the second call."""
    return re.sub(r"#(\d+)$", r"_\1", name)
