"""Expressions: what a function computes, written as Python once more. For messages, and to compare two readings of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconvert.code.instructions import Python
from kconvert.code.machine import Function, Items, Machine
from kconvert.code.trouble import NotFollowed

LONGEST = 4_000  # characters of an expression
MOST_CHOICES = 4
ATOM, POWER, UNARY, COMPARE, CHOICE = 20, 15, 14, 5, 0
PRECEDENCE = {"**": POWER, "*": 12, "/": 12, "//": 12, "div": 12, "%": 12, "@": 12, "+": 11, "-": 11, "<<": 10,
              ">>": 10, "&": 9, "^": 8, "|": 7, "not": 6}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expression:
    """Python text of a value that is not known, and how strongly it binds."""

    text: str
    strength: int = ATOM

    def within(self, strength: int) -> str:
        """The text where something of this strength stands around it."""
        return self.text if self.strength >= strength else f"({self.text})"


class _Undecided(Exception):
    def __init__(self, condition: Expression) -> None:
        super().__init__()
        self.condition = condition


class Expressions:
    """The domain in which nothing is computed; an `if` goes the ways that `decided` says, in order."""

    def __init__(self, decided: Sequence[bool] = ()) -> None:
        self._decided = list(decided)

    def name(self, name: str) -> Any:
        """The name."""
        return Expression(name)

    def module(self, name: str) -> Any:
        """The module's name."""
        return Expression(name)

    def attribute(self, value: Any, name: str) -> Any:
        """`value.name`."""
        return _made(f"{_text(value, ATOM)}.{name}")

    def call(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """`function(args)`."""
        if not isinstance(function, Expression):
            raise NotFollowed("it calls something that is no function")
        if function.text in ("range", "xrange") and not kwargs and all(isinstance(a, int) for a in args):
            return _range(args)
        if function.text == "enumerate" and len(args) == 1 and isinstance(args[0], list | tuple | range):
            return list(enumerate(args[0]))
        parts = [_text(a) for a in args] + [f"{k}={_text(v)}" for k, v in kwargs.items()]
        return _made(f"{function.within(ATOM)}({', '.join(parts)})")

    def binary(self, operator: str, left: Any, right: Any) -> Any:
        """`left operator right`."""
        strength = PRECEDENCE[operator]
        lower, higher = (strength + 1, strength) if operator == "**" else (strength, strength + 1)
        sign = "/" if operator == "div" else operator
        return _made(f"{_text(left, lower)} {sign} {_text(right, higher)}", strength)

    def unary(self, operator: str, value: Any) -> Any:
        """`-value`."""
        if operator == "not":
            return _made(f"not {_text(value, PRECEDENCE['not'])}", PRECEDENCE["not"])
        return _made(f"{operator}{_text(value, UNARY)}", UNARY)

    def compare(self, operator: str, left: Any, right: Any) -> Any:
        """`left < right`."""
        return _made(f"{_text(left, COMPARE + 1)} {operator} {_text(right, COMPARE + 1)}", COMPARE)

    def item(self, value: Any, key: Any) -> Any:
        """`value[key]`."""
        inside = ", ".join(map(_key, key)) if isinstance(key, tuple) and key else _key(key)
        return _made(f"{_text(value, ATOM)}[{inside}]")

    def truth(self, value: Any) -> bool:
        """The next decision."""
        if not self._decided:
            raise _Undecided(value if isinstance(value, Expression) else Expression(_text(value)))
        return self._decided.pop(0)

    def items(self, value: Any, count: int | None = None) -> Sequence[Any]:
        """Nothing can be looped over here; variables are set to `value[0]`, `value[1]`, ..."""
        if count is not None and count <= 100:
            return [_made(f"{_text(value, ATOM)}[{n}]") for n in range(count)]
        raise NotFollowed(f"it loops over {_text(value)}")


def expression(release: Python, function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """What the function gives, as Python.

    Raises:
        NotFollowed, NotPython: it is not followed, and why.
    """
    return _text(_explored(release, function, args, kwargs, ()))


def _explored(
    release: Python, function: Function, args: Sequence[Any], kwargs: Mapping[str, Any], decided: tuple[bool, ...]
) -> Any:
    try:
        return Machine(release, Expressions(decided)).call(function, args, kwargs)
    except _Undecided as found:
        if len(decided) >= MOST_CHOICES:
            raise NotFollowed("it goes too many ways") from None
        ways = [_explored(release, function, args, kwargs, (*decided, way)) for way in (True, False)]
        then, other = (_text(way, CHOICE + 1) for way in ways)
        return _made(f"{then} if {found.condition.within(CHOICE + 1)} else {other}", CHOICE)


def _range(args: Sequence[int]) -> range:
    try:
        return range(*args)
    except (TypeError, ValueError):
        raise NotFollowed("a `range` of nothing") from None


def _made(text: str, strength: int = ATOM) -> Expression:
    if len(text) > LONGEST:
        raise NotFollowed("it is too long to write down")
    return Expression(text, strength)


def _text(value: Any, strength: int = CHOICE, depth: int = 0) -> str:
    if depth > 20:
        raise NotFollowed("it is nested too deeply")
    if isinstance(value, Expression):
        return value.within(strength)
    if isinstance(value, Function):
        return f"<function of {', '.join(value.code.arguments) or 'nothing'}>"
    if isinstance(value, Items):
        value = list(value.values)
    if isinstance(value, slice):
        return f"slice({', '.join(_text(v, CHOICE, depth + 1) for v in (value.start, value.stop, value.step))})"
    if isinstance(value, tuple | list):
        inside = ", ".join(_text(v, CHOICE, depth + 1) for v in value)
        whole = f"[{inside}]" if isinstance(value, list) else f"({inside},)" if len(value) == 1 else f"({inside})"
        return _made(whole).text
    if isinstance(value, dict):
        inside = ", ".join(f"{k!r}: {_text(v, CHOICE, depth + 1)}" for k, v in value.items())
        return _made(f"{{{inside}}}").text
    if isinstance(value, int | float | complex) and not isinstance(value, bool):
        text = repr(value)
        return f"({text})" if text.startswith("-") and strength > UNARY else text
    return "..." if value is ... else repr(value)[:LONGEST]


def _key(value: Any) -> str:
    if not isinstance(value, slice):
        return _text(value)
    start, stop, step = ("" if v is None else _text(v) for v in (value.start, value.stop, value.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")
