"""Operators and functions of constants, computed at once, within bounds: what a body computes without any tensor."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kconvert.code import NotFollowed
from kconvert.upgrade.operations.lengths import Length

LARGEST = 1 << 20  # elements of an array that is made
MOST_PAIRS = 1 << 24  # elements of one operand times those of the other: a product or a broadcast is no larger
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor, "@": operator.matmul,
    "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
    "is": lambda a, b: a is b or (type(a) is type(b) and a == b), "is not": lambda a, b: not COMPARE["is"](a, b),
}  # fmt: skip
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": lambda v: 0 - v if isinstance(v, Length) else -v, "+": operator.pos, "~": operator.invert, "not": operator.not_,
}  # fmt: skip
NUMBER = int | float | complex | np.generic
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"math.{n}": getattr(math, n) for n in ("sqrt", "exp", "log", "ceil", "floor", "sin", "cos", "tan", "tanh", "pow",
                                               "log2", "log10", "fabs", "radians", "degrees", "atan2")},
    **{f"numpy.{n}": getattr(np, n) for n in (
        "sqrt", "exp", "log", "log2", "log10", "abs", "sin", "cos", "square", "power", "array", "asarray", "prod", "sum",
        "mean", "max", "min", "ceil", "floor", "round", "float32", "float64", "int32", "int64", "reshape", "transpose",
        "expand_dims", "concatenate", "stack", "outer", "diag", "tril", "triu", "maximum", "minimum", "log1p", "expm1",
        "tanh", "sign", "cumsum", "dot", "squeeze",
    )},
}  # fmt: skip
SIZED: dict[str, Callable[..., Any]] = {
    f"numpy.{n}": getattr(np, n)
    for n in ("zeros", "ones", "full", "arange", "linspace", "eye", "identity", "tile", "repeat")
}


def computed(what: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The value of a function of constants.

    Raises:
        NotFollowed: Python would raise an error, or the value would be too large.
    """
    if math.prod(_elements(value) for value in (*args, *kwargs.values())) > MOST_PAIRS:
        raise NotFollowed(f"{what} makes a constant that is too large")
    try:
        with np.errstate(all="ignore"):
            result = function(*args, **kwargs)
    except (TypeError, ValueError, ArithmeticError, IndexError, KeyError, AttributeError, MemoryError) as error:
        raise NotFollowed(f"{what} cannot be computed: {error}") from None
    return result


def binary(sign: str, left: Any, right: Any, is_python2: bool) -> Any:
    """An operator between constants."""
    if sign == "div":
        whole = all(isinstance(v, int | np.integer | Length) for v in (left, right))
        sign = "//" if whole and is_python2 else "/"
    if sign in ("**", "<<", ">>") and isinstance(left, int) and isinstance(right, int) and not _is_small(left, right):
        raise NotFollowed("a number that is too large")
    if sign in ("*", "%") and isinstance(left, str | bytes | list | tuple) | isinstance(
        right, str | bytes | list | tuple
    ):
        sizes = [len(v) if isinstance(v, str | bytes | list | tuple) else v for v in (left, right)]
        if sign == "%" or not all(isinstance(s, int) and s <= 1000 for s in sizes):
            raise NotFollowed("an operator on text or on a list")
    if isinstance(left, int) and isinstance(right, int) and max(left.bit_length(), right.bit_length()) > 4096:
        raise NotFollowed("a number that is too large")
    if isinstance(left, list | tuple) and isinstance(right, list | tuple) and len(left) + len(right) > 10_000:
        raise NotFollowed("a list that is too long")
    return computed(f"`{sign}`", BINARY[sign], left, right)


def _is_small(left: int, right: int) -> bool:
    return abs(right) <= 256 and abs(left).bit_length() * abs(right) <= 4096


def call(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A function of `numpy` or `math` on constants.

    Raises:
        NotFollowed: not one that is known here.
    """
    if path in SIZED:
        numbers = [abs(int(n)) for a in (*args, *kwargs.values()) for n in _flat(a)]
        total = 1
        for n in numbers:
            total *= max(n, 1)
        if total > LARGEST:
            raise NotFollowed(f"{path} makes a constant that is too large")
        return computed(path, SIZED[path], *args, **kwargs)
    if path not in FUNCTIONS:
        raise NotFollowed(f"{path} is not known here")
    if path == "numpy.diag" and args and _elements(args[0]) > LARGEST >> 10:  # it squares
        raise NotFollowed(f"{path} makes a constant that is too large")
    return computed(path, FUNCTIONS[path], *args, **kwargs)


def _elements(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_elements, value))
    return max(int(value.size), 1) if isinstance(value, np.ndarray) else 1


def _flat(value: Any) -> list[float]:
    if isinstance(value, bool | str) or value is None:
        return []
    if isinstance(value, list | tuple):
        return [n for v in value for n in _flat(v)]
    if isinstance(value, np.ndarray):
        return [value.size]
    return [float(value)] if isinstance(value, int | float | np.integer) and math.isfinite(value) else []
