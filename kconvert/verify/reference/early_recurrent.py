"""The recurrent layers of Keras 0.1 and 0.2, whose configs have `truncate_gradient`; several of them later Kerases do not have.

A mask does not stop the state there: it is the memory of masked steps that counts for nothing. A step multiplies what it remembers of
the step before by that step's mask, and computes as always.
Source: keras 0.2.0 layers/recurrent.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference import recurrent
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.steps import Cell
from kconvert.verify.reference.values import Result, Value

CellOf = Callable[[Layer], Cell]


def forgetting(cell_of: CellOf) -> Callable[[Layer, Value], Result]:
    """The function of a class whose cell is made by `cell_of`."""

    def run(layer: Layer, x: Value) -> Result:
        cell, array = cell_of(layer), x.array.astype(np.float64)
        states, projected, outputs = cell.first(array), cell.project(array), []
        for t in range(array.shape[1]):
            remembered = np.zeros((len(array), 1)) if t == 0 else _kept(x, t - 1)
            output, states = cell.step(projected[:, t], tuple(remembered * s for s in states))
            outputs.append(output)
        return _result(layer, x, outputs)

    return run


def of_both_ages(cell_of: CellOf) -> Callable[..., Result]:
    """The same class in 0.2 and in 0.3, where a mask stops the state."""
    early, late = forgetting(cell_of), recurrent.recurrent(cell_of)
    return lambda layer, x: early(layer, x) if "truncate_gradient" in layer.config else late(layer, x)


def jzs(number: int) -> CellOf:
    """`JZS1`, `JZS2`, `JZS3`: h' = z a(..) + (1 - z) h."""

    def cell_of(layer: Layer) -> Cell:
        t, act, gate = layer.tensor, activation(layer, default="tanh"), activation(layer, "inner_activation", "sigmoid")
        units = t("b_h").shape[0]

        def project(x: Array) -> Array:
            r = x @ t("Pmat") if number == 2 else x @ t("W_r")
            h = np.tanh(x @ t("Pmat")) if number == 1 else x @ t("W_h")
            return np.concatenate([x @ t("W_z") + t("b_z"), r + t("b_r"), h + t("b_h")], axis=-1)

        def step(x: Array, states: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
            (h,) = states
            z, r, new = np.split(x, 3, axis=-1)
            if number > 1:
                z = z + (np.tanh(h) if number == 3 else h) @ t("U_z")
            z, r = gate(z), gate(r + h @ t("U_r"))
            h = act(new + (r * h) @ t("U_h")) * z + h * (1 - z)
            return h, (h,)

        return Cell(step, project, ((units,),))

    return cell_of


def deep(layer: Layer, x: Value) -> Result:
    """`SimpleDeepRNN`: a step remembers the `depth` steps before it, each behind its own mask."""
    act, inner = activation(layer, default="sigmoid"), activation(layer, "inner_activation", "hard_sigmoid")
    outputs: list[Array] = []
    projected = x.array @ layer.tensor("W") + layer.tensor("b")
    for t in range(x.shape[1]):
        y = projected[:, t]
        for i in range(int(layer.get("depth", 3))):
            if t > i:
                y = y + _kept(x, t - 1 - i) * inner(outputs[t - 1 - i] @ layer.tensor(f"U_{i}"))
        # what lies before the first step is zeros behind a mask of zero
        outputs.append(act(y))
    return _result(layer, x, outputs)


def deep_slots(layer: Layer) -> tuple[Slot, ...]:
    """W, one U for each step back, b."""
    return (Slot("W"), *(Slot(f"U_{i}") for i in range(int(layer.get("depth", 3)))), Slot("b"))


def _kept(x: Value, t: int) -> Array:
    return np.ones((x.shape[0], 1)) if x.mask is None else x.mask[:, t, None].astype(np.float64)


def _result(layer: Layer, x: Value, outputs: Sequence[Array]) -> Value:
    return x.to(np.stack(outputs, axis=1)) if layer.get("return_sequences", False) else Value(outputs[-1])


KERAS0: dict[str, Rule] = {
    "GRU": Rule(of_both_ages(recurrent.keras1_gru), recurrent.keras1_slots("GRU")),
    "JZS1": Rule(forgetting(jzs(1)), slots("W_z", "b_z", "W_r", "U_r", "b_r", "U_h", "b_h", "Pmat")),
    "JZS2": Rule(forgetting(jzs(2)), slots("W_z", "U_z", "b_z", "U_r", "b_r", "W_h", "U_h", "b_h", "Pmat")),
    "JZS3": Rule(forgetting(jzs(3)), slots("W_z", "U_z", "b_z", "W_r", "U_r", "b_r", "W_h", "U_h", "b_h")),
    "LSTM": Rule(of_both_ages(recurrent.keras1_lstm), recurrent.keras1_slots("LSTM")),
    "SimpleDeepRNN": Rule(deep, deep_slots),
    "SimpleRNN": Rule(of_both_ages(recurrent.keras1_simple), slots("W", "U", "b")),
}
