"""SimpleDeepRNN of Keras 0.2: activation(x W + b + f(h1 U_1) + f(h2 U_2) + ...), where h1 is the state before, h2 the one before it.

What lies before the first step adds nothing, not f(0). Source: keras 0.2.0 layers/recurrent.py.
"""

from __future__ import annotations

from kconvert.spec import Port
from kconvert.upgrade.fragment import Fragment, Site
from kconvert.upgrade.rules.unrolling import Unrolling


def simple_deep_rnn(site: Site, fragment: Fragment) -> Fragment:
    """One copy of the operations for each step."""
    graph = Unrolling.of(site, fragment)
    config, tensors = site.old.config, fragment.main.tensors
    inner, activation = str(config["inner_activation"]), str(config["activation"])
    sequence = graph.dense("W", Port("input"), tensors["W"], tensors["b"])
    states: list[Port] = []
    for number in range(graph.steps):
        total = graph.step_of(sequence, number)
        for back, state in enumerate(reversed(states[-int(config["depth"]) :]), 1):
            term = graph.activation(inner, graph.dense(f"U_{back}", state, tensors[f"U_{back}"]))
            total = graph.operation("add", total, term)
        states.append(graph.activation(activation, total))
    return graph.fragment(states)
