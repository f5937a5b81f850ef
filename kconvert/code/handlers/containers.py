"""Tuples, lists and dicts. See `machine.py` for the sources."""

from __future__ import annotations

from typing import Any

from kconvert.code.handlers.table import Handlers
from kconvert.code.instructions import Instruction
from kconvert.code.machine import Frame, Machine
from kconvert.code.trouble import NotFollowed, NotPython

CONTAINERS = Handlers()
on = CONTAINERS.on


@on("BUILD_TUPLE")
def build_tuple(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(tuple(frame.popped(it.argument)))


@on("BUILD_LIST")
def build_list(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.popped(it.argument))


@on("BUILD_MAP")
def build_map(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = frame.popped(0 if machine.release.number < (3, 5) else 2 * it.argument)
    frame.stack.append({key_of(k): v for k, v in zip(values[::2], values[1::2], strict=True)})


@on("STORE_MAP")
def store_map(machine: Machine, frame: Frame, it: Instruction) -> None:
    value, key = frame.popped(2)
    dict_of(frame.peek())[key_of(key)] = value


@on("MAP_ADD")
def map_add(machine: Machine, frame: Frame, it: Instruction) -> None:
    first, second = frame.popped(2)
    key, value = (first, second) if machine.release.number >= (3, 8) else (second, first)
    dict_of(frame.peek(it.argument))[key_of(key)] = value


@on("BUILD_CONST_KEY_MAP")
def build_const_key_map(machine: Machine, frame: Frame, it: Instruction) -> None:
    keys = frame.pop()
    values = frame.popped(it.argument)
    if not isinstance(keys, tuple) or len(keys) != len(values):
        raise NotPython("a dict with too many keys")
    frame.stack.append({key_of(k): v for k, v in zip(keys, values, strict=True)})


def key_of(value: Any) -> Any:
    """A key of a dict, which is a text or a number."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str | int):
        raise NotFollowed("a dict whose keys are neither texts nor numbers")
    return value


def dict_of(value: Any) -> dict[Any, Any]:
    """A dict, for what must be one."""
    if not isinstance(value, dict):
        raise NotPython("a dict that is none")
    return value


def list_of(value: Any) -> list[Any]:
    """A list, for what must be one."""
    if not isinstance(value, list):
        raise NotPython("a list that is none")
    return value


@on("LIST_APPEND")
def list_append(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = frame.pop()
    list_of(frame.peek(it.argument)).append(value)


@on("LIST_EXTEND")
def list_extend(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = machine.items(frame.pop())
    list_of(frame.peek(it.argument)).extend(values)


@on("LIST_TO_TUPLE")
def list_to_tuple(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(tuple(list_of(frame.pop())))


@on("DICT_MERGE", "DICT_UPDATE")
def dict_merge(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = dict_of(frame.pop())
    dict_of(frame.peek(it.argument)).update(values)


@on("BUILD_TUPLE_UNPACK", "BUILD_LIST_UNPACK", "BUILD_TUPLE_UNPACK_WITH_CALL")
def build_unpacked(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = [v for part in frame.popped(it.argument) for v in machine.items(part)]
    frame.stack.append(values if it.name == "BUILD_LIST_UNPACK" else tuple(values))


@on("BUILD_MAP_UNPACK", "BUILD_MAP_UNPACK_WITH_CALL")
def build_map_unpacked(machine: Machine, frame: Frame, it: Instruction) -> None:
    count = it.argument & 0xFF if machine.release.number < (3, 6) else it.argument
    frame.stack.append({k: v for part in frame.popped(count) for k, v in dict_of(part).items()})


@on("UNPACK_SEQUENCE")
def unpack_sequence(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = machine.items(frame.pop(), it.argument)
    if len(values) != it.argument:
        raise NotFollowed(f"{it.argument} variables are set to {len(values)} values")
    frame.stack += [*values][::-1]
