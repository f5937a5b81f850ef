"""Is a user's layer map right? `kconvert maps check`: what reading it finds, and what would be found at the first model alone."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kconvert.errors import MapError
from kconvert.migrate.names import public_names
from kconvert.spec import Dialect
from kconvert.upgrade.map_format import SECTIONS, Entry, Section
from kconvert.upgrade.maps import HopMaps, hop_maps, load_map
from kconvert.upgrade.rules import RULES
from kconvert.upgrade.slots import NAMED_FUNCTIONS
from kconvert.upgrade.training.optimizer_rules import RULES as OPTIMIZER_RULES

WHOLE = ("Functional", "Sequential")  # models as layers: Keras has the first under no public name


@dataclass(frozen=True, slots=True)
class Checked:
    """A map that can be used.

    Attributes:
        hop: `keras2 -> keras3`.
        entries: section -> how many classes or functions it says something of.
        remarks: what may be meant, or a slip.
    """

    path: str
    hop: str
    entries: dict[str, int]
    remarks: tuple[str, ...]


def checked(path: Path) -> Checked:
    """Reads it as a conversion would, and looks up every name that it uses.

    Raises:
        MapError: all that is wrong, a line each.
    """
    try:
        form = load_map(path)
    except OSError as error:
        raise MapError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise MapError(f"{path}: {error}") from None
    hop = hop_maps(Dialect[form.old], (path,))
    own = [(s, n, hop.sections[s][n]) for s in SECTIONS for n in getattr(form, s)]
    wrong = [f"{path}: {s}.{n}: {text}" for s, n, entry in own for text in mistakes(s, entry)]
    if wrong:
        raise MapError("\n".join(wrong))
    remarks = [f"{s}.{n}: {text}" for s, n, entry in own for text in _remarks(s, entry, hop)]
    entries = {str(s): len(getattr(form, s)) for s in SECTIONS if getattr(form, s)}
    return Checked(str(path), f"{form.old} -> {form.new}", entries, tuple(remarks))


def mistakes(section: Section, entry: Entry) -> Iterator[str]:
    """Names in an entry that are of nothing."""
    rules = OPTIMIZER_RULES if section == "optimizers" else RULES
    for form in _forms(entry):
        yield from (f"rule: {_none(name, rules)}" for name in form.rule if name not in rules)
        for weights in form.weights or ():
            slots = [slot.name for slot in weights.slots]
            taken = [source for result in weights.result.values() for source in result.sources]
            for word, names in (("state", weights.state), ("result", taken)):
                yield from (f"weights.{word}: {_none(n, slots)}" for n in dict.fromkeys(names) if n not in slots)
            functions = [step.apply for result in weights.result.values() for step in result.then if step.apply]
            yield from (f"weights.apply: {_none(n, NAMED_FUNCTIONS)}" for n in functions if n not in NAMED_FUNCTIONS)
    known = {name for form in _forms(entry) for name in form.known_arguments}
    for word in ("values", "inside", "absent"):
        said = {name for form in _forms(entry) for name in getattr(form, word)}
        yield from (f"{word}: {name} is not kept, renamed, packed or dropped" for name in sorted(said - known))


def _remarks(section: Section, entry: Entry, hop: HopMaps) -> Iterator[str]:
    known = hop_maps(hop.new).sections[section]
    for form in _forms(entry):
        if (
            form.becomes
            and form.becomes not in known
            and not (hop.new == Dialect.keras3 and _is_of_today(section, form.becomes))
        ):
            yield f"becomes {form.becomes}: no {section[:-1]} of {hop.new.name} that kconvert knows; of your own (--custom), or a slip"


def _is_of_today(section: Section, name: str) -> bool:
    return (
        name in WHOLE
        or name.startswith("ops.")
        or not {f"keras.{name}", f"keras.{section}.{name}"}.isdisjoint(public_names())
    )


def _forms(entry: Entry) -> Iterable[Entry]:
    return (entry, *entry.cases, *([entry.otherwise] if entry.otherwise else []))


def _none(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f"{name} is none" + (f"; similar: {', '.join(close)}" if close else "")
