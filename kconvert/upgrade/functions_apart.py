"""Functions of the user's as activations, taken out of their layers: what was `Dense(activation=swish)` is a Dense and a Lambda.

As a Lambda, the function is followed into stock operations like any other, and no module of the user's is needed. Where
that fails, it goes back into its layer (`kept`). A recurrent layer's stays in it, for it works step by step; so does that
of any layer in a model with masks, for operations hand none on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from kconvert.definitions import Definitions
from kconvert.spec import Call, Inner, LayerSpec, ModelSpec, Port, map_ports
from kconvert.upgrade.masks import makes_masks

WITHOUT = frozenset(["SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "CuDNNLSTM", "CuDNNGRU",
                     "Highway", "MultiHeadAttention"])  # fmt: skip
NUMBERS = "activation"


def with_functions_apart(model: ModelSpec, kept: Collection[str] = ()) -> ModelSpec:
    """The model, at every depth, with a Lambda for each activation that the user's code defines as a function.

    Args:
        kept: paths (`outer/layer`) of the layers that keep theirs.
    """
    if not model.origin.custom.named or makes_masks(model):
        return model
    return _model(model, frozenset(kept), ())


def _model(model: ModelSpec, kept: frozenset[str], parents: tuple[str, ...]) -> ModelSpec:
    layers: list[LayerSpec] = []
    moved: dict[str, str] = {}
    taken = {layer.name for layer in model.layers}
    for layer in model.layers:
        inside = _inside(layer, kept, (*parents, layer.name))
        path = "/".join((*parents, layer.name))
        name = _activation_of(inside, model.origin.custom)
        if name is None or path in kept:
            layers.append(inside)
            continue
        if _held(inside).class_name == "Activation":
            layers.append(_as_lambda(inside, name, inside.name, inside.calls))
            continue
        function = f"{layer.name}_{NUMBERS}"
        while function in taken:
            function += "_"
        taken.add(function)
        moved[layer.name] = function
        layers.append(_with_linear(inside))
        calls = tuple(Call((Port(layer.name, number),)) for number in range(len(layer.calls)))
        layers.append(_as_lambda(inside, name, function, calls))
    return _redirected(replace(model, layers=tuple(layers)), moved)


def apart_from(path: str) -> str:
    """The layer that a problem of a Lambda made here goes back to."""
    return path.removesuffix(f"_{NUMBERS}")


def _redirected(model: ModelSpec, moved: Mapping[str, str]) -> ModelSpec:
    if not moved:
        return model

    def port(old: Port) -> Port:
        return replace(old, layer=moved.get(old.layer, old.layer))

    own = set(moved.values())
    layers = tuple(layer if layer.name in own else layer.on(port) for layer in model.layers)
    return replace(model, layers=layers, outputs=map_ports(model.outputs, port))


def _inside(layer: LayerSpec, kept: frozenset[str], path: tuple[str, ...]) -> LayerSpec:
    """The layer with what it holds, where that is a model."""

    def changed(held: Inner) -> Inner:
        return _model(held, kept, path) if isinstance(held, ModelSpec) else held

    return replace(layer, inner={role: changed(held) for role, held in layer.inner.items()}) if layer.inner else layer


def _held(layer: LayerSpec) -> LayerSpec:
    """The layer itself, or that in a TimeDistributed."""
    held = layer.inner.get("layer") if layer.class_name == "TimeDistributed" else None
    return held if isinstance(held, LayerSpec) else layer


def _activation_of(layer: LayerSpec, definitions: Definitions) -> str | None:
    """The function of the user's that a layer of Keras's own has as its activation."""
    held = _held(layer)
    if held.inner_model is not None or held.class_name in WITHOUT or definitions.layer(held.class_name):
        return None
    value: Any = held.config.get("activation")
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        value = value.get("config")
    found = definitions.find(value)
    return found.name if found is not None and not found.is_class else None


def _as_lambda(layer: LayerSpec, function: str, name: str, calls: tuple[Call, ...]) -> LayerSpec:
    held = _held(layer)
    kept = {k: held.config[k] for k in ("trainable", "dtype") if k in held.config}
    made = LayerSpec("Lambda", name, {**kept, "function": function, "function_type": "function"}, calls)
    if held is layer:
        return made
    return replace(layer, name=name, calls=calls, tensors={}, inner={"layer": replace(made, name=held.name, calls=())})


def _with_linear(layer: LayerSpec) -> LayerSpec:
    held = _held(layer)
    linear = replace(held, config={**held.config, "activation": "linear"})
    return linear if held is layer else replace(layer, inner={"layer": linear})
