"""What an upgrade did to a model, layer by layer, argument by argument, tensor by tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Note:
    """One remark about one layer, or about the model where `layer` is empty."""

    level: Level
    layer: str
    text: str


@dataclass(frozen=True, slots=True)
class ArgumentChange:
    """What became of one argument: `kept`, `renamed`, `changed`, `replaced`, `packed`, `dropped`, `added`.

    Attributes:
        old_value, new_value: in short, as Python writes them.
    """

    what: str
    old: str
    new: str = ""
    because: str = ""
    old_value: str = ""
    new_value: str = ""


@dataclass(frozen=True, slots=True)
class TensorChange:
    """Where a file tensor went: `variable` is the new layer's slot, `steps` what was done to its values."""

    name: str
    variable: str
    shape: tuple[int, ...]
    dtype: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleUsed:
    """A rule that had something to do, and what it is there for."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer before one hop and the layers that stand for it behind it.

    Attributes:
        hop: `keras1 -> keras2`.
        names: of the layers that it became, in the order of `becomes`; empty for what a wrapper holds.
    """

    name: str
    class_name: str
    becomes: tuple[str, ...]
    new_name: str
    arguments: tuple[ArgumentChange, ...] = ()
    tensors: tuple[TensorChange, ...] = ()
    rules: tuple[RuleUsed, ...] = ()
    hop: str = ""
    names: tuple[str, ...] = ()
