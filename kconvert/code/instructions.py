"""The instructions of a code object, by the opcode tables of the real interpreters.

`opcodes.json` was written by `tests/bytecode/record_opcodes.py` in each of them; 3.4 and 3.5 are derived there. Arguments
are 16 bits before 3.6 and one byte from then on; jumps count instructions from 3.10 on and are relative from 3.11 on;
inline caches, of zeros in a file, follow an instruction from 3.11 on (Python/ceval.c and Lib/dis.py of these releases).
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from kconvert.code.marshalled import Code
from kconvert.code.trouble import NotPython

VERSIONS = {
    "2.7": ("2.7",),
    "3.4": ("3.4", "3.5", "3.6", "3.7"),
    "3.8": ("3.8", "3.9", "3.10"),
    "3.11": ("3.11", "3.12", "3.13"),
}
"""Layout of code objects -> the Pythons that have it."""
SHIFTS = {(3, 12): 4, (3, 13): 5}
"""What stands below the number of a comparison (Python/bytecodes.c)."""
LONGEST = 20_000  # bytes of one function's code


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; `target` is the number of the instruction that it can jump to."""

    name: str
    argument: int
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Python:
    """One release: its number for comparisons, and its row of the table."""

    number: tuple[int, int]
    row: dict[str, Any]

    def __str__(self) -> str:
        return ".".join(map(str, self.number))


@functools.cache
def python(version: str) -> Python:
    """The release `3.8`."""
    table = json.loads(resources.files("kconvert.code").joinpath("opcodes.json").read_text(encoding="utf-8"))
    major, minor = version.split(".")
    return Python((int(major), int(minor)), table[version])


def instructions(code: Code, release: Python) -> tuple[Instruction, ...]:
    """All instructions in order.

    Raises:
        NotPython: an opcode, an argument or a jump that this release does not have.
    """
    if not code.code or len(code.code) > LONGEST:
        raise NotPython("it has no code, or too much")
    raw = list(_units(code.code, release))
    places = {offset: number for number, (offset, *_) in enumerate(raw)}
    found = []
    for _, following, name, argument in raw:
        _check(code, release, name, argument)
        target = _target(release, name, argument, following)
        if target is not None and target not in places:
            raise NotPython("a jump leads between instructions")
        found.append(Instruction(name, argument, None if target is None else places[target]))
    return tuple(found)


def _units(data: bytes, release: Python) -> Any:
    """Offset, offset of what follows, name and argument of each instruction."""
    names, caches, wide = release.row["names"], release.row.get("caches", {}), release.number < (3, 6)
    place, start, high = 0, 0, 0
    while place < len(data):
        opcode = data[place]
        name = names.get(str(opcode))
        if name is None or name.startswith("INSTRUMENTED") or name == "CACHE":
            raise NotPython(f"Python {release} has no instruction {opcode}")
        has = opcode >= release.row["have_argument"] or (not wide and release.number >= (3, 6))
        size = (3 if opcode >= release.row["have_argument"] else 1) if wide else 2
        if place + size > len(data):
            raise NotPython("its code is truncated")
        low = 0 if not has or size == 1 else int.from_bytes(data[place + 1 : place + size], "little")
        place += size
        if name == "EXTENDED_ARG":
            high = (high | low) << (16 if wide else 8)
            if high > 1 << 31:
                raise NotPython("an argument is too large")
            continue
        count = 2 * caches.get(name, 0)
        if any(data[place : place + count]) or place + count > len(data):
            raise NotPython("its code is not that of this release")
        place += count
        yield start, place, name, high | low
        start, high = place, 0
    if high:
        raise NotPython("its code is truncated")


def _target(release: Python, name: str, argument: int, following: int) -> int | None:
    unit = 2 if release.number >= (3, 10) else 1
    if name in _named(release, "relative"):
        return following + (-argument if "BACKWARD" in name else argument) * unit
    return argument * unit if name in _named(release, "absolute") else None


@functools.cache
def _names_of(version: str, kind: str) -> frozenset[str]:
    row = python(version).row
    return frozenset(row["names"][str(code)] for code in row[kind] if str(code) in row["names"])


def _named(release: Python, kind: str) -> frozenset[str]:
    return _names_of(str(release), kind)


def _check(code: Code, release: Python, name: str, argument: int) -> None:
    """The argument counts something that is there."""
    counted: tuple[Any, ...] | None = None
    if name == "COMPARE_OP":
        counted, argument = tuple(release.row["compare"]), argument >> SHIFTS.get(release.number, 0)
    elif name in ("LOAD_CONST", "RETURN_CONST", "KW_NAMES"):
        counted = code.consts
    elif name in ("LOAD_FAST", "STORE_FAST", "DELETE_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_AND_CLEAR"):
        counted = code.slots
    elif name in ("LOAD_DEREF", "STORE_DEREF", "LOAD_CLOSURE", "MAKE_CELL"):
        counted = code.deref
    elif name in ("LOAD_NAME", "LOAD_METHOD", "IMPORT_NAME", "IMPORT_FROM", "STORE_GLOBAL"):
        counted = code.names
    elif name == "LOAD_GLOBAL":
        counted, argument = code.names, argument >> 1 if release.number >= (3, 11) else argument
    elif name == "LOAD_ATTR":
        counted, argument = code.names, argument >> 1 if release.number >= (3, 12) else argument
    elif name in ("LOAD_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST"):
        counted, argument = code.slots, max(argument >> 4, argument & 15)
    if counted is not None and argument >= len(counted):
        raise NotPython(f"{name} counts beyond what there is")
