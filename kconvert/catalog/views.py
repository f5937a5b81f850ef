"""What the layer maps say, for a reader: `kconvert maps list` and `kconvert maps show`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kconvert.errors import UsageError
from kconvert.map_files import layer_maps_folder, map_folder
from kconvert.spec import Dialect
from kconvert.upgrade.map_format import SECTIONS, Entry, Section
from kconvert.upgrade.maps import HopMaps, hop_maps, load_map

WIDTH = 110


@dataclass(frozen=True, slots=True)
class Listed:
    """One class or named function, and what becomes of it in short.

    Attributes:
        hop: `keras1 -> keras2`.
        becomes: its new names where it has other ones, separated by commas; `refused: ` and why where it has none.
    """

    hop: str
    section: str
    name: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One class in one hop: all words that apply to it, those that it shares with others included.

    Attributes:
        file: the map that it stands in, from the folder of the maps on, or the user's.
        entry: the words of `layer_maps/README.md`.
    """

    hop: str
    section: str
    name: str
    file: str
    entry: dict[str, Any]

    @property
    def text(self) -> str:
        """As YAML, under a comment that says where it stands."""
        body = {self.section: {self.name: self.entry}}
        written = yaml.safe_dump(body, sort_keys=False, width=WIDTH, default_flow_style=None, allow_unicode=True)
        return f"# {self.hop}: {self.file}\n{written}"


def listed(maps: Sequence[Path] = ()) -> list[Listed]:
    """Everything that the maps know, hop by hop; the user's maps included.

    Raises:
        MapError: one of the user's is malformed.
    """
    hops = [hop_maps(dialect, tuple(maps)) for dialect in Dialect]
    return [
        Listed(_words(hop), section, name, _in_short(name, entry))
        for hop in hops
        for section in SECTIONS
        for name, entry in sorted(hop.sections[section].items())
    ]


def shown(name: str, maps: Sequence[Path] = ()) -> list[Shown]:
    """What becomes of a class or named function: in every dialect that has one of this name, and of what it becomes, to the end.

    Raises:
        UsageError: no map has it; the message names similar ones.
        MapError: one of the user's maps is malformed.
    """
    own = tuple(maps)
    wanted = [(d, s, name) for d in Dialect for s in SECTIONS if name in hop_maps(d, own).sections[s]]
    if not wanted:
        raise UsageError(f"{name}: no map knows it{_similar(name, own)}; kconvert maps list says what they know")
    found: dict[tuple[Dialect, Section, str], Shown] = {}
    while wanted:
        dialect, section, one = wanted.pop(0)
        hop = hop_maps(dialect, own)
        entry = hop.sections[section].get(one)
        if entry is None or (dialect, section, one) in found:
            continue
        file = _file_of(dialect, section, one, own)
        found[dialect, section, one] = Shown(_words(hop), section, one, file, _plain(entry))
        if dialect < Dialect.keras3:
            wanted += [(hop.new, section, new) for new in _new_names(one, entry)]
    return [found[key] for key in sorted(found, key=lambda k: (k[0], SECTIONS.index(k[1])))]


def _words(hop: HopMaps) -> str:
    return f"{hop.old.name} -> {hop.new.name}"


def _in_short(name: str, entry: Entry) -> str:
    if entry.reject is not None:
        return f"refused: {entry.reject.because}"
    names = _new_names(name, entry)
    return "" if names == [name] else ", ".join(names)


def _new_names(name: str, entry: Entry) -> list[str]:
    forms = [entry, *entry.cases, *([entry.otherwise] if entry.otherwise else [])]
    said = [form.becomes for form in forms if form.becomes]
    return list(
        dict.fromkeys(said if entry.becomes or (entry.otherwise and entry.otherwise.becomes) else [name, *said])
    )


def _plain(entry: Entry) -> dict[str, Any]:
    words: dict[str, Any] = entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    words.pop("use", None)
    short: dict[str, Any] = _shortened(words)
    return short


def _shortened(value: Any) -> Any:
    """Forms that say nothing but their one word are written as that: `{because: x}`, `{name: kernel}`, `{from: W}`."""
    if isinstance(value, list):
        return [_shortened(v) for v in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (word := next(iter(value))) in ("because", "name", "from"):
        return _shortened(value[word])
    return {k: _shortened(v) for k, v in value.items()}


def _file_of(dialect: Dialect, section: Section, name: str, own: Sequence[Path]) -> str:
    for path in own:
        form = load_map(path)
        if form.old == dialect.name and name in getattr(form, section):
            return str(path)
    folder = layer_maps_folder().parent
    return next(str(p.relative_to(folder)) for p in _holding(dialect, section, name))


def _holding(dialect: Dialect, section: Section, name: str) -> Iterator[Path]:
    for path in sorted(map_folder(dialect).glob("*.yaml")):
        if name in getattr(load_map(path), section):
            yield path


def _similar(name: str, own: tuple[Path, ...]) -> str:
    known = {n: n.lower() for d in Dialect for section in hop_maps(d, own).sections.values() for n in section}
    close = set(difflib.get_close_matches(name.lower(), known.values(), n=3, cutoff=0.75))
    names = sorted(n for n, lower in known.items() if lower in close)
    return f"; similar: {', '.join(names)}" if names else ""
