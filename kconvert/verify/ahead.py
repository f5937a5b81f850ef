"""The first run's reference, computed while the file is still being loaded elsewhere.

What the file is going to say of its inputs is what the model says that was written into it. If it says otherwise, this is thrown
away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from kconvert.verify.inputs import Given
from kconvert.verify.reference import Computed


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was computed, from which arrays, and whether what layers gave was kept."""

    given: Given
    keep: bool
    computed: Computed

    def suits(self, given: Given, keep: bool) -> bool:
        """True where this is what is asked for now."""
        return (
            keep == self.keep
            and len(given.arrays) == len(self.given.arrays)
            and all(map(_same, given.arrays, self.given.arrays))
        )


def _same(a: Any, b: Any) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def side_by_side(
    ask: Callable[[], Mapping[str, Any]], compute: Callable[[], Ahead | None] | None
) -> tuple[Mapping[str, Any], Ahead | None]:
    """Both results; None where nothing was computed, or not to its end.

    Raises:
        VerificationFailed: as `ask` does.
    """
    if compute is None:
        return ask(), None
    with ThreadPoolExecutor(1, thread_name_prefix="reference") as thread:
        computing = thread.submit(compute)
        facts = ask()
        try:
            return facts, computing.result()
        except Exception:  # it is computed once more where it is needed, and said there
            return facts, None
