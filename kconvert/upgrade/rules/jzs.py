"""JZS1 and JZS3 of Keras 0.2 (MUT1 and MUT3 of Jozefowicz et al. 2015). JZS2 is a GRU by its weights alone.

JZS1 is a GRU of [x, tanh(x Pmat)]: its update gate and its reset gate see x, its candidate the rest. In all three the new
state takes z of the candidate, that of a GRU 1 - z: sigmoid(-a) and hard_sigmoid(-a) are 1 - sigmoid(a) and so on.
Source: keras 0.2.0 layers/recurrent.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Port
from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, Site, Step
from kconvert.upgrade.rules.unrolling import Unrolling

SYMMETRIC = frozenset({"sigmoid", "hard_sigmoid"})


def jzs1(site: Site, fragment: Fragment) -> Fragment:
    """A projection, its concatenation with the input, and a GRU."""
    config, tensors = fragment.main.config, fragment.main.tensors
    if config["inner_activation"] not in SYMMETRIC:
        raise Rejected("its gates are not symmetric functions", argument="inner_activation")
    projection = tensors["Pmat"]
    inputs, units = projection.shape
    own = {key: config[key] for key in ("trainable", "dtype") if key in config}
    dense = {"output_dim": units, "activation": "tanh", "bias": False, **own}
    dtype = {key: own[key] for key in ("dtype",) if key in own}
    before = (
        Step("TimeDistributedDense", dense, "projection", (INPUT,), tensors={"W": projection}),
        Step("Merge", {"mode": "concat", "concat_axis": -1, **dtype}, "both", ([INPUT, PREVIOUS],)),
    )
    below = [(0, units), (0, 0)]
    candidate = np.concatenate([np.zeros((inputs, units)), np.eye(units)]).astype(np.float32)
    new = {
        "W_z": tensors["W_z"].scale(-1).pad(below),
        "U_z": Tensor.constant("zeros", np.zeros((units, units), np.float32)),
        "b_z": tensors["b_z"].scale(-1),
        "W_r": tensors["W_r"].pad(below),
        "W_h": Tensor.constant("identity", candidate),
        **{slot: tensors[slot] for slot in ("U_r", "b_r", "U_h", "b_h")},
    }
    return replace(fragment, main=replace(fragment.main, tensors=new, kwargs=("mask",)), before=before)


def jzs3(site: Site, fragment: Fragment) -> Fragment:
    """One copy of the operations for each step."""
    graph = Unrolling.of(site, fragment)
    config, tensors = site.old.config, fragment.main.tensors
    gate, activation = str(config["inner_activation"]), str(config["activation"])
    x = Port("input")
    sequences = {g: graph.dense(f"W_{g}", x, tensors[f"W_{g}"], tensors[f"b_{g}"]) for g in "zrh"}
    state: Port | None = None
    outputs = []
    for number in range(graph.steps):
        z, r, h = (graph.step_of(sequences[g], number) for g in "zrh")
        if state is not None:
            z = graph.operation("add", z, graph.dense("U_z", graph.activation("tanh", state), tensors["U_z"]))
            r = graph.activation(gate, graph.operation("add", r, graph.dense("U_r", state, tensors["U_r"])))
            reset = graph.operation("multiply", r, state)
            h = graph.operation("add", h, graph.dense("U_h", reset, tensors["U_h"]))
        z, h = graph.activation(gate, z), graph.activation(activation, h)
        if state is None:
            state = graph.operation("multiply", z, h)
        else:
            change = graph.operation("multiply", z, graph.operation("subtract", h, state))
            state = graph.operation("add", state, change)
        outputs.append(state)
    return graph.fragment(outputs)
