"""What the user's own code defines, as far as its text says: no line of it runs to find out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Masks = Literal["dropped", "passed", "its own"]


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function of the user's.

    Attributes:
        name: as the module has it.
        is_class: a class, else a function.
        methods: those that the class and its bases in the same code define.
        reads_mask: its `call` takes a `mask`.
        masks: what becomes of a mask that arrives.
        text: its source and that of its bases, for questions that only its words answer.
    """

    name: str
    is_class: bool
    methods: frozenset[str] = frozenset()
    reads_mask: bool = False
    masks: Masks = "dropped"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Definitions:
    """All of it.

    Attributes:
        named: every name by which a model file can mean one: `Scale`, `my_package>Scale`.
        texts: the sources, today's first of each, to follow a function in.
    """

    named: Mapping[str, Definition] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    def find(self, name: object) -> Definition | None:
        """What the user's code has under this name; a package in front of it matters only if the code says it, too."""
        if not isinstance(name, str):
            return None
        return self.named.get(name) or self.named.get(name.rpartition(">")[2])

    def layer(self, name: object) -> Definition | None:
        """The class of this name."""
        found = self.find(name)
        return found if found is not None and found.is_class else None


NO_DEFINITIONS = Definitions()
