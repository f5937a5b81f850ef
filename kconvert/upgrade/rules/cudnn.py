"""CuDNNLSTM and CuDNNGRU as LSTM and GRU.

Each gate's block of columns is stored transposed; the bias is flat and holds one half for the input and one for the recurrent product.
An LSTM adds the halves; a GRU (reset_after) keeps both. Source: keras 2.2.4 engine/saving.py `_convert_rnn_weights`.
"""

from __future__ import annotations

import numpy as np

from kconvert.tensor import Array, Tensor
from kconvert.upgrade.fragment import Fragment, Site


def cudnn(site: Site, fragment: Fragment) -> Fragment:
    """Tensors in the layout of the layer without CuDNN."""
    gates = 4 if site.old.class_name == "CuDNNLSTM" else 3
    tensors = fragment.main.tensors
    return fragment.with_tensors(
        kernel=_by_gate(tensors["kernel"], gates, "input"),
        recurrent_kernel=_by_gate(tensors["recurrent_kernel"], gates, "recurrent"),
        bias=_bias(tensors["bias"], gates),
    )


def _by_gate(kernel: Tensor, gates: int, what: str) -> Tensor:
    def one(block: Array) -> Array:
        return block.T.reshape(block.shape, order="F") if what == "input" else block.T

    def all_gates(kernel: Array) -> Array:
        return np.hstack([one(block) for block in np.hsplit(kernel, gates)])

    return kernel.apply(f"CuDNN {what} kernel, gate by gate", all_gates)


def _bias(bias: Tensor, gates: int) -> Tensor:
    half = bias.size // 2
    if gates == 3:
        return bias.reshape((2, half))
    return bias.apply("sum of both halves", lambda b: b[:half] + b[half:], (half,))
