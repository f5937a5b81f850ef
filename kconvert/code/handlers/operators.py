"""Operators and comparisons. See `machine.py` for the sources."""

from __future__ import annotations

from kconvert.code.handlers.containers import list_to_tuple
from kconvert.code.handlers.table import Handlers
from kconvert.code.instructions import SHIFTS, Instruction
from kconvert.code.machine import Frame, Machine
from kconvert.code.trouble import NotFollowed, NotPython

OPERATORS = Handlers()
on = OPERATORS.on


BINARY = {
    "ADD": "+", "SUBTRACT": "-", "MULTIPLY": "*", "TRUE_DIVIDE": "/", "FLOOR_DIVIDE": "//", "DIVIDE": "div",
    "MODULO": "%", "POWER": "**", "MATRIX_MULTIPLY": "@", "AND": "&", "OR": "|", "XOR": "^", "LSHIFT": "<<",
    "RSHIFT": ">>",
}  # fmt: skip


@on(*(f"{kind}_{name}" for kind in ("BINARY", "INPLACE") for name in BINARY))
def binary(machine: Machine, frame: Frame, it: Instruction) -> None:
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.binary(BINARY[it.name.partition("_")[2]], left, right))


@on("BINARY_OP")
def binary_op(machine: Machine, frame: Frame, it: Instruction) -> None:
    operators = machine.release.row["binary"]
    if it.argument >= len(operators):
        raise NotPython("an operator that there is not")
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.binary(operators[it.argument].removesuffix("="), left, right))


UNARY = {"UNARY_NEGATIVE": "-", "UNARY_POSITIVE": "+", "UNARY_INVERT": "~", "UNARY_NOT": "not"}


@on(*UNARY)
def unary(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(machine.domain.unary(UNARY[it.name], frame.pop()))


@on("CALL_INTRINSIC_1")
def intrinsic(machine: Machine, frame: Frame, it: Instruction) -> None:
    names = machine.release.row["intrinsics"]
    name = names[it.argument] if it.argument < len(names) else ""
    if name == "INTRINSIC_UNARY_POSITIVE":
        frame.stack.append(machine.domain.unary("+", frame.pop()))
    elif name == "INTRINSIC_LIST_TO_TUPLE":
        list_to_tuple(machine, frame, it)
    else:
        raise NotFollowed(f"it uses {name or 'an intrinsic'}, which is not followed")


@on("COMPARE_OP")
def compare(machine: Machine, frame: Frame, it: Instruction) -> None:
    shift = SHIFTS.get(machine.release.number, 0)
    operators = machine.release.row["compare"]
    number = it.argument >> shift
    if number >= len(operators) or operators[number] in ("BAD", "exception match"):
        raise NotPython("a comparison that there is not")
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.compare(operators[number], left, right))


@on("IS_OP")
def is_op(machine: Machine, frame: Frame, it: Instruction) -> None:
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.compare("is not" if it.argument else "is", left, right))


@on("CONTAINS_OP")
def contains_op(machine: Machine, frame: Frame, it: Instruction) -> None:
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.compare("not in" if it.argument else "in", left, right))
