"""What a writer is given beside the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # who publishes what was written needs no NumPy
    from kconvert.tensor import Array


class Names(Protocol):
    """Names of inputs and outputs for who calls a model by name, in the order in which Keras flattens them."""

    @property
    def inputs(self) -> Sequence[str]:
        """One per input."""
        ...

    @property
    def outputs(self) -> Sequence[str]:
        """One per output."""
        ...


class Values(Protocol):
    """What the variables are meant to be: most have no value in memory."""

    def __contains__(self, variable: object) -> bool:
        """True for a variable whose value is known here."""
        ...

    def blocks(self, variable: object) -> Iterator[Array]:
        """The elements in row-major order; a block may be overwritten by the next."""
        ...

    def fill(self) -> None:
        """Writes the values into the variables."""
        ...
