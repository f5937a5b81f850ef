"""Protocol buffers on the wire: a bounded reader for the few messages that a SavedModel and a checkpoint need.

TensorFlow's own message classes cannot be had without importing TensorFlow, and a SavedModel's graph of functions, most
of such a file, is of no use here. A message is therefore a table of the fields that are wanted; all others are skipped
unread. Tables nest as deep as they are written and never refer to themselves, so a file cannot make this recurse.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kconvert.errors import CorruptSource

Kind = Literal["int", "ints", "text", "bytes", "fixed32"]
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: `kind` is a plain one, or the table of the message that it holds."""

    name: str
    kind: Kind | Message
    many: bool = False


Message = Mapping[int, Field]

EMPTY: Mapping[Kind, Any] = {"int": 0, "ints": (), "text": "", "bytes": memoryview(b""), "fixed32": 0}


def message_of(data: bytes | memoryview, table: Message, where: str) -> dict[str, Any]:
    """The wanted fields by name; absent ones are empty, absent messages None, repeated ones lists.

    Args:
        where: names the file in an error.

    Raises:
        CorruptSource: not a message of this form, or cut short.
    """
    try:
        return _message(memoryview(data), table)
    except (IndexError, ValueError, struct.error, UnicodeDecodeError) as error:
        raise CorruptSource(f"{where}: a damaged protocol buffer ({error}): copy the file once more") from None


def _message(data: memoryview, table: Message) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in table.values():
        found[field.name] = [] if field.many else EMPTY[field.kind] if isinstance(field.kind, str) else None
    for number, wire_type, value in _fields(data):
        wanted = table.get(number)
        if wanted is None:
            continue
        decoded = _decoded(wanted, wire_type, value)
        if wanted.many:
            found[wanted.name].append(decoded)
        elif wanted.kind == "ints":
            found[wanted.name] = (*found[wanted.name], *decoded)
        else:
            found[wanted.name] = decoded
    return found


def _decoded(field: Field, wire_type: int, value: Any) -> Any:
    kind = field.kind
    if not isinstance(kind, str):
        return _message(_held(value, field), kind)
    if kind == "text":
        return bytes(_held(value, field)).decode("utf-8", "surrogateescape")
    if kind == "bytes":
        return _held(value, field)
    if kind == "ints":
        return tuple(_packed(value)) if wire_type == BYTES else (_signed(value),)
    if isinstance(value, memoryview):
        raise ValueError(f"{field.name} is not a number")
    return _signed(value)


def _held(value: Any, field: Field) -> memoryview:
    if not isinstance(value, memoryview):
        raise ValueError(f"{field.name} is a number")
    return value


def _fields(data: memoryview) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and value of each field: an integer, or the bytes of what has a length."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        wire_type = key & 7
        if wire_type == VARINT:
            value, place = varint(data, place)
            yield key >> 3, wire_type, value
            continue
        if wire_type == BYTES:
            length, place = varint(data, place)
        elif wire_type in (FIXED32, FIXED64):
            length = 4 if wire_type == FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire_type}")
        if place + length > len(data):
            raise ValueError("cut short")
        part = data[place : place + length]
        place += length
        yield key >> 3, wire_type, part if wire_type == BYTES else int.from_bytes(part, "little")


def varint(data: bytes | memoryview, place: int) -> tuple[int, int]:
    """The number that begins at `place`, seven bits per byte, and the place behind it.

    Raises:
        IndexError, ValueError: it does not end.
    """
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("a number without an end")


def _packed(data: memoryview) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = varint(data, place)
        yield _signed(value)


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
