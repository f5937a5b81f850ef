"""JSON: sizes and numbers are bounded while it is read, depth and count when it is there; no key may be there twice."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any

from kconvert.errors import CorruptSource, UnsafeSource
from kconvert.read.scan.limits import (
    DEEPEST_TEXT,
    LARGEST_INTEGER,
    LARGEST_JSON,
    LONGEST_KEY,
    LONGEST_STRING,
    MOST_VALUES,
)


def plain_json(text: str, where: str) -> Any:
    """The value of a JSON text.

    Raises:
        CorruptSource: not valid, or ambiguous.
        UnsafeSource: beyond the limits.
    """
    if len(text) > LARGEST_JSON:
        raise UnsafeSource(f"{where}: {len(text):,} bytes of JSON; the limit is {LARGEST_JSON:,}", code="E_LIMIT")
    if text.count(",") > MOST_VALUES:  # an empty dict takes a hundred times the memory of its two characters
        raise _too_many(where)
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_int=_integer, parse_float=_finite)
    except RecursionError:
        raise _too_deep(where) from None
    except ValueError as error:
        raise CorruptSource(f"{where}: not valid JSON: {error}", code="E_BAD_CONFIG") from None
    check_values(value, where)
    return value


def check_values(value: Any, where: str) -> None:
    """Depth, number and sizes of plain values, shared ones counted as often as they stand.

    Raises:
        UnsafeSource: beyond the limits.
    """
    waiting = [(value, 0)]
    seen = 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST_TEXT:
            raise _too_deep(where)
        if isinstance(one, dict):
            for key in one:
                if len(str(key)) > LONGEST_KEY:
                    raise UnsafeSource(f"{where}: a key of {len(str(key)):,} characters", code="E_LIMIT")
            inside: Collection[Any] = one.values()
        elif isinstance(one, list):
            inside = one
        else:
            if isinstance(one, str) and len(one) > LONGEST_STRING:
                raise UnsafeSource(
                    f"{where}: a text of {len(one):,} characters; the limit is {LONGEST_STRING:,}", code="E_LIMIT"
                )
            continue
        seen += len(inside)
        if seen > MOST_VALUES:
            raise _too_many(where)
        waiting.extend((v, depth + 1) for v in inside if isinstance(v, dict | list | str))


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        known: set[str] = set()
        twice = next(k for k, _ in pairs if k in known or known.add(k))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} is there twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 25 or abs(int(digits)) > LARGEST_INTEGER:
        raise ValueError(f"a whole number of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    """A number as it is written; `Infinity` and `NaN`, which Keras writes too, do not come here."""
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"the number {digits[:20]} is too large")
    return value


def _too_deep(where: str) -> UnsafeSource:
    return UnsafeSource(f"{where}: nested deeper than {DEEPEST_TEXT}", code="E_LIMIT")


def _too_many(where: str) -> UnsafeSource:
    return UnsafeSource(f"{where}: more than {MOST_VALUES:,} values", code="E_LIMIT")
