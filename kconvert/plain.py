"""Dataclasses and errors as JSON and back: what crosses the border of a process is data, never code.

What comes back is restored by the types that its dataclass declares; of errors only those of `kconvert.errors`.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kconvert import report
from kconvert.errors import InternalError, KConvertError

ERROR, VALUE = "$error", "$value"


def plain(value: Any) -> Any:
    """JSON's own types for dataclasses, errors, paths, NumPy's numbers; anything else as its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, KConvertError):
        kind = type(value).__name__ if type(value).__name__ in _errors() else _nearest(value)
        return {ERROR: kind, "args": plain(value.args), "data": {k: _marked(v) for k, v in value.__dict__.items()}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if callable(getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        return plain(value.item())
    if callable(getattr(value, "tolist", None)):
        return plain(value.tolist())
    return str(value)


def restored(kind: Any, data: Any) -> Any:
    """The value of the declared type `kind` that became `data`.

    Raises:
        TypeError: the data is not of this type.
    """
    if isinstance(data, Mapping) and ERROR in data:
        return restored_error(data)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if data is None else restored(next(a for a in arguments if a is not type(None)), data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: restored(hints[name], value) for name, value in data.items()})
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is ...:
            return tuple(restored(arguments[0], v) for v in data)
        return tuple(restored(a, v) for a, v in zip(arguments, data, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {k: restored(arguments[1], v) for k, v in data.items()}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return [restored(arguments[0], v) for v in data]
    return Path(data) if kind is Path else data


def restored_error(data: Mapping[str, Any]) -> KConvertError:
    """The error that became `data`: same class, same arguments, same attributes."""
    kind = _errors().get(data[ERROR], InternalError)
    error = kind.__new__(kind)
    error.args = tuple(_revived(data["args"]))
    error.__dict__.update({k: _revived(v) for k, v in data["data"].items()})
    return error


def _marked(value: Any) -> Any:
    """An error does not declare the types of its attributes: a value of the report says which it is."""
    if dataclasses.is_dataclass(value) and getattr(report, type(value).__name__, None) is type(value):
        return {VALUE: type(value).__name__, "fields": plain(value)}
    if isinstance(value, list | tuple):
        return [_marked(v) for v in value]
    return plain(value)


def _revived(data: Any) -> Any:
    if isinstance(data, list):
        values = [_revived(v) for v in data]
        return tuple(values) if values and all(isinstance(v, KConvertError) for v in values) else values
    if not isinstance(data, Mapping):
        return data
    if VALUE in data:
        return restored(getattr(report, data[VALUE]), data["fields"])
    return restored_error(data) if ERROR in data else {k: _revived(v) for k, v in data.items()}


@functools.cache
def _errors() -> dict[str, type[KConvertError]]:
    return {kind.__name__: kind for kind in _family(KConvertError) if kind.__module__ == KConvertError.__module__}


def _family(kind: type[KConvertError]) -> Iterator[type[KConvertError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _nearest(error: KConvertError) -> str:
    return next(k.__name__ for k in type(error).__mro__ if k.__name__ in _errors())


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
