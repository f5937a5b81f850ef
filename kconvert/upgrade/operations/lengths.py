"""Lengths that only a running model knows: the size of its batch, of a sequence, of an image.

Code that computes a shape (`tf.shape(x)[0]`, `h * w`) is followed with these in place of numbers. They stand in NumPy
arrays of objects beside the numbers that are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kconvert.spec import Port


@dataclass(frozen=True, slots=True)
class Length:
    """A length, or what arithmetic made of lengths and numbers.

    Attributes:
        port, axis: the length of this axis of this tensor; or
        operation, parts: a stock operation on lengths and numbers.
    """

    port: Port | None = None
    axis: int = 0
    operation: str = ""
    parts: tuple[Any, ...] = ()

    def _with(self, operation: str, other: Any, swapped: bool = False) -> Any:
        if operation in ("multiply", "floor_divide") and not swapped and _is_number(other, 1):
            return self
        if operation == "multiply" and _is_number(other, 1):
            return self
        if operation in ("add", "subtract") and not swapped and _is_number(other, 0):
            return self
        return Length(operation=operation, parts=(other, self) if swapped else (self, other))

    def __add__(self, other: Any) -> Any:
        return self._with("add", other)

    def __radd__(self, other: Any) -> Any:
        return self if _is_number(other, 0) else self._with("add", other, True)

    def __sub__(self, other: Any) -> Any:
        return 0 if other == self else self._with("subtract", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("subtract", other, True)

    def __mul__(self, other: Any) -> Any:
        return self._with("multiply", other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("multiply", other, True)

    def __truediv__(self, other: Any) -> Any:
        return self._with("divide", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("divide", other, True)

    def __floordiv__(self, other: Any) -> Any:
        return self._with("floor_divide", other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with("floor_divide", other, True)


def _is_number(value: Any, wanted: int) -> bool:
    return not isinstance(value, Length) and bool(value == wanted)
