"""SimpleRNN, LSTM and GRU from Keras 0.3 on; states in and out.

Keras 1 keeps a gate's arrays apart, or beside each other with consume_less='gpu'; Keras 2 always beside each other. `inner_activation` was
hard_sigmoid, and so was `recurrent_activation` until Keras 2.3 and tf.keras 2.0; a file always says it. A stateful layer begins with zeros.
Sources: keras 0.3.3, 1.0.8, 1.2.2, 2.0.8, 2.2.4, 2.3.1 layers/recurrent.py; tensorflow 2.4 keras/layers/recurrent.py, recurrent_v2.py;
keras 3.0.5 src/layers/rnn/rnn.py, lstm.py, gru.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference import steps
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.recurrence import repeated
from kconvert.verify.reference.steps import Cell
from kconvert.verify.reference.values import Result, Value

CellOf = Callable[[Layer], Cell]
GATES = {"LSTM": "ifco", "GRU": "zrh"}
STORED = {"LSTM": "icfo", "GRU": "zrh"}
"""The order in which Keras 0.3 and 1 list the gates."""


def recurrent(cell_of: CellOf) -> Callable[..., Result]:
    """The function of a class whose cell is made by `cell_of`."""

    def run(layer: Layer, inputs: Any, initial_state: Any = None, **kwargs: Any) -> Result:
        x, states, constants = taken(layer, inputs, initial_state)
        if constants:
            raise Lacking("it is given constants")
        return computed(layer, cell_of(layer), x, states)

    return run


def taken(
    layer: Layer, inputs: Any, initial_state: Any = None, constants: Any = None
) -> tuple[Value, list[Array] | None, list[Array]]:
    """Sequence, first states and constants, which a file may list as inputs of the layer."""
    listed = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    count = int(layer.get("num_constants") or 0)
    x, rest = listed[0], listed[1:]
    if constants is None and count:
        rest, constants = rest[:-count], rest[-count:]
    states = rest or initial_state
    if isinstance(states, Value):
        states = [states]
    return x, [s.array for s in _flat(states)] if states else None, [c.array for c in _flat(constants or [])]


def _flat(nest: Any) -> list[Value]:
    return [nest] if isinstance(nest, Value) else [value for part in nest for value in _flat(part)]


def computed(layer: Layer, cell: Cell, x: Value, states: Sequence[Array] | None) -> Result:
    """The layer's outputs: the sequence or its end, then the states where they are asked for."""
    array = x.array.astype(np.float64)
    mask = x.mask
    if layer.get("time_major", False):
        array, mask = array.swapaxes(0, 1), None if mask is None else mask.swapaxes(0, 1)
    run = repeated(layer, cell, array, states, mask, bool(layer.get("zero_output_for_mask", False)))
    if layer.get("return_sequences", False):
        output = run.outputs.swapaxes(0, 1) if layer.get("time_major", False) else run.outputs
        first = Value(output, x.mask)
    else:
        first = Value(run.last)
    return (first, *(Value(s) for s in run.states)) if layer.get("return_state", False) else first


def with_arguments(layer: Layer, **arguments: Any) -> Layer:
    """The same layer with other arguments."""
    return replace(layer, config={**layer.config, **arguments})


# Keras 0.3 and 1


def keras1_arrays(layer: Layer, class_name: str) -> tuple[Array, Array, Array]:
    """W, U and b with the gates beside each other in the order of `steps.py`."""
    if layer.has("W"):
        return layer.tensor("W"), layer.tensor("U"), layer.tensor("b")
    parts = [[layer.tensor(f"{kind}_{gate}") for gate in GATES[class_name]] for kind in "WUb"]
    w, u, b = (np.concatenate(part, axis=-1) for part in parts)
    return w, u, b


def keras1_slots(class_name: str) -> Callable[[Layer], tuple[Slot, ...]]:
    """Arrays per gate, or one of each kind."""

    def of(layer: Layer) -> tuple[Slot, ...]:
        if layer.get("consume_less", "cpu") == "gpu":
            return (Slot("W"), Slot("U"), Slot("b"))
        return tuple(Slot(f"{kind}_{gate}") for gate in STORED[class_name] for kind in "WUb")

    return of


def keras1_simple(layer: Layer) -> Cell:
    """`SimpleRNN`."""
    return steps.simple(layer.tensor("W"), layer.tensor("U"), layer.tensor("b"), activation(layer, default="tanh"))


def keras1_lstm(layer: Layer) -> Cell:
    """`LSTM`."""
    gate = activation(layer, "inner_activation", "hard_sigmoid")
    return steps.lstm(*keras1_arrays(layer, "LSTM"), activation(layer, default="tanh"), gate)


def keras1_gru(layer: Layer) -> Cell:
    """`GRU`."""
    gate = activation(layer, "inner_activation", "hard_sigmoid")
    return steps.gru(*keras1_arrays(layer, "GRU"), activation(layer, default="tanh"), gate)


# Keras 2 and 3


def _arrays(layer: Layer) -> tuple[Array, Array, Array | None]:
    bias = layer.tensor("bias") if layer.has("bias") else None
    return layer.tensor("kernel"), layer.tensor("recurrent_kernel"), bias


def _gate(layer: Layer) -> Any:
    if "recurrent_activation" in layer.config or layer.facts.dialect is Dialect.keras3:
        return activation(layer, "recurrent_activation", "sigmoid")
    return activation(layer, "recurrent_activation", "sigmoid" if layer.facts.since("2.3.0") else "hard_sigmoid")


def keras2_simple(layer: Layer) -> Cell:
    """`SimpleRNN`, `SimpleRNNCell`."""
    return steps.simple(*_arrays(layer), activation(layer, default="tanh"))


def keras2_lstm(layer: Layer) -> Cell:
    """`LSTM`, `LSTMCell`."""
    return steps.lstm(*_arrays(layer), activation(layer, default="tanh"), _gate(layer))


def keras2_gru(layer: Layer) -> Cell:
    """`GRU`, `GRUCell`. Without a word about it the reset gate stands before; the bias of the other kind has two rows."""
    kernel, recurrent_kernel, bias = _arrays(layer)
    resets_after = layer.get("reset_after", layer.facts.dialect is Dialect.keras3)
    make = steps.gru_reset_after if resets_after else steps.gru
    if bias is not None and _takes_r_for_h(layer):
        units = recurrent_kernel.shape[0]
        of_r = slice(units, 2 * units)
        kernel = np.concatenate([kernel[:, : 2 * units], kernel[:, of_r]], axis=1)
        bias = np.concatenate([bias[: 2 * units], bias[of_r] + bias[2 * units :]])
    return make(kernel, recurrent_kernel, bias, activation(layer, default="tanh"), _gate(layer))


def _takes_r_for_h(layer: Layer) -> bool:
    """Keras 2.0.0 and 2.0.1 add the bias of h to what was computed for r (layers/recurrent.py `GRU.step`)."""
    facts = layer.facts
    if layer.get("implementation") != 1 or facts.dialect is not Dialect.keras2 or facts.is_tf_keras:
        return False
    return not facts.since("2.0.2")


KERNELS = slots("kernel", "recurrent_kernel", "bias?use_bias")

KERAS1: dict[str, Rule] = {
    "SimpleRNN": Rule(recurrent(keras1_simple), slots("W", "U", "b")),
    "LSTM": Rule(recurrent(keras1_lstm), keras1_slots("LSTM")),
    "GRU": Rule(recurrent(keras1_gru), keras1_slots("GRU")),
}
KERAS2: dict[str, Rule] = {
    "SimpleRNN": Rule(recurrent(keras2_simple), KERNELS),
    "LSTM": Rule(recurrent(keras2_lstm), KERNELS),
    "UnifiedLSTM": Rule(recurrent(keras2_lstm), KERNELS),
    "GRU": Rule(recurrent(keras2_gru), KERNELS),
}
KERAS3: dict[str, Rule] = {**KERAS2}
