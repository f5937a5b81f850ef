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


def counterparts(names: Collection[str], found: Collection[str], renamed: Mapping[str, str]) -> dict[str, str]:
    """Old name -> node of the converted model, for those that have one.

    Args:
        names: of the file's layers: `outer/inner`, `name#1` for a second call.
        found: the nodes of the converted model, named likewise.
        renamed: old -> new names where they differ, without numbers of calls.
    """
    known = set(found)
    new = {name: _new_name(name, known, renamed) for name in names}
    return {name: node for name, node in new.items() if node is not None}


def _new_name(name: str, known: Collection[str], renamed: Mapping[str, str]) -> str | None:
    parts = name.split("/")
    for candidate in (_translated(parts, renamed), name, "/".join(map(_legal, parts)), _legal(name)):
        for spelled in (candidate, _operation(candidate)):
            if spelled in known:
                return spelled
    return None


def _translated(parts: list[str], renamed: Mapping[str, str]) -> str:
    """Part by part, as the table names every renamed layer with its parents.

    A name in the file may itself contain `/`: then it is the longest known one that counts.
    """
    done: list[str] = []
    position = 0
    while position < len(parts):
        for end in range(len(parts), position, -1):
            old = "/".join(_without_number(p) for p in parts[:end])
            if old in renamed:
                number = parts[end - 1].partition("#")[2]
                new = renamed[old].split("/")[-1] + (f"#{number}" if number else "")
                done.append(new)
                position = end
                break
        else:
            done.append(parts[position])
            position += 1
    return "/".join(done)


def _without_number(part: str) -> str:
    return re.sub(r"#\d+$", "", part)


def _legal(part: str) -> str:
    """As today's Keras spells it, where nothing else is known."""
    return re.sub(r"[^A-Za-z0-9_.#-]", "_", part)


def _operation(name: str) -> str:
    """An operation has one node per call, each with a name of its own: `name_1` for the second call."""
    return re.sub(r"#(\d+)$", r"_\1", name)
