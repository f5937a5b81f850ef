"""One step of each recurrent cell, on arrays: no layer, no dialect, no packing.

Gates stand beside each other on the last axis: i, f, c, o in an LSTM, z, r, h in a GRU. What does not depend on the state is computed for
all steps at once (`project`).
Sources: keras 0.2.0, 0.3.3, 1.2.2 layers/recurrent.py; keras 2.2.4 layers/recurrent.py, cudnn_recurrent.py; tensorflow 2.4
keras/layers/recurrent.py, recurrent_v2.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.activations import Activation

States = tuple[Array, ...]
Step = Callable[[Array, States], tuple[Array, States]]


@dataclass(frozen=True, slots=True)
class Cell:
    """What is repeated along time.

    Attributes:
        step: (what `project` gave at this time, states) -> output, new states.
        project: inputs (batch, steps, ...) -> what the steps take, for all of them.
        sizes: shapes of the states without the batch; None where they follow from the input (`zeros`).
        zeros: inputs -> first states, where they are not (batch, *size).
    """

    step: Step
    project: Callable[[Array], Array]
    sizes: tuple[tuple[int, ...], ...]
    zeros: Callable[[Array], States] | None = None

    def first(self, x: Array) -> States:
        """The states before the first step: zeros."""
        if self.zeros is not None:
            return self.zeros(x)
        return tuple(np.zeros((len(x), *size)) for size in self.sizes)


def simple(kernel: Array, recurrent: Array, bias: Array | None, activation: Activation) -> Cell:
    """h' = activation(x W + b + h U)."""

    def step(x: Array, states: States) -> tuple[Array, States]:
        h = activation(x + states[0] @ recurrent)
        return h, (h,)

    return Cell(step, _affine(kernel, bias), ((recurrent.shape[0],),))


def lstm(kernel: Array, recurrent: Array, bias: Array | None, activation: Activation, gate: Activation) -> Cell:
    """c' = f c + i a(..), h' = o a(c')."""
    units = recurrent.shape[0]

    def step(x: Array, states: States) -> tuple[Array, States]:
        h, c = states
        i, f, new, o = np.split(x + h @ recurrent, 4, axis=-1)
        c = gate(f) * c + gate(i) * activation(new)
        h = gate(o) * activation(c)
        return h, (h, c)

    return Cell(step, _affine(kernel, bias), ((units,), (units,)))


def gru(kernel: Array, recurrent: Array, bias: Array | None, activation: Activation, gate: Activation) -> Cell:
    """h' = z h + (1 - z) a(x + (r h) U): the reset gate before the matrix product."""
    units = recurrent.shape[0]
    of_gates, of_new = recurrent[:, : 2 * units], recurrent[:, 2 * units :]

    def step(x: Array, states: States) -> tuple[Array, States]:
        (h,) = states
        z, r = np.split(gate(x[:, : 2 * units] + h @ of_gates), 2, axis=-1)
        new = activation(x[:, 2 * units :] + (r * h) @ of_new)
        h = z * h + (1 - z) * new
        return h, (h,)

    return Cell(step, _affine(kernel, bias), ((units,),))


def gru_reset_after(
    kernel: Array, recurrent: Array, bias: Array | None, activation: Activation, gate: Activation
) -> Cell:
    """h' = z h + (1 - z) a(x + r (h U + b')): the reset gate after it. `bias` is (2, 3 units): of the input, of the state."""
    units = recurrent.shape[0]
    of_input, of_state = (None, 0.0) if bias is None else (bias[0], bias[1])

    def step(x: Array, states: States) -> tuple[Array, States]:
        (h,) = states
        y = h @ recurrent + of_state
        z, r = np.split(gate(x[:, : 2 * units] + y[:, : 2 * units]), 2, axis=-1)
        new = activation(x[:, 2 * units :] + r * y[:, 2 * units :])
        h = z * h + (1 - z) * new
        return h, (h,)

    return Cell(step, _affine(kernel, of_input), ((units,),))


def _affine(kernel: Array, bias: Array | None) -> Callable[[Array], Array]:
    def project(x: Array) -> Array:
        y: Array = x @ kernel
        return y if bias is None else y + bias

    return project
