"""Reads code objects that Python's `marshal` wrote: values and nothing else; nothing is ever made executable.

The format is that of Python/marshal.c (`r_object`) of CPython 2.7 and 3.4 to 3.13. How the fields of a code object follow
each other changed with 3.0, 3.8 (`posonlyargcount`) and 3.11 (`localsplusnames`, `qualname`, `exceptiontable`).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from kconvert.code.trouble import NotPython

REFERENCE = 0x80  # FLAG_REF: the object is numbered, and can be referred to
DEEPEST = 40
LARGEST = 20_000  # objects, those behind references counted as often as they stand
LONGEST_NUMBER = 64  # digits of 15 bits

FIELDS: dict[str, tuple[str, ...]] = {
    "2.7": (
        "int argcount", "int nlocals", "int stacksize", "int flags", "code", "consts", "names", "varnames", "freevars",
        "cellvars", "filename", "name", "int firstlineno", "lnotab",
    ),
    "3.4": (
        "int argcount", "int kwonlyargcount", "int nlocals", "int stacksize", "int flags", "code", "consts", "names",
        "varnames", "freevars", "cellvars", "filename", "name", "int firstlineno", "lnotab",
    ),
    "3.8": (
        "int argcount", "int posonlyargcount", "int kwonlyargcount", "int nlocals", "int stacksize", "int flags", "code",
        "consts", "names", "varnames", "freevars", "cellvars", "filename", "name", "int firstlineno", "lnotab",
    ),
    "3.11": (
        "int argcount", "int posonlyargcount", "int kwonlyargcount", "int stacksize", "int flags", "code", "consts",
        "names", "localsplusnames", "localspluskinds", "filename", "name", "qualname", "int firstlineno", "linetable",
        "exceptiontable",
    ),
}  # fmt: skip
"""Layout, named by the first Python that has it -> the fields in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A code object as plain values.

    Attributes:
        argcount: positional arguments, those that are positional only included.
        slots: local variables by number; from 3.11 on with cells and free variables among them.
        cells, free: variables of this function that an inner one uses, and the other way round.
        deref: what the argument of LOAD_DEREF counts.
        lines: the line table (`co_lnotab`), whose form tells 3.10 from 3.8 and 3.9.
    """

    layout: str
    argcount: int
    kwonlyargcount: int
    stacksize: int
    flags: int
    code: bytes
    consts: tuple[Any, ...]
    names: tuple[str, ...]
    slots: tuple[str, ...]
    cells: tuple[str, ...]
    free: tuple[str, ...]
    deref: tuple[str, ...]
    name: str
    lines: bytes

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of all arguments in order: positional, keyword only, `*args`, `**kwargs`."""
        count = self.argcount + self.kwonlyargcount + bool(self.flags & 4) + bool(self.flags & 8)
        return self.slots[:count]


def code_object(data: bytes, layout: str) -> Code:
    """The code object that the whole of `data` is.

    Raises:
        NotPython: it is none in this layout.
    """
    reader = _Reader(data, layout)
    value = reader.value(0)
    if not isinstance(value, Code):
        raise NotPython("it is not a code object")
    if reader.place != len(data):
        raise NotPython("something follows the code object")
    return value


class _Reader:
    def __init__(self, data: bytes, layout: str) -> None:
        self._data = data
        self._layout = layout
        self._references: list[tuple[Any, int]] = []
        self._interned: list[str] = []  # of Python 2
        self._count = 0
        self.place = 0

    def _bytes(self, count: int) -> bytes:
        if count < 0 or self.place + count > len(self._data):
            raise NotPython("it is truncated")
        self.place += count
        return self._data[self.place - count : self.place]

    def _number(self, form: str) -> Any:
        return struct.unpack(f"<{form}", self._bytes(struct.calcsize(form)))[0]

    def _counted(self, objects: int) -> None:
        self._count += objects
        if self._count > LARGEST:
            raise NotPython("it holds too many objects")

    def value(self, depth: int) -> Any:
        """The next object."""
        if depth > DEEPEST:
            raise NotPython("it is nested too deeply")
        before = self._count
        self._counted(1)
        kind = self._number("B")
        place = len(self._references)
        if kind & REFERENCE:
            self._references.append((NotPython, 0))
        value = self._of_kind(chr(kind & ~REFERENCE), depth)
        if kind & REFERENCE:
            self._references[place] = (value, self._count - before)
        return value

    def _of_kind(self, kind: str, depth: int) -> Any:
        if kind in CONSTANTS:
            return CONSTANTS[kind]
        if kind in NUMBERS:
            return self._number(NUMBERS[kind])
        if kind == "l":
            return self._long()
        if kind == "y":
            return complex(self._number("d"), self._number("d"))
        if kind == "f":
            return self._float(self._bytes(self._number("B")))
        if kind in LENGTHS:
            return self._text(kind, self._bytes(self._number(LENGTHS[kind])))
        if kind in CONTAINERS:
            return self._container(kind, self._number(CONTAINERS[kind]), depth)
        if kind == "r":
            return self._referred(self._number("I"))
        if kind == "R":
            number = self._number("I")
            if number >= len(self._interned):
                raise NotPython("a reference leads nowhere")
            return self._interned[number]
        if kind == "c":
            return self._code(depth)
        raise NotPython(f"{kind!r} is no object that a function's code holds")

    def _referred(self, number: int) -> Any:
        if number >= len(self._references) or self._references[number][0] is NotPython:
            raise NotPython("a reference leads nowhere")
        value, count = self._references[number]
        self._counted(count)
        return value

    def _long(self) -> int:
        size = self._number("i")
        if abs(size) > LONGEST_NUMBER:
            raise NotPython("a number is too long")
        digits = [self._number("H") for _ in range(abs(size))]
        value: int = sum((digit & 0x7FFF) << (15 * place) for place, digit in enumerate(digits))
        return -value if size < 0 else value

    def _float(self, text: bytes) -> float:
        try:
            return float(text)
        except ValueError:
            raise NotPython("a number is none") from None

    def _text(self, kind: str, data: bytes) -> Any:
        if kind == "s":
            return data
        try:
            text = data.decode("utf-8" if kind in "ut" else "latin-1", "surrogatepass")
        except UnicodeDecodeError:
            raise NotPython("a text is none") from None
        if kind == "t" and self._layout == "2.7":
            self._interned.append(text)
        return text

    def _container(self, kind: str, length: int, depth: int) -> Any:
        if length < 0 or length > len(self._data) - self.place:
            raise NotPython("it is truncated")
        values = [self.value(depth + 1) for _ in range(length)]
        if kind in "<>":
            try:
                return frozenset(values)
            except TypeError:
                raise NotPython("a set of what cannot be in one") from None
        return values if kind == "[" else tuple(values)

    def _code(self, depth: int) -> Code:
        found: dict[str, Any] = {}
        for field in FIELDS[self._layout]:
            number, _, name = field.rpartition(" ")
            found[name] = self._number("i") if number else self.value(depth + 1)
        try:
            return _code_of(self._layout, found)
        except (TypeError, ValueError, UnicodeDecodeError):
            raise NotPython("the fields of the code object are not what they should be") from None


CONSTANTS: dict[str, Any] = {"N": None, "T": True, "F": False, ".": ...}
NUMBERS = {"i": "i", "I": "q", "g": "d"}
LENGTHS = {"s": "i", "t": "i", "u": "i", "a": "i", "A": "i", "z": "B", "Z": "B"}
CONTAINERS = {"(": "i", "[": "i", ")": "B", "<": "i", ">": "i"}


def _code_of(layout: str, found: dict[str, Any]) -> Code:
    if not isinstance(found["code"], bytes) or not isinstance(found["consts"], tuple):
        raise ValueError
    if layout == "3.11":
        slots = _names(found["localsplusnames"])
        kinds = found["localspluskinds"]
        if not isinstance(kinds, bytes) or len(kinds) != len(slots):
            raise ValueError
        cells = tuple(s for s, kind in zip(slots, kinds, strict=True) if kind & 0x40)
        free = tuple(s for s, kind in zip(slots, kinds, strict=True) if kind & 0x80)
        deref = slots
    else:
        slots, cells, free = (_names(found[f]) for f in ("varnames", "cellvars", "freevars"))
        deref = (*cells, *free)
    code = Code(
        layout,
        found["argcount"],
        found.get("kwonlyargcount", 0),
        found["stacksize"],
        found["flags"],
        found["code"],
        found["consts"],
        _names(found["names"]),
        slots,
        cells,
        free,
        deref,
        _name(found["name"]),
        found["lnotab"] if isinstance(found.get("lnotab"), bytes) else b"",
    )
    counts = (code.argcount, code.kwonlyargcount, code.stacksize, code.flags)
    count = code.argcount + code.kwonlyargcount + bool(code.flags & 4) + bool(code.flags & 8)
    if min(counts) < 0 or len(code.arguments) != count:
        raise ValueError
    return code


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise ValueError
    return tuple(map(_name, value))


def _name(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii")
    if not isinstance(value, str):
        raise ValueError
    return value
