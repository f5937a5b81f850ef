"""Values and differences of configs in few words, for the report."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from kconvert.report import ArgumentChange

BY_A_RULE = "by a rule"
_NOTHING = object()


def in_short(value: Any) -> str:
    """As Python writes it, but of bounded length; objects of Keras by their class and arguments."""
    if isinstance(value, Mapping) and isinstance(value.get("class_name"), str):
        config = value.get("config")
        config = config if isinstance(config, Mapping) else {}
        inside = ", ".join(f"{k}={_SHORT.repr(v)}" for k, v in list(config.items())[:5] if v is not None)
        return f"{value['class_name'][:60]}({inside})"
    return _SHORT.repr(value)


def changed_by_rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ArgumentChange]:
    """What rules made of arguments after the tables."""
    for argument in dict.fromkeys((*before, *after)):
        old, new = before.get(argument, _NOTHING), after.get(argument, _NOTHING)
        if old is new or in_short(old) == in_short(new):
            continue
        if new is _NOTHING:
            yield ArgumentChange("dropped", argument, "", BY_A_RULE, in_short(old))
        elif old is _NOTHING:
            yield ArgumentChange("added", "", argument, BY_A_RULE, "", in_short(new))
        else:
            yield ArgumentChange("changed", argument, argument, BY_A_RULE, in_short(old), in_short(new))


def _short_repr() -> reprlib.Repr:
    short = reprlib.Repr()
    short.maxlevel, short.maxtuple, short.maxlist, short.maxdict = 3, 12, 12, 8
    short.maxstring = short.maxother = 80
    return short


_SHORT = _short_repr()
