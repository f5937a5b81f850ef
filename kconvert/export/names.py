"""What a writer needs to know of the names that callers use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Names(Protocol):
    """Names of inputs and outputs, in the order in which Keras flattens them."""

    @property
    def inputs(self) -> Sequence[str]:
        """One per input."""
        ...

    @property
    def outputs(self) -> Sequence[str]:
        """One per output."""
        ...
