"""The form of a layer map file: the closed vocabulary of `layer_maps/README.md` as validated, typed values."""

from __future__ import annotations

from typing import Any, Literal, get_args

from packaging.specifiers import SpecifierSet
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Section = Literal[
    "layers",
    "initializers",
    "regularizers",
    "constraints",
    "activations",
    "optimizers",
    "schedules",
    "losses",
    "metrics",
]
SECTIONS: tuple[Section, ...] = get_args(Section)
Condition = dict[str, Any]
FILE_FACTS = ("file.keras", "file.backend", "file.package")


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _checked_condition(when: Condition) -> Condition:
    for key, wanted in when.items():
        if key == "file.keras":
            SpecifierSet(wanted)  # raises InvalidSpecifier, a ValueError
        elif not (key in FILE_FACTS or key == "weights.count" or key.startswith("config.")):
            raise ValueError(
                f"unknown condition {key!r}: say config.<argument>, {', '.join(FILE_FACTS)} or weights.count"
            )
    return when


class Operation(_Form):
    """One step on a tensor: exactly one of the operation words, and possibly `when`."""

    transpose: tuple[int, ...] | None = None
    flip: tuple[int, ...] | None = None
    concat: int | None = None
    reshape: tuple[int, ...] | None = None
    scale: float | None = None
    take: tuple[int, int, int] | None = Field(default=None, description="[start, stop, axis]")
    apply: str | None = None
    when: Condition = Field(default_factory=dict)

    _conditions = field_validator("when")(_checked_condition)

    @property
    def word(self) -> str:
        """The operation's own word."""
        return next(w for w in OPERATIONS if getattr(self, w) is not None)

    @model_validator(mode="after")
    def _exactly_one(self) -> Operation:
        if sum(getattr(self, w) is not None for w in OPERATIONS) != 1:
            raise ValueError(f"an operation is exactly one of {', '.join(OPERATIONS)}")
        return self


OPERATIONS = ("transpose", "flip", "concat", "reshape", "scale", "take", "apply")


class Result(_Form):
    """Where a new slot's tensor comes from and what is done to it."""

    source: str | tuple[str, ...] = Field(alias="from")
    then: tuple[Operation, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The slots it is made of."""
        return (self.source,) if isinstance(self.source, str) else self.source


class Slot(_Form):
    """One stored tensor of a layer; it is there where `when` holds."""

    name: str
    when: Condition = Field(default_factory=dict)

    _conditions = field_validator("when")(_checked_condition)


class Weights(_Form):
    """The tensors of a layer: `slots` in the framework's order, `state` those it does not train, `parts` whose they are."""

    slots: tuple[Slot, ...] = ()
    state: tuple[str, ...] = ()
    parts: dict[str, str] = Field(default_factory=dict)
    result: dict[str, Result] = Field(default_factory=dict)
    when: Condition = Field(default_factory=dict)

    _conditions = field_validator("when")(_checked_condition)

    @field_validator("slots", mode="before")
    @classmethod
    def _short_slots(cls, slots: Any) -> Any:
        return [_short_slot(s) for s in slots] if isinstance(slots, list) else slots

    @field_validator("result", mode="before")
    @classmethod
    def _short_results(cls, result: Any) -> Any:
        if not isinstance(result, dict):
            return result
        return {k: {"from": v} if isinstance(v, str | list) else v for k, v in result.items()}


def _short_slot(slot: Any) -> Any:
    if isinstance(slot, str):
        return {"name": slot}
    if isinstance(slot, dict) and len(slot) == 1 and "name" not in slot:
        ((name, when),) = slot.items()
        return {"name": name, "when": when}
    return slot


class StateSlot(_Form):
    """What an optimizer keeps for each weight; it is there where its argument `where` is true."""

    name: str
    where: str | None = None


def _short_state_slot(slot: Any) -> Any:
    if isinstance(slot, str):
        return {"name": slot}
    if isinstance(slot, dict) and len(slot) == 1 and "name" not in slot:
        ((name, argument),) = slot.items()
        return {"name": name, "where": argument}
    return slot


class Drop(_Form):
    """Why an argument goes; with `if_default` only these values may go, any other is refused."""

    because: str
    if_default: list[Any] | None = None


class Reject(_Form):
    """Why a layer cannot be converted exactly."""

    because: str
    option: str = ""


class Entry(_Form):
    """What becomes of one class (or named function) and its arguments."""

    becomes: str | None = None
    use: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    rename: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, Any]] = Field(default_factory=dict)
    pack: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)
    absent: dict[str, Any] = Field(default_factory=dict)
    drop: dict[str, Drop] = Field(default_factory=dict)
    inside: dict[str, Section] = Field(default_factory=dict)
    weights: tuple[Weights, ...] | None = None
    rule: tuple[str, ...] = ()
    remembers: tuple[tuple[StateSlot, ...], ...] | None = None
    reject: Reject | None = None
    cases: tuple[Case, ...] = ()
    otherwise: Entry | None = None
    override: bool = False

    @field_validator("rule", "use", mode="before")
    @classmethod
    def _one_or_several(cls, names: Any) -> Any:
        return (names,) if isinstance(names, str) else names

    @field_validator("remembers", mode="before")
    @classmethod
    def _short_groups(cls, groups: Any) -> Any:
        if not isinstance(groups, list):
            return groups
        return [[_short_state_slot(s) for s in (group if isinstance(group, list) else [group])] for group in groups]

    @field_validator("weights", mode="before")
    @classmethod
    def _one_form(cls, weights: Any) -> Any:
        return [weights] if isinstance(weights, dict) else weights

    @field_validator("drop", mode="before")
    @classmethod
    def _short_drops(cls, drop: Any) -> Any:
        return (
            {k: {"because": v} if isinstance(v, str) else v for k, v in drop.items()}
            if isinstance(drop, dict)
            else drop
        )

    @field_validator("values", mode="before")
    @classmethod
    def _value_keys(cls, values: Any) -> Any:
        """YAML reads `true:` and `1:` as a bool and a number; a table's keys are compared as text."""
        if not isinstance(values, dict):
            return values
        return {a: {value_key(k): v for k, v in t.items()} if isinstance(t, dict) else t for a, t in values.items()}

    @property
    def known_arguments(self) -> frozenset[str]:
        """The old arguments that this entry, before any case, accounts for."""
        packed = {old for olds in self.pack.values() for old in olds}
        return frozenset((*self.keep, *self.rename, *packed, *self.drop))


class CustomEntry(Entry):
    """What becomes of a class of the user's own: no file says it. Arguments that it does not name are the user's.

    Attributes:
        text: the source of the class, in today's Keras.
    """

    text: str = ""


class Case(Entry):
    """Words that apply on top of an entry where `when` holds; the first case that does is taken."""

    when: Condition

    _conditions = field_validator("when")(_checked_condition)


class MapFile(_Form):
    """One YAML file of a hop."""

    old: Literal["keras0", "keras1", "keras2", "keras3"] = Field(alias="from")
    new: Literal["keras1", "keras2", "keras3"] = Field(alias="to")
    shared: dict[str, Entry] = Field(default_factory=dict)
    layers: dict[str, Entry] = Field(default_factory=dict)
    initializers: dict[str, Entry] = Field(default_factory=dict)
    regularizers: dict[str, Entry] = Field(default_factory=dict)
    constraints: dict[str, Entry] = Field(default_factory=dict)
    activations: dict[str, Entry] = Field(default_factory=dict)
    optimizers: dict[str, Entry] = Field(default_factory=dict)
    schedules: dict[str, Entry] = Field(default_factory=dict)
    losses: dict[str, Entry] = Field(default_factory=dict)
    metrics: dict[str, Entry] = Field(default_factory=dict)


def value_key(value: Any) -> str:
    """How a value is looked up in a `values` table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


Entry.model_rebuild()
Case.model_rebuild()
