"""What every variable of a model is meant to be: read when it is written somewhere, with the digest of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kconvert.errors import ConversionFailed, ShapeMismatch
from kconvert.late import fill, give, is_late
from kconvert.tensor import Array, Tensor
from kconvert.variables import began, digest

BLOCK = 4 << 20  # bytes in memory at a time


@dataclass(frozen=True, slots=True)
class Pair:
    """A variable and the tensor that it is made of; `path` and `class_name` are its layer's."""

    path: str
    class_name: str
    variable: Any
    tensor: Tensor

    @property
    def fits(self) -> bool:
        """True where the tensor has its variable's shape."""
        return tuple(self.variable.shape) == self.tensor.shape

    def read(self) -> Array:
        """The whole value in the variable's dtype.

        Raises:
            ConversionFailed: that dtype does not hold every bit of it.
        """
        value = self._cast(self.tensor.read())
        if value.shape != self.tensor.shape:
            raise self._broken(f"the shape {value.shape}")
        return value

    def blocks(self, limit: int) -> Iterator[Array]:
        """The same in blocks; see `Tensor.blocks`."""
        left = self.tensor.size
        for block in self.tensor.blocks(limit):
            left -= block.size
            yield self._cast(block)
        if left:
            raise self._broken(f"{self.tensor.size - left} elements")

    def _broken(self, what: str) -> Exception:
        """Of a rule that says one shape and gives another."""
        return ValueError(f"{self.tensor.name} was said to have the shape {self.tensor.shape} and has {what}")

    def _cast(self, value: Array) -> Array:
        dtype = np.dtype(self.variable.dtype)
        cast = np.asarray(value, dtype=dtype, order="C")
        if cast.dtype != value.dtype and not np.array_equal(cast.astype(value.dtype), value, equal_nan=True):
            raise ConversionFailed(
                [ShapeMismatch(f"{self.tensor.name} is {value.dtype}, which {dtype} cannot hold", layer=self.path)]
            )
        return cast


class Values:
    """The values of variables; each is read anew by every use.

    Args:
        is_digested: `digests` will be asked for, so they are made of what passes by.
    """

    def __init__(self, is_digested: bool = True) -> None:
        self._pairs: dict[int, Pair] = {}
        self._digests: dict[int, str] = {}
        self._is_digested = is_digested

    def add(self, pairs: Iterable[Pair]) -> None:
        """From now on, whoever asks Keras for a late one of these variables gets its value."""
        for pair in pairs:
            self._pairs[id(pair.variable)] = pair
            if is_late(pair.variable):
                give(pair.variable, pair.read)

    def __contains__(self, variable: object) -> bool:
        return id(variable) in self._pairs

    def fill(self) -> None:
        """Writes all of them into their variables."""
        for pair in self._pairs.values():
            fill(pair.variable, self.blocks(pair.variable))

    def blocks(self, variable: Any) -> Iterator[Array]:
        """The elements of one variable in row-major order; a block may be overwritten by the next."""
        key = id(variable)
        pair = self._pairs[key]
        if not self._is_digested or key in self._digests:
            yield from pair.blocks(BLOCK)
            return
        total = began(np.dtype(variable.dtype), pair.tensor.shape)
        for block in pair.blocks(BLOCK):
            total.update(block.view("u1"))
            yield block
        self._digests[key] = total.hexdigest()

    def digests(self, keyed: Iterable[tuple[str, Any]]) -> dict[str, str]:
        """For each key the digest of what its variable is meant to be, or is where the file says nothing of it."""
        return {key: self._digest(variable) for key, variable in keyed}

    def _digest(self, variable: Any) -> str:
        if variable not in self:
            return digest(np.asarray(variable))
        if id(variable) not in self._digests:
            for _ in self.blocks(variable):
                pass
        return self._digests[id(variable)]
