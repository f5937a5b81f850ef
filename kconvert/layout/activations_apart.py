"""A channels_first layer whose activation looks along the last axis becomes two: turned, it would look along another one."""

from __future__ import annotations

from dataclasses import replace

from kconvert.layout.facts import facts
from kconvert.spec import Call, LayerSpec, ModelSpec, Port


def with_activations_apart(model: ModelSpec) -> ModelSpec:
    """The model, at every depth: the activation bears the layer's name, the layer `<name>_convolution`."""
    taken = {layer.name for layer in model.layers}
    layers: list[LayerSpec] = []
    for layer in model.layers:
        nested = layer.inner_model
        if nested is not None:
            layers.append(replace(layer, inner={**layer.inner, "model": with_activations_apart(nested)}))
            continue
        config = layer.config
        if (
            layer.class_name not in facts().spatial
            or config.get("data_format") != "channels_first"
            or facts().is_elementwise(config.get("activation"))
        ):
            layers.append(layer)
            continue
        name = f"{layer.name}_convolution"
        while name in taken:
            name += "_"
        taken.add(name)
        layers.append(replace(layer, name=name, config={**config, "activation": "linear"}))
        own = {"activation": config["activation"], **({"dtype": config["dtype"]} if "dtype" in config else {})}
        calls = tuple(Call((Port(name, n),)) for n in range(len(layer.calls)))
        layers.append(LayerSpec("Activation", layer.name, own, calls))
    return replace(model, layers=tuple(layers))
