"""ConvLSTM in one, two and three dimensions: an LSTM whose products are convolutions.

The input's is the layer's own, the state's has stride one and `same`. Inside here the channels are last.
Sources: keras 1.2.2, 2.0.8, 2.2.4 layers/convolutional_recurrent.py; keras 2.8 layers/convolutional_recurrent.py; keras 3.0.5
src/layers/rnn/conv_lstm.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.recurrence import repeated
from kconvert.verify.reference.recurrent import KERNELS, keras1_slots, taken
from kconvert.verify.reference.steps import Cell, States
from kconvert.verify.reference.values import Result, Value
from kconvert.verify.reference.windows import correlated, each, is_channels_first, keras1_kernel, paddings, turned

GATES = "ifco"


def conv_lstm(rank: int) -> Callable[..., Result]:
    """`ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`."""

    def call(layer: Layer, inputs: Any, initial_state: Any = None, **kwargs: Any) -> Result:
        x, states, constants = taken(layer, inputs, initial_state)
        if constants:
            raise Lacking("it is given constants")
        is_first = is_channels_first(layer, rank)

        def behind(array: Array) -> Array:
            return np.moveaxis(array, -1 - rank, -1) if is_first else array

        def back(array: Array) -> Array:
            return np.moveaxis(array, -1, -1 - rank) if is_first else array

        first = None if states is None else [behind(s) for s in states]
        zero = bool(layer.get("zero_output_for_mask", False))
        run = repeated(layer, _cell(layer, rank), behind(x.array.astype(np.float64)), first, x.mask, zero)
        is_sequence = layer.get("return_sequences", False)
        output = Value(back(run.outputs), x.mask) if is_sequence else Value(back(run.last))
        return (output, *(Value(back(s)) for s in run.states)) if layer.get("return_state", False) else output

    return call


def _cell(layer: Layer, rank: int) -> Cell:
    kernel, own, bias = _arrays(layer, rank)
    is_keras1 = layer.facts.dialect is Dialect.keras1
    strides = each(layer.get("subsample" if is_keras1 else "strides", 1), rank)
    gaps = each(layer.get("dilation_rate", 1), rank)
    mode = layer.get("border_mode" if is_keras1 else "padding", "valid")
    act = activation(layer, default="tanh")
    gate = activation(layer, "inner_activation" if is_keras1 else "recurrent_activation", "hard_sigmoid")
    ones = [1] * rank

    def convolved(x: Array, w: Array, border: str, step: Sequence[int], gap: Sequence[int]) -> Array:
        pairs, lengths = paddings(layer.facts, border, x.shape[1:-1], w.shape[:rank], step, gap)
        return correlated(x, turned(w, rank, layer.facts), step, gap, pairs, lengths)

    def project(x: Array) -> Array:
        flat = convolved(x.reshape(-1, *x.shape[2:]), kernel, mode, strides, gaps)
        return (flat + bias).reshape(*x.shape[:2], *flat.shape[1:])

    def step(x: Array, states: States) -> tuple[Array, States]:
        h, c = states
        i, f, new, o = np.split(x + convolved(h, own, "same", ones, ones), 4, axis=-1)
        c = gate(f) * c + gate(i) * act(new)
        h = gate(o) * act(c)
        return h, (h, c)

    def zeros(x: Array) -> States:
        one = convolved(x[:, 0], kernel, mode, strides, gaps)
        empty = np.zeros((*one.shape[:-1], own.shape[-2]))
        return empty, empty

    return Cell(step, project, ((), ()), zeros)


def _arrays(layer: Layer, rank: int) -> tuple[Array, Array, Array | float]:
    if layer.facts.dialect is Dialect.keras1:
        kernel, own = (
            np.concatenate([keras1_kernel(layer, f"{kind}_{g}", rank) for g in GATES], axis=-1) for kind in "WU"
        )
        return kernel, own, np.concatenate([layer.tensor(f"b_{g}") for g in GATES])
    bias = layer.tensor("bias") if layer.has("bias") else 0.0
    return layer.tensor("kernel"), layer.tensor("recurrent_kernel"), bias


KERAS1: dict[str, Rule] = {"ConvLSTM2D": Rule(conv_lstm(2), keras1_slots("LSTM"))}
KERAS2: dict[str, Rule] = {f"ConvLSTM{n}D": Rule(conv_lstm(n), KERNELS) for n in (1, 2, 3)}
KERAS3: dict[str, Rule] = {**KERAS2}
