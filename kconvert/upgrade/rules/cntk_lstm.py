"""From Keras 2.2.3 on, an LSTM on CNTK outputs its last state, the cell state c, instead of h.

keras 2.2.3 backend/cntk_backend.py `rnn`: `new_output = n_s[-1]`, 2.2.2: `n_s[0]`. An unrolled one takes another path.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Port
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.fragment import Fragment, From, Shape, Site, Step, copies

WHY = "from Keras 2.2.3 on, CNTK's LSTM returns the cell state instead of its output"


def cntk_lstm(site: Site, fragment: Fragment) -> Fragment:
    """The last cell state is the third output of an LSTM that returns its states; a whole sequence of them, or one
    inside a wrapper, takes a model that calls the LSTM once per step.

    Raises:
        Rejected: a sequence of cell states of unknown length, with a mask, or from given or kept states.
    """
    config = site.old.config
    if site.origin.backend != "cntk" or config.get("unroll") or not keras_is(site.origin, ">=2.2.3"):
        return fragment
    if config.get("return_sequences") or not site.old.calls:
        return replace(fragment, main=_as_model(site, fragment.main))
    name = fragment.main.suffix or "lstm"
    main = replace(fragment.with_config(return_state=True).main, suffix=name)
    return replace(fragment, main=main, outputs={**fragment.outputs, 0: From(name, 2)})


def _as_model(site: Site, lstm: Step) -> Step:
    if any(call.kwargs or isinstance(call.args[0], list) for call in site.old.calls):
        raise Rejected(f"{WHY} at every step, and it is called with a mask or initial states")
    shape = site.input_shapes[0] if site.input_shapes else None
    if shape is None or (lstm.config.get("return_sequences") and shape[1] is None):
        raise Rejected(f"{WHY} at every step, and the number of steps is not known (--input-shape)")
    if lstm.config.get("stateful"):
        raise Rejected(f"{WHY}, and it keeps its states between batches")
    name = site.old.name
    source = LayerSpec("InputLayer", f"{name}_input", _input(shape, lstm), (Call(),))
    if lstm.config.get("return_sequences"):
        layers, outputs = _stepwise(name, Port(source.name), shape[1] or 0, lstm)
    else:
        whole = _layer(name, lstm, (Call((Port(source.name),)),), go_backwards=lstm.config.get("go_backwards", False))
        layers, outputs = (whole,), _outputs(Port(whole.name, 0, 2), Port(whole.name), lstm)
    model = ModelSpec(
        Dialect.keras3, name, (source, *layers), (Port(source.name),), outputs, site.origin
    )  # fmt: skip
    return Step("Functional", {}, lstm.suffix, lstm.args, inner={"model": model})


def _stepwise(name: str, source: Port, steps: int, lstm: Step) -> tuple[tuple[LayerSpec, ...], tuple[Port, ...]]:
    """One call per step, each from the states of the one before; the cell states are stacked."""
    steps = copies(steps, "the number of its steps")
    order = range(steps - 1, -1, -1) if lstm.config.get("go_backwards") else range(steps)
    whole = {"slice": [None, None, None]}
    slices = tuple(
        LayerSpec("ops.getitem", f"{name}_step_{t}", {"key": [whole, {"slice": [t, t + 1, None]}]}, (Call((source,)),))
        for t in order
    )
    calls = tuple(
        Call((Port(part.name),), {"initial_state": [Port(f"{name}_lstm", n - 1, s) for s in (1, 2)]} if n else {})
        for n, part in enumerate(slices)
    )
    layer = _layer(name, lstm, calls, return_sequences=False, go_backwards=False)
    cells = [Port(layer.name, n, 2) for n in range(steps)]
    stack = LayerSpec("ops.stack", f"{name}_cell_states", {"axis": 1}, (Call((cells,)),))
    return (*slices, layer, stack), _outputs(Port(stack.name), Port(layer.name, steps - 1), lstm)


def _layer(name: str, lstm: Step, calls: tuple[Call, ...], **changes: object) -> LayerSpec:
    return LayerSpec(
        lstm.class_name, f"{name}_lstm", {**lstm.config, **changes, "return_state": True}, calls, lstm.tensors
    )


def _outputs(first: Port, last: Port, lstm: Step) -> tuple[Port, ...]:
    states = tuple(replace(last, output=n) for n in (1, 2)) if lstm.config.get("return_state") else ()
    return (first, *states)


def _input(shape: Shape, lstm: Step) -> dict[str, object]:
    return {"batch_shape": [None, *shape[1:]], "dtype": lstm.config.get("dtype", "float32")}
