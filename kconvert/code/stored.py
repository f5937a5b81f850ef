"""Python functions in the forms in which Keras saved them; which Python wrote one is found from the bytes themselves.

Keras 0.3 and 1.0 wrote the code alone, later ones code, defaults and closure; the bytes are text by `raw_unicode_escape`
until Keras 2.1.2 and by base64 from then on (`func_dump`, `func_load` in keras/utils/generic_utils.py of 1.0 to 2.15), and
`{"class_name": "__lambda__", ...}` from Keras 2.12 on (keras/saving/serialization_lib.py).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kconvert.code.expressions import Expression, expression
from kconvert.code.instructions import VERSIONS, Python, instructions, python
from kconvert.code.machine import Cell, Function
from kconvert.code.marshalled import FIELDS, Code, code_object
from kconvert.code.trouble import CodeTrouble, NotFollowed, NotPython

LONGEST = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A function of a file.

    Attributes:
        release: a Python that reads the bytes as the one that wrote them did.
        text: what it computes, as Python; or why that cannot be said.
    """

    release: Python
    function: Function
    text: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of its arguments."""
        return self.function.code.arguments


def stored_function(value: Any) -> Stored:
    """The function that a config holds.

    Raises:
        NotPython: it is damaged, or Pythons read it differently.
    """
    data, defaults, closure = _parts(value)
    readings = [
        Stored(release, function, described(release, function))
        for code, release in _readings(data)
        for function in [Function(code, defaults, {}, closure)]
    ]
    if not readings:
        raise NotPython("its bytecode is damaged, or of a Python other than 2.7 and 3.4 to 3.13")
    if len({_meaning(reading) for reading in readings}) > 1:
        names = ", ".join(str(reading.release) for reading in readings)
        raise NotPython(f"its bytecode means different things in the Pythons that can have written it ({names})")
    return readings[0]


def _readings(data: bytes) -> Iterator[tuple[Code, Python]]:
    for layout in FIELDS:
        try:
            code = code_object(data, layout)
        except NotPython:
            continue
        for version in VERSIONS[layout]:
            release = python(version)
            try:
                _check(code, release, 0)
            except NotPython:
                continue
            yield code, release


def _check(code: Code, release: Python, depth: int) -> None:
    """Every instruction at every depth is one of this release."""
    steps = instructions(code, release)
    if release.number >= (3, 11) and all(step.name != "RESUME" for step in steps):
        raise NotPython("it never begins")  # Python/compile.c of 3.11: compiler_enter_scope writes one for every scope
    if code.layout == "3.8" and (sum(code.lines[::2]) == len(code.code)) != (release.number == (3, 10)):
        raise NotPython("its line table is that of another release")  # Objects/lnotab_notes.txt: PEP 626's covers all
    for value in code.consts:
        if isinstance(value, Code):
            _check(value, release, depth + 1)


def _meaning(reading: Stored) -> Any:
    """What two readings must have in common: the expression, or, where there is none, every instruction."""
    if not reading.text.startswith("<"):
        return reading.text
    return reading.text, tuple(_listed(reading.function.code, reading.release))


def _listed(code: Code, release: Python) -> Iterator[Any]:
    yield from instructions(code, release)
    for value in code.consts:
        if isinstance(value, Code):
            yield from _listed(value, release)


def described(release: Python, function: Function) -> str:
    """What the function computes, as Python; or why that cannot be said."""
    code = function.code
    required = code.argcount - len(function.defaults)
    args = [Expression(name) for name in code.slots[: max(required, 0)]]
    named = {name: Expression(name) for name in code.slots[code.argcount :][: code.kwonlyargcount]}
    try:
        return f"lambda {', '.join(code.arguments)}: {expression(release, function, args, named)}"
    except CodeTrouble as trouble:
        return f"<Python code: {trouble}>"


def _parts(value: Any) -> tuple[bytes, tuple[Any, ...], tuple[Cell, ...]]:
    """Code, defaults and closure of any form."""
    if isinstance(value, Mapping):
        inside = value.get("config", value)
        if not isinstance(inside, Mapping) or "code" not in inside:
            raise NotPython("it holds no bytecode")
        value = [inside.get("code"), inside.get("defaults"), inside.get("closure")]
    if isinstance(value, str | bytes):
        value = [value, None, None]
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 3:
        raise NotPython("it holds no bytecode")
    code, defaults, closure = (*value, None, None)[:3]
    if not isinstance(code, str | bytes) or len(code) > 8 * LONGEST:
        raise NotPython("it holds no bytecode, or too much")
    values = [_constants(part) for part in (defaults, closure)]
    return _bytes(code), tuple(values[0]), tuple(Cell.of(v) for v in values[1])


def _constants(part: Any) -> list[Any]:
    if part is None:
        return []
    if not isinstance(part, list | tuple):
        raise NotPython("its defaults or closure are not lists")
    return [_unwrapped(v) for v in part]


def _unwrapped(value: Any) -> Any:
    """`{"class_name": "__tuple__", "items": [...]}` and the like as the value (keras 2.12 saving/legacy/serialization)."""
    if isinstance(value, Mapping):
        if value.get("class_name") in ("__tuple__", "__list__"):
            return [_unwrapped(v) for v in value.get("items", ())]
        return {str(k): _unwrapped(v) for k, v in value.items()}
    return [_unwrapped(v) for v in value] if isinstance(value, list | tuple) else value


def _bytes(text: str | bytes) -> bytes:
    """By base64 where that is what it is, else by `raw_unicode_escape`."""
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    if re.fullmatch(r"[A-Za-z0-9+/=\s]+", text):
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if data[:1] in (b"c", b"\xe3"):
            return data
    try:
        return text.encode("raw_unicode_escape")
    except UnicodeError:
        raise NotPython("its bytecode is not one") from None


__all__ = ["NotFollowed", "NotPython", "Stored", "stored_function"]
