"""What the layer maps say, as tables: each class of a dialect, what becomes of it and of its arguments and tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from kconvert.spec import Dialect
from kconvert.upgrade.map_format import Condition, Entry, Section, Weights
from kconvert.upgrade.maps import hop_maps
from kconvert.upgrade.rules import RULES

SECTIONS: dict[Section, str] = {
    "layers": "Layers",
    "activations": "Activations",
    "initializers": "Initializers",
    "regularizers": "Regularizers",
    "constraints": "Constraints",
    "optimizers": "Optimizers",
    "losses": "Losses",
}
FACTS = {
    "file.keras": "Keras",
    "file.backend": "the backend",
    "file.package": "the package",
    "weights.count": "the number of tensors",
}
NEARLY_ALL = 0.8


def hop(number: int) -> str:
    """The maps from one dialect to the next; of Keras 3, to today's."""
    maps = hop_maps(Dialect(number))
    common = _common([list(phrases(entry)) for entry in maps.sections["layers"].values()])
    lines = [f"Of every layer: {'; '.join(common)}.", ""] if common else []
    for section, title in SECTIONS.items():
        entries = maps.sections[section]
        if not entries:
            continue
        lines += [f"## {title}", "", "| was | is | what else |", "|---|---|---|"]
        lines += [_row(name, entry, common) for name, entry in sorted(entries.items())]
        lines.append("")
    used = {rule for entry in maps.sections["layers"].values() for rule in _rules(entry)}
    if used:
        lines += ["## Rules", "", "What a table cannot say: `kconvert/upgrade/rules/`.", "", "| rule | |", "|---|---|"]
        lines += [f"| `{name}` | {_cell(_purpose(name))} |" for name in sorted(used)]
    return "\n".join(lines)


def _common(said: list[list[str]]) -> list[str]:
    """What is said of nearly every layer, so that it need not be repeated."""
    counts = Counter(phrase for one in said for phrase in one)
    return [phrase for phrase, count in counts.items() if count > NEARLY_ALL * len(said)]


def _row(name: str, entry: Entry, common: list[str]) -> str:
    becomes = f"`{entry.becomes}`" if entry.becomes not in (None, name) else "the same"
    if entry.reject is not None:
        becomes = "refused"
    return f"| `{name}` | {becomes} | {_cell('<br>'.join(p for p in phrases(entry) if p not in common))} |"


def phrases(entry: Entry) -> Iterator[str]:
    """What an entry says besides the class, in words."""
    if entry.reject is not None:
        yield entry.reject.because
    for old, new in entry.rename.items():
        yield f"`{old}` → `{new}`"
    for new, olds in entry.pack.items():
        yield f"{', '.join(f'`{old}`' for old in olds)} → `{new}`"
    for argument, table in entry.values.items():
        yield f"`{argument}`: {', '.join(f'{old} → {new}' for old, new in table.items())}"
    for argument, value in entry.absent.items():
        yield f"`{argument}` is {_value(value)} where the file does not have it"
    for argument, value in entry.set.items():
        yield f"`{argument}` = {_value(value)}"
    for argument, drop in entry.drop.items():
        only = f", if it is {_value(drop.if_default)}" if drop.if_default is not None else ""
        yield f"`{argument}` goes{only}: {drop.because}"
    for weights in entry.weights or ():
        yield from _moves(weights)
    if entry.rule:
        yield f"rules {', '.join(f'`{rule}`' for rule in entry.rule)}"
    for case in entry.cases:
        becomes = f"`{case.becomes}`" if case.becomes else ""
        said = "; ".join(filter(None, [becomes, *phrases(case)]))
        yield f"where {condition(case.when)}: {said or 'nothing else'}"
    if entry.otherwise is not None:
        yield f"otherwise: {'; '.join(phrases(entry.otherwise))}"


def _moves(weights: Weights) -> Iterator[str]:
    for new, result in weights.result.items():
        steps = [
            f"{step.word} {_value(getattr(step, step.word))}" + (f" where {condition(step.when)}" if step.when else "")
            for step in result.then
        ]
        if steps or result.sources != (new,):
            yield f"tensor `{new}` is {', '.join(f'`{s}`' for s in result.sources)}{''.join(f', {s}' for s in steps)}"


def condition(when: Condition) -> str:
    """`when` in words."""
    return " and ".join(
        f"{FACTS.get(key, key.removeprefix('config.'))} is {_value(value)}" for key, value in when.items()
    )


def _value(value: Any) -> str:
    """A value, or the values that are meant alike."""
    return " or ".join(f"`{one}`" for one in value) if isinstance(value, list) and value else f"`{value}`"


def _rules(entry: Entry) -> Iterator[str]:
    yield from entry.rule
    for case in entry.cases:
        yield from _rules(case)
    if entry.otherwise is not None:
        yield from _rules(entry.otherwise)


def _purpose(rule: str) -> str:
    function = RULES[rule]
    module = __import__(function.__module__, fromlist=["_"]).__doc__ or ""
    return " ".join((function.__doc__ or module).split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
