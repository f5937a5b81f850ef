"""Follows the instructions of a function with values that a `Domain` gives meaning to: tensors of a graph, or expressions.

Nothing of the file runs in Python: each instruction is looked up in `HANDLERS` (`handlers.py`), and every attribute, call and
operator is asked of the domain. Steps, depth and the size of lists are bounded. What the instructions do: Python/ceval.c,
Python/bytecodes.c and the documentation of `dis` of CPython 2.7 and 3.4 to 3.13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kconvert.code.instructions import Instruction, Python, instructions
from kconvert.code.marshalled import Code
from kconvert.code.trouble import NotFollowed, NotPython

MOST_STEPS = 20_000
DEEPEST = 16
LONGEST = 2_000  # elements of a list that is looped over
VARARGS, VARKEYWORDS = 4, 8

Value = Any


class Domain(Protocol):
    """What values are and what can be done with them."""

    def name(self, name: str) -> Value:
        """A global or built-in name."""

    def module(self, name: str) -> Value:
        """What `import name` gives."""

    def attribute(self, value: Value, name: str) -> Value:
        """`value.name`."""

    def call(self, function: Value, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
        """`function(*args, **kwargs)`."""

    def binary(self, operator: str, left: Value, right: Value) -> Value:
        """`left operator right`; the `/` of Python 2 is `div`."""

    def unary(self, operator: str, value: Value) -> Value:
        """`-value`, `+value`, `~value`, `not value`."""

    def compare(self, operator: str, left: Value, right: Value) -> Value:
        """`left < right`, `left is not right`, `left in right`."""

    def item(self, value: Value, key: Value) -> Value:
        """`value[key]`."""

    def truth(self, value: Value) -> bool:
        """Which way an `if` goes."""

    def items(self, value: Value, count: int | None = None) -> Sequence[Value]:
        """What a loop goes over, or what `count` variables are set to."""


@dataclass(slots=True, eq=False)
class Cell:
    """A variable. Inner functions share it."""

    value: Value = None
    is_set: bool = False

    @classmethod
    def of(cls, value: Value) -> Cell:
        """One that holds this value."""
        return cls(value, True)


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function: code, and what it was made with; and the Python whose bytecode it is, where that is another."""

    code: Code
    defaults: tuple[Value, ...] = ()
    keyword_defaults: Mapping[str, Value] = field(default_factory=dict)
    closure: tuple[Cell, ...] = ()
    release: Python | None = None


@dataclass(slots=True, eq=False)
class Items:
    """An iterator."""

    values: Sequence[Value]
    place: int = 0


class Null:
    """What CPython pushes beside a function that is no method."""


NULL = Null()


@dataclass(slots=True, eq=False)
class Frame:
    """One call of one function."""

    code: Code
    program: tuple[Instruction, ...]
    variables: dict[str, Cell]
    stack: list[Value] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)
    next: int = 0
    keywords: tuple[str, ...] = ()
    yielded: list[Value] = field(default_factory=list)
    result: Value = None
    is_done: bool = False

    def pop(self) -> Value:
        """The uppermost value."""
        if not self.stack:
            raise NotPython("its stack is empty")
        return self.stack.pop()

    def popped(self, count: int) -> list[Value]:
        """The uppermost values, the lowest first."""
        if count > len(self.stack) or count < 0:
            raise NotPython("its stack is empty")
        values = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return values

    def peek(self, depth: int = 1) -> Value:
        """The value that many from the top, counted from 1."""
        if not 0 < depth <= len(self.stack):
            raise NotPython("its stack is empty")
        return self.stack[-depth]

    def variable(self, name: str) -> Value:
        """The value of a variable."""
        cell = self.variables.get(name)
        if cell is None or not cell.is_set:
            raise NotFollowed(f"the variable {name} is used before it has a value")
        return cell.value

    def cell(self, name: str) -> Cell:
        """The variable itself."""
        return self.variables.setdefault(name, Cell())


class Machine:
    """Follows functions of one Python release in one domain."""

    def __init__(self, release: Python, domain: Domain) -> None:
        self.release = release
        self.domain = domain
        self._steps = 0
        self._depth = 0
        self._programs: dict[int, tuple[Code, tuple[Instruction, ...]]] = {}

    def call(self, function: Value, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
        """What a call gives.

        Raises:
            NotFollowed, NotPython: it is not followed, and why.
        """
        if not isinstance(function, Function):
            return self.domain.call(function, args, kwargs)
        if self._depth >= DEEPEST:
            raise NotFollowed("its functions call each other too deeply")
        self._depth += 1
        before, self.release = self.release, function.release or self.release
        try:
            return self._run(function.code, arguments(function, args, kwargs))
        finally:
            self._depth -= 1
            self.release = before

    def items(self, value: Value, count: int | None = None) -> Sequence[Value]:
        """What a loop goes over, or what `count` variables are set to."""
        if isinstance(value, Items):
            return value.values[value.place :]
        if isinstance(value, dict | str):
            return list(value)
        values = value if isinstance(value, list | tuple | range) else self.domain.items(value, count)
        if len(values) > LONGEST:
            raise NotFollowed("it loops over too much")
        return values

    def truth(self, value: Value) -> bool:
        """Which way an `if` goes."""
        if value is None or isinstance(value, bool | int | float | str | bytes | list | tuple | dict):
            return bool(value)
        return self.domain.truth(value)

    def _program(self, code: Code) -> tuple[Instruction, ...]:
        if id(code) not in self._programs:
            self._programs[id(code)] = (code, instructions(code, self.release))
        return self._programs[id(code)][1]

    def _run(self, code: Code, variables: dict[str, Cell]) -> Value:
        from kconvert.code.handlers import HANDLERS

        frame = Frame(code, self._program(code), variables)
        limit = code.stacksize + 8
        while not frame.is_done:
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise NotFollowed("it takes too many steps")
            if frame.next >= len(frame.program):
                raise NotPython("its code ends without a return")
            instruction = frame.program[frame.next]
            frame.next += 1
            handler = HANDLERS.get(instruction.name)
            if handler is None:
                raise NotFollowed(f"it uses {WHAT.get(instruction.name, instruction.name)}, which is not followed")
            handler(self, frame, instruction)
            if len(frame.stack) > limit:
                raise NotPython("its stack overflows")
        return frame.yielded if code.flags & 0x20 else frame.result


WHAT = {
    "SETUP_EXCEPT": "`try`",
    "SETUP_FINALLY": "`try`",
    "PUSH_EXC_INFO": "`try`",
    "SETUP_WITH": "`with`",
    "BEFORE_WITH": "`with`",
    "RAISE_VARARGS": "`raise`",
    "LOAD_BUILD_CLASS": "`class`",
    "STORE_ATTR": "an assignment to an attribute",
    "STORE_GLOBAL": "an assignment to a global name",
}


def arguments(function: Function, args: Sequence[Value], kwargs: Mapping[str, Value]) -> dict[str, Cell]:
    """The variables at the beginning of a call.

    Raises:
        NotFollowed: Python would raise a TypeError.
    """
    code = function.code
    positional, keyword_only = code.slots[: code.argcount], code.slots[code.argcount :][: code.kwonlyargcount]
    rest = code.arguments[code.argcount + code.kwonlyargcount :]
    given: dict[str, Value] = dict(zip(positional, args, strict=False))
    others: dict[str, Value] = {}
    for name, value in kwargs.items():
        if name in given:
            raise NotFollowed(f"it gets its argument {name} twice")
        (given if name in positional or name in keyword_only else others)[name] = value
    defaults = dict(zip(reversed(positional), reversed(function.defaults), strict=False))
    given = {**defaults, **function.keyword_defaults, **given}
    if code.flags & VARARGS:
        given[rest[0]] = tuple(args[len(positional) :])
    elif len(args) > len(positional):
        raise NotFollowed(f"it takes {len(positional)} arguments and is given {len(args)}")
    if code.flags & VARKEYWORDS:
        given[rest[-1]] = others
    elif others:
        raise NotFollowed(f"it has no argument {next(iter(others))}")
    missing = [name for name in (*positional, *keyword_only) if name not in given]
    if missing:
        raise NotFollowed(f"it is not given its argument {missing[0]}")
    variables = {name: Cell.of(value) for name, value in given.items()}
    if len(function.closure) != len(code.free):
        raise NotFollowed("the file does not hold all that its function refers to")
    return variables | dict(zip(code.free, function.closure, strict=True))
