"""`RNN` around a cell, or around several that stand on each other.

The states of stacked cells are one flat list, the topmost cell's first in Keras before 2.2.3 and tf.keras before 1.13, the undermost
cell's first afterwards.
Sources: keras 2.1.2 to 2.2.4, 2.3.1 layers/recurrent.py `RNN`, `StackedRNNCells`; tensorflow 2.4 keras/layers/recurrent.py; keras 3.0.5
src/layers/rnn/stacked_rnn_cells.py; tensorflow 2.4 keras/layers/recurrent.py `PeepholeLSTMCell`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference import recurrent
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.steps import Cell, States
from kconvert.verify.reference.values import Result


def run(layer: Layer, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Result:
    """`RNN`."""
    x, states, given = recurrent.taken(layer, inputs, initial_state, constants)
    if given:
        raise Lacking("its cell takes constants")
    held = layer.inner.get("cell", layer.inner.get("cells"))
    cell = stacked(held, layer, False) if isinstance(held, tuple) else cell_of(layer.held("cell"))
    return recurrent.computed(layer, cell, x, states)


def cell_of(layer: Layer) -> Cell:
    """The cell that this layer is.

    Raises:
        Lacking: it is none that the reference knows.
    """
    if layer.trouble:
        raise Lacking(layer.trouble)
    if layer.class_name == "StackedRNNCells":
        cells = layer.inner.get("cells")
        if not isinstance(cells, tuple):
            raise Lacking("it holds no cells")
        return stacked(cells, layer, bool(layer.get("reverse_state_order", False)))
    if layer.class_name not in CELLS:
        raise Lacking(f"the reference does not have the cell {layer.class_name}")
    return CELLS[layer.class_name](layer)


def stacked(layers: tuple[Layer, ...], owner: Layer, reverse: bool) -> Cell:
    """Several cells as one."""
    cells = [cell_of(layer) for layer in layers]
    order = list(range(len(cells)))
    if reverse or _lists_topmost_first(owner):
        order.reverse()

    def step(x: Array, states: States) -> tuple[Array, States]:
        rest, own = list(states), {}
        for number in order:
            count = len(cells[number].sizes)
            own[number], rest = tuple(rest[:count]), rest[count:]
        for number, cell in enumerate(cells):
            x, own[number] = cell.step(cell.project(x), own[number])
        return x, tuple(s for number in order for s in own[number])

    return Cell(step, lambda x: x, tuple(size for number in order for size in cells[number].sizes))


def _lists_topmost_first(layer: Layer) -> bool:
    facts = layer.facts
    if facts.dialect is Dialect.keras3:
        return False
    return not facts.since("2.2.4" if facts.is_tf_keras else "2.2.3")


def peephole(layer: Layer) -> Cell:
    """`PeepholeLSTMCell`: gates also see the state c, the last one the new c."""
    kernel, own = layer.tensor("kernel"), layer.tensor("recurrent_kernel")
    bias = layer.tensor("bias") if layer.has("bias") else 0.0
    act, gate = activation(layer, default="tanh"), activation(layer, "recurrent_activation", "hard_sigmoid")
    of_i, of_f, of_o = (layer.tensor(f"{name}_gate_peephole_weights") for name in ("input", "forget", "output"))

    def step(x: Array, states: States) -> tuple[Array, States]:
        h, c = states
        i, f, new, o = np.split(x + h @ own, 4, axis=-1)
        c = gate(f + of_f * c) * c + gate(i + of_i * c) * act(new)
        h = gate(o + of_o * c) * act(c)
        return h, (h, c)

    return Cell(step, lambda x: x @ kernel + bias, ((len(of_i),), (len(of_i),)))


def _uncalled(layer: Layer, *args: object, **kwargs: object) -> Result:
    raise Lacking("a cell is not called by itself")


CELLS: Mapping[str, Callable[[Layer], Cell]] = {
    "GRUCell": recurrent.keras2_gru,
    "LSTMCell": recurrent.keras2_lstm,
    "PeepholeLSTMCell": peephole,
    "SimpleRNNCell": recurrent.keras2_simple,
}
PEEPHOLES = ("input_gate_peephole_weights", "forget_gate_peephole_weights", "output_gate_peephole_weights")

KERAS2: dict[str, Rule] = {
    "GRUCell": Rule(_uncalled, recurrent.KERNELS),
    "LSTMCell": Rule(_uncalled, recurrent.KERNELS),
    "PeepholeLSTMCell": Rule(_uncalled, slots("kernel", "recurrent_kernel", "bias?use_bias", *PEEPHOLES)),
    "RNN": Rule(run),
    "SimpleRNNCell": Rule(_uncalled, recurrent.KERNELS),
    "StackedRNNCells": Rule(_uncalled),
}
KERAS3: dict[str, Rule] = {**KERAS2}
