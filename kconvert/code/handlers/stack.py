"""Constants, variables and the stack. See `machine.py` for the sources."""

from __future__ import annotations

from typing import Any

from kconvert.code.handlers.table import Handlers
from kconvert.code.instructions import Instruction
from kconvert.code.machine import NULL, Cell, Frame, Machine

STACK = Handlers()
on = STACK.on


@on(
    "NOP", "RESUME", "COPY_FREE_VARS", "PRECALL", "SETUP_ANNOTATIONS", "GEN_START", "MAKE_CELL", "TO_BOOL", "END_FOR",
    "DELETE_FAST",
)  # fmt: skip
def nothing(machine: Machine, frame: Frame, it: Instruction) -> None:
    """No influence here; the truth of a value is asked where it decides something."""


@on("LOAD_CONST")
def load_const(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = frame.code.consts[it.argument]
    frame.stack.append(_as_text(value) if machine.release.number < (3, 0) else value)


def _as_text(value: Any) -> Any:
    """What was a `str` in Python 2."""
    if isinstance(value, tuple):
        return tuple(map(_as_text, value))
    return value.decode("latin-1") if isinstance(value, bytes) else value


@on("LOAD_FAST", "LOAD_FAST_CHECK")
def load_fast(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(_local(machine, frame, it.argument))


def _local(machine: Machine, frame: Frame, number: int) -> Any:
    name = frame.code.slots[number]
    if machine.release.number >= (3, 13) and name in (*frame.code.cells, *frame.code.free):
        return frame.cell(name)
    return frame.variable(name)


@on("LOAD_FAST_LOAD_FAST")
def load_fast_twice(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(_local(machine, frame, it.argument >> 4))
    frame.stack.append(_local(machine, frame, it.argument & 15))


@on("LOAD_FAST_AND_CLEAR")
def load_fast_and_clear(machine: Machine, frame: Frame, it: Instruction) -> None:
    name = frame.code.slots[it.argument]
    frame.stack.append(frame.variables.pop(name, Cell()))


@on("STORE_FAST")
def store_fast(machine: Machine, frame: Frame, it: Instruction) -> None:
    _store(frame, frame.code.slots[it.argument], frame.pop())


def _store(frame: Frame, name: str, value: Any) -> None:
    if isinstance(value, Cell):  # what LOAD_FAST_AND_CLEAR put by
        frame.variables[name] = value
    else:
        cell = frame.cell(name)
        cell.value, cell.is_set = value, True


@on("STORE_FAST_STORE_FAST")
def store_fast_twice(machine: Machine, frame: Frame, it: Instruction) -> None:
    _store(frame, frame.code.slots[it.argument >> 4], frame.pop())
    _store(frame, frame.code.slots[it.argument & 15], frame.pop())


@on("STORE_FAST_LOAD_FAST")
def store_fast_load_fast(machine: Machine, frame: Frame, it: Instruction) -> None:
    _store(frame, frame.code.slots[it.argument >> 4], frame.pop())
    frame.stack.append(_local(machine, frame, it.argument & 15))


@on("LOAD_DEREF")
def load_deref(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.variable(frame.code.deref[it.argument]))


@on("STORE_DEREF")
def store_deref(machine: Machine, frame: Frame, it: Instruction) -> None:
    cell = frame.cell(frame.code.deref[it.argument])
    cell.value, cell.is_set = frame.pop(), True


@on("LOAD_CLOSURE")
def load_closure(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.cell(frame.code.deref[it.argument]))


@on("POP_TOP")
def pop_top(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.pop()


@on("PUSH_NULL")
def push_null(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(NULL)


@on("DUP_TOP")
def dup_top(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.peek())


@on("DUP_TOP_TWO")
def dup_top_two(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = frame.popped(2)
    frame.stack += values * 2


@on("DUP_TOPX")
def dup_topx(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = frame.popped(it.argument)
    frame.stack += values * 2


@on("COPY")
def copy(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.peek(it.argument))


@on("SWAP")
def swap(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.peek(it.argument)
    frame.stack[-1], frame.stack[-it.argument] = frame.stack[-it.argument], frame.stack[-1]


@on("ROT_TWO", "ROT_THREE", "ROT_FOUR", "ROT_N")
def rotate(machine: Machine, frame: Frame, it: Instruction) -> None:
    count = {"ROT_TWO": 2, "ROT_THREE": 3, "ROT_FOUR": 4}.get(it.name, it.argument)
    values = frame.popped(count)
    frame.stack += [values[-1], *values[:-1]]
