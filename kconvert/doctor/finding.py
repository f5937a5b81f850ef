"""One thing to know about an environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so, and what to do about it.

    Attributes:
        level: `error`: kconvert cannot convert; `warning`: something will not do what one expects; `note`: good to know.
        topic: what it is about: a package, a variable, a limit.
        do: what helps; empty where nothing need be done.
    """

    level: Level
    topic: str
    says: str
    do: str = ""

    @property
    def rank(self) -> int:
        """0 for what matters most."""
        return LEVELS.index(self.level)
