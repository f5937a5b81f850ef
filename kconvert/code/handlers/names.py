"""Names, attributes, modules and items. See `machine.py` for the sources."""

from __future__ import annotations

from typing import Any

from kconvert.code.handlers.table import Handlers
from kconvert.code.instructions import Instruction
from kconvert.code.machine import NULL, Frame, Machine
from kconvert.code.trouble import NotFollowed

NAMES = Handlers()
on = NAMES.on


PYTHON2 = {"True": True, "False": False}
"""What were names in Python 2."""


@on("LOAD_GLOBAL", "LOAD_NAME")
def load_global(machine: Machine, frame: Frame, it: Instruction) -> None:
    new = it.name == "LOAD_GLOBAL" and machine.release.number >= (3, 11)
    name = frame.code.names[it.argument >> 1 if new else it.argument]
    value = PYTHON2[name] if name in PYTHON2 else machine.domain.name(name)
    _push_function(machine, frame, value, bool(new and it.argument & 1))


def _push_function(machine: Machine, frame: Frame, value: Any, with_null: bool) -> None:
    if not with_null:
        frame.stack.append(value)
    elif machine.release.number >= (3, 13):
        frame.stack += [value, NULL]
    else:
        frame.stack += [NULL, value]


@on("LOAD_ATTR")
def load_attr(machine: Machine, frame: Frame, it: Instruction) -> None:
    new = machine.release.number >= (3, 12)
    value = machine.domain.attribute(frame.pop(), frame.code.names[it.argument >> 1 if new else it.argument])
    _push_function(machine, frame, value, bool(new and it.argument & 1))


@on("LOAD_METHOD")
def load_method(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = machine.domain.attribute(frame.pop(), frame.code.names[it.argument])
    _push_function(machine, frame, value, True)


@on("IMPORT_NAME")
def import_name(machine: Machine, frame: Frame, it: Instruction) -> None:
    _, wanted = frame.popped(2)
    name = frame.code.names[it.argument]
    frame.stack.append(machine.domain.module(name if wanted else name.partition(".")[0]))


@on("IMPORT_FROM")
def import_from(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(machine.domain.attribute(frame.peek(), frame.code.names[it.argument]))


@on("BINARY_SUBSCR")
def binary_subscr(machine: Machine, frame: Frame, it: Instruction) -> None:
    value, key = frame.popped(2)
    frame.stack.append(_item(machine, value, key))


def _item(machine: Machine, value: Any, key: Any) -> Any:
    if isinstance(value, list | tuple | range) and isinstance(key, int | slice):
        try:
            return value[key]
        except (IndexError, TypeError, ValueError):
            raise NotFollowed(f"the index {key!r} is not there") from None
    if isinstance(value, dict) and isinstance(key, int | str):
        if key not in value:
            raise NotFollowed(f"the key {key!r} is not there")
        return value[key]
    return machine.domain.item(value, key)


@on("BINARY_SLICE")
def binary_slice(machine: Machine, frame: Frame, it: Instruction) -> None:
    value, start, stop = frame.popped(3)
    frame.stack.append(_item(machine, value, slice(start, stop)))


@on("SLICE+0", "SLICE+1", "SLICE+2", "SLICE+3")
def old_slice(machine: Machine, frame: Frame, it: Instruction) -> None:
    number = int(it.name[-1])
    stop = frame.pop() if number & 2 else None
    start = frame.pop() if number & 1 else None
    frame.stack.append(_item(machine, frame.pop(), slice(start, stop)))


@on("BUILD_SLICE")
def build_slice(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(slice(*frame.popped(3 if it.argument == 3 else 2)))
