"""CuDNNLSTM and CuDNNGRU: the layers of the graphics card, whose arrays are stored in its layout.

Each gate's block of columns, flattened row by row, is what cuDNN takes for a (units, inputs) matrix. The bias has two vectors for each
gate: an LSTM adds them, a GRU keeps them apart and resets after its matrix product. Gates are sigmoids, everything else tanh.
Sources: keras 2.2.4 layers/cudnn_recurrent.py `_canonical_to_params`, `CuDNNGRU`, `CuDNNLSTM`; tensorflow 2.4
keras/layers/cudnn_recurrent.py.
"""

from __future__ import annotations

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference import recurrent, steps
from kconvert.verify.reference.activations import sigmoid
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.steps import Cell


def lstm(layer: Layer) -> Cell:
    """`CuDNNLSTM`."""
    kernel, own, bias = (layer.tensor(name) for name in ("kernel", "recurrent_kernel", "bias"))
    both = bias.reshape(2, -1).sum(axis=0)
    return steps.lstm(_as_read(kernel, 4), _as_read(own, 4), both, np.tanh, sigmoid)


def gru(layer: Layer) -> Cell:
    """`CuDNNGRU`."""
    kernel, own, bias = (layer.tensor(name) for name in ("kernel", "recurrent_kernel", "bias"))
    return steps.gru_reset_after(_as_read(kernel, 3), _as_read(own, 3), bias.reshape(2, -1), np.tanh, sigmoid)


def _as_read(kernel: Array, gates: int) -> Array:
    """The matrix that the card multiplies by."""
    rows = kernel.shape[0]
    blocks = np.split(kernel, gates, axis=1)
    return np.concatenate([block.reshape(-1, rows).T for block in blocks], axis=1)


SLOTS = slots("kernel", "recurrent_kernel", "bias")

KERAS2: dict[str, Rule] = {
    "CuDNNGRU": Rule(recurrent.recurrent(gru), SLOTS),
    "CuDNNLSTM": Rule(recurrent.recurrent(lstm), SLOTS),
}
