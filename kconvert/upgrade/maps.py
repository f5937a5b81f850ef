"""Reads the layer maps of one hop and answers: what becomes of this class?"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from kconvert.errors import MapError
from kconvert.map_files import StrictLoader, map_folder
from kconvert.spec import Dialect
from kconvert.upgrade.map_format import SECTIONS, Case, CustomEntry, Entry, MapFile, Section

EVERY_LAYER = "every_layer"


@dataclass(frozen=True)
class HopMaps:
    """All entries of one hop, `use` resolved: section -> class name -> Entry."""

    old: Dialect
    new: Dialect
    sections: Mapping[Section, Mapping[str, Entry]]

    def find(self, section: Section, name: str) -> Entry | None:
        """The entry for a class or function of the old dialect; one of the user's, whatever package is in front of it."""
        found = self.sections[section].get(name)
        if found is None and ">" in name:
            found = self.sections[section].get(name.rpartition(">")[2])
            return found if isinstance(found, CustomEntry) else None
        return found


@functools.cache
def hop_maps(old: Dialect, user_maps: tuple[Path, ...] = ()) -> HopMaps:
    """The maps that lead from `old` to the next dialect, the user's own first; from keras3 to keras3 of today.

    Raises:
        MapError: a file is malformed, says something twice, or replaces a built-in without `override: true`.
    """
    new = Dialect(old + 1) if old < Dialect.keras3 else old
    built_in = [(p, load_map(p)) for p in sorted(map_folder(old).glob("*.yaml"))]
    for path, form in built_in:
        if (form.old, form.new) != (old.name, new.name):
            raise MapError(f"{path}: is a map {form.old} -> {form.new}, not {old.name} -> {new.name}")
    own = [(p, f) for p, f in ((p, load_map(p)) for p in user_maps) if f.old == old.name]
    shared = _shared(built_in + own)
    sections: dict[Section, dict[str, Entry]] = {s: {} for s in SECTIONS}
    for path, form, is_user in [(*b, False) for b in built_in] + [(*u, True) for u in own]:
        for section in SECTIONS:
            for name, entry in getattr(form, section).items():
                if name in sections[section] and not (is_user and entry.override):
                    hint = "; a map that replaces a built-in entry says `override: true`" if is_user else ""
                    raise MapError(f"{path}: {section}.{name} is there already{hint}")
                used = (EVERY_LAYER, *entry.use) if section == "layers" and EVERY_LAYER in shared else entry.use
                sections[section][name] = _resolved(entry, used, shared, f"{path}: {section}.{name}")
    return HopMaps(old, new, sections)


def load_map(path: Path) -> MapFile:
    """One map file, validated.

    Raises:
        MapError: not YAML, a key twice, an unknown word, or a value of the wrong form; the message names all of them.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
        return MapFile.model_validate(data)
    except (yaml.YAMLError, RecursionError) as error:
        raise MapError(f"{path}: {error}") from None
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise MapError("\n".join(lines)) from None


def _shared(forms: Iterable[tuple[Path, MapFile]]) -> dict[str, Entry]:
    shared: dict[str, Entry] = {}
    for path, form in forms:
        for name, entry in form.shared.items():
            if name in shared:
                raise MapError(f"{path}: shared.{name} is there already")
            shared[name] = entry
    return shared


def _resolved(entry: Entry, used: Iterable[str], shared: Mapping[str, Entry], where: str) -> Entry:
    result = Entry()
    for name in used:
        if name not in shared:
            raise MapError(f"{where}: `use` names {name!r}, which no file shares")
        result = merged(result, _resolved(shared[name], shared[name].use, shared, f"{where}: shared.{name}"))
    return merged(result, entry)


def merged(below: Entry, above: Entry) -> Entry:
    """`above` on top of `below`: what `above` says of an argument replaces what `below` says of it."""
    known = above.known_arguments
    fields: dict[str, Any] = {
        "keep": (*(a for a in below.keep if a not in known), *above.keep),
        "rename": {**{a: b for a, b in below.rename.items() if a not in known}, **above.rename},
        "pack": {**{n: olds for n, olds in below.pack.items() if not known.intersection(olds)}, **above.pack},
        "drop": {**{a: d for a, d in below.drop.items() if a not in known}, **above.drop},
        "values": {**below.values, **above.values},
        "set": {**below.set, **above.set},
        "absent": {**below.absent, **above.absent},
        "inside": {**below.inside, **above.inside},
        "rule": tuple(dict.fromkeys((*below.rule, *above.rule))),
        "cases": (*below.cases, *above.cases),
    }
    for word in ("becomes", "weights", "remembers", "reject", "otherwise"):
        said = getattr(above, word)
        fields[word] = getattr(below, word) if said is None else said
    return Entry.model_construct(**fields, use=(), override=above.override)


def with_case(entry: Entry, case: Case | Entry | None) -> Entry:
    """The entry with the words of the case that holds (or of `otherwise`) on top."""
    plain = entry.model_copy(update={"cases": (), "otherwise": None})
    return plain if case is None else merged(plain, case)
