"""How a model is trained on, in today's words: what the stages hand each other beside the model itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kconvert.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Compiled:
    """What today's `compile` is given.

    Attributes:
        optimizer: class and arguments.
        loss: a name, an object's class and arguments, None, or a list or dict of these.
        metrics, weighted_metrics: likewise; those that today's Keras does not have are left out.
        state: the slots of each weight in the order that the file keeps them; those of one group alternate from weight to
            weight.
        inexact: why further steps are not exactly those of the framework that wrote the file.
        notes: what was left out and changes no number.
    """

    optimizer: Mapping[str, Any]
    loss: Any
    loss_weights: Any = None
    metrics: Any = None
    weighted_metrics: Any = None
    state: tuple[tuple[str, ...], ...] = ()
    inexact: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class States:
    """What an optimizer remembers.

    Attributes:
        iterations: steps taken; 0 where the file does not keep them, as its own framework then begins at 0.
        slots: slot of today's optimizer -> the file's name of a weight -> tensor.
        rate: the learning rate, where it is kept beside the configuration.
    """

    iterations: int = 0
    slots: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    rate: float | None = None
