"""Jumps and loops. See `machine.py` for the sources."""

from __future__ import annotations

from kconvert.code.handlers.table import Handlers
from kconvert.code.instructions import Instruction
from kconvert.code.machine import Frame, Items, Machine
from kconvert.code.trouble import NotPython

JUMPS = Handlers()
on = JUMPS.on


def _jump(frame: Frame, it: Instruction) -> None:
    if it.target is None:
        raise NotPython("a jump that leads nowhere")
    frame.next = it.target


@on("JUMP_FORWARD", "JUMP_ABSOLUTE", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "CONTINUE_LOOP")
def jump(machine: Machine, frame: Frame, it: Instruction) -> None:
    _jump(frame, it)


@on(*(f"POP_JUMP_{way}IF_{which}" for way in ("", "FORWARD_", "BACKWARD_") for which in ("TRUE", "FALSE")))
def pop_jump_if(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.truth(frame.pop()) == it.name.endswith("TRUE"):
        _jump(frame, it)


@on(*(f"POP_JUMP_{way}IF_{which}" for way in ("", "FORWARD_", "BACKWARD_") for which in ("NONE", "NOT_NONE")))
def pop_jump_if_none(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.truth(machine.domain.compare("is", frame.pop(), None)) != it.name.endswith("NOT_NONE"):
        _jump(frame, it)


@on("JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP")
def jump_if_or_pop(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.truth(frame.peek()) == it.name.startswith("JUMP_IF_TRUE"):
        _jump(frame, it)
    else:
        frame.pop()


@on("GET_ITER")
def get_iter(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = frame.pop()
    frame.stack.append(value if isinstance(value, Items) else Items(machine.items(value)))


@on("FOR_ITER")
def for_iter(machine: Machine, frame: Frame, it: Instruction) -> None:
    items = frame.peek()
    if not isinstance(items, Items):
        raise NotPython("a loop over nothing")
    if items.place < len(items.values):
        items.place += 1
        frame.stack.append(items.values[items.place - 1])
        return
    frame.pop()
    _jump(frame, it)
    following = [i.name for i in frame.program[frame.next : frame.next + 2]]
    if following[:1] == ["END_FOR"]:
        frame.next += 2 if machine.release.number >= (3, 13) and following[1:] == ["POP_TOP"] else 1


@on("SETUP_LOOP")
def setup_loop(machine: Machine, frame: Frame, it: Instruction) -> None:
    if it.target is None:
        raise NotPython("a loop that ends nowhere")
    frame.blocks.append((it.target, len(frame.stack)))


@on("POP_BLOCK")
def pop_block(machine: Machine, frame: Frame, it: Instruction) -> None:
    if not frame.blocks:
        raise NotPython("the end of a loop that never began")
    frame.blocks.pop()


@on("BREAK_LOOP")
def break_loop(machine: Machine, frame: Frame, it: Instruction) -> None:
    if not frame.blocks:
        raise NotPython("the end of a loop that never began")
    frame.next, depth = frame.blocks.pop()
    del frame.stack[depth:]
