"""Repeating a cell along time, as the backends' `K.rnn` do it; what a masked step gives is theirs to say.

The state stands still at a masked step everywhere. The output there is

* Theano, every unrolled loop, and TensorFlow through the loop of tf.keras from 1.13 on (which standalone Keras 2.3 uses too): the output of the
  step before, zeros at the first;
* TensorFlow's loop before that: the first state;
* CNTK's loop, masked or not: the first state, from Keras 2.2.3 on the last, which is c in an LSTM; with a fixed batch it unrolls;
* where the layer has `zero_output_for_mask`: zeros.

Sources: keras 0.3.3, 1.2.2, 2.0.8, 2.1.6, 2.2.2, 2.2.4, 2.3.1 backend/*_backend.py `rnn`, `_static_rnn`; tensorflow 1.8, 1.13, 2.4
keras/backend.py `rnn`; keras 2.15 src/backend.py `rnn`; keras 3.0.5 src/backend/tensorflow/rnn.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer
from kconvert.verify.reference.steps import Cell, States


@dataclass(frozen=True, slots=True)
class Run:
    """What a loop gives.

    Attributes:
        outputs: (batch, steps, ...), in the order in which they were computed.
        states: after the last step.
    """

    outputs: Array
    states: States

    @property
    def last(self) -> Array:
        """The output of the last step."""
        return self.outputs[:, -1]


def repeated(
    layer: Layer, cell: Cell, x: Array, states: Sequence[Array] | None, mask: Array | None, zero_output: bool = False
) -> Run:
    """The cell along axis 1 of x, backwards where `go_backwards` says so.

    Raises:
        Lacking: the mask is not one of steps.
    """
    if mask is not None and mask.ndim != 2:
        raise Lacking(f"its mask has {mask.ndim} axes; one of batch and steps was expected")
    current = cell.first(x) if states is None else tuple(states)
    projected = cell.project(x)
    order = range(x.shape[1])
    outputs, before = [], None
    for t in reversed(order) if layer.get("go_backwards", False) else order:
        output, new = cell.step(projected[:, t], current)
        if mask is not None:
            kept = [_where(mask[:, t], n, s) for n, s in zip(new, current, strict=True)]
            output = _where(mask[:, t], output, _masked(layer, output, before, current, zero_output))
            new = tuple(kept)
        current = new
        before = _given(layer, output, current)
        outputs.append(before)
    return Run(np.stack(outputs, axis=1), current)


def _masked(layer: Layer, output: Array, before: Array | None, states: States, zero_output: bool) -> Array:
    if zero_output:
        return np.zeros_like(output)
    if _gives_first_state(layer):
        return states[0]
    return np.zeros_like(output) if before is None else before


def _gives_first_state(layer: Layer) -> bool:
    facts = layer.facts
    if layer.get("unroll", False) or facts.dialect in (Dialect.keras0, Dialect.keras3):
        return False
    if facts.is_tf_keras:
        return not facts.since("2.2.4")
    return facts.backend == "tensorflow" and not (facts.dialect is Dialect.keras2 and facts.since("2.3.0"))


def _given(layer: Layer, output: Array, states: States) -> Array:
    facts = layer.facts
    if facts.dialect is not Dialect.keras2 or facts.is_tf_keras:
        return output
    if layer.get("unroll", False) or facts.has_fixed_batch or facts.backend != "cntk":
        return output
    return states[-1] if facts.since("2.2.3") else states[0]


def _where(mask: Array, yes: Array, no: Array) -> Array:
    return np.where(mask.reshape(-1, *[1] * (yes.ndim - 1)), yes, no)
