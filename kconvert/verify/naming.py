"""Which node of the converted model stands for which layer of the file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence


def same_names(names: Sequence[str], found: Sequence[str]) -> list[int]:
    """For each of `names` its place in `found`: by name where both have the same ones, each once, or else its own."""
    legal = [_legal(name) for name in names]
    places = {name: n for n, name in enumerate(found)}
    if len(set(legal)) == len(found) and set(legal) == set(found):
        return [places[name] for name in legal]
    return list(range(len(names)))


Path = tuple[str, ...]
Counts = tuple[int, ...]


def counterparts(
    names: Collection[str], found: Collection[str], renamed: Mapping[str, str], paths: Mapping[str, Path]
) -> dict[str, str]:
    """Old name -> node of the converted model, for those that have one.

    Calls that lead to no output are not in a converted model: the first that does is `name` there, the next `name#1`.

    Args:
        names: of all calls of the file's layers that lead to outputs: `outer/inner`, `name#1` for a second call.
        found: the nodes of the converted model, named likewise.
        renamed: old -> new names where they differ, with their parents, without numbers of calls.
        paths: name of a layer with its parents -> these one by one, as a name may itself contain `/`.
    """
    known = set(found)
    parsed = {name: _parsed(name, paths) for name in names}
    seen: dict[tuple[Path, Counts], set[int]] = defaultdict(set)
    for path, counts in parsed.values():
        for n in range(len(path)):
            seen[path[: n + 1], counts[:n]].add(counts[n])
    new = {}
    for name, (path, counts) in parsed.items():
        ranks = tuple(sorted(seen[path[: n + 1], counts[:n]]).index(counts[n]) for n in range(len(path)))
        new[name] = _new_name(path, ranks, known, renamed)
    return {name: node for name, node in new.items() if node is not None}


def uncounted(name: str) -> str:
    """The layer that a call is of."""
    return re.sub(r"#\d+(?=/|$)", "", name)


def _parsed(name: str, paths: Mapping[str, Path]) -> tuple[Path, Counts]:
    """A layer with its parents, and which call of each of them it is."""
    path = paths.get(uncounted(name), tuple(uncounted(name).split("/")))
    numbered = re.fullmatch("/".join(rf"{re.escape(part)}(?:#(\d+))?" for part in path), name)
    return path, tuple(int(n or 0) for n in numbered.groups()) if numbered else (0,) * len(path)


def _new_name(path: Path, ranks: Counts, known: Collection[str], renamed: Mapping[str, str]) -> str | None:
    told = [renamed.get("/".join(path[: n + 1]), "").rpartition("/")[2] for n in range(len(path))]
    legal = [new or _legal(part) for new, part in zip(told, path, strict=True)]
    for parts in (legal, path):
        candidate = "/".join(f"{part}#{rank}" if rank else part for part, rank in zip(parts, ranks, strict=True))
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
