"""Keras 0.2 forgets: after a masked step its recurrent layers go on from a state of zeros, where later ones wait.

So the last output depends on nothing before the last masked step but one, and a layer that gives only its last output can
be given a mask that hides all of that. So can one whose whole sequence goes, step by step, into such a layer. Where more
of a sequence is used, there is no stock layer for it.
Source: keras 0.2.0 layers/recurrent.py `get_padded_shuffled_mask`, `_step` (h_mask_tm1 = mask_tm1 * h_tm1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.spec import Call, LayerSpec, ModelSpec, Port
from kconvert.upgrade.conditions import keras_is

RECURRENT = frozenset({"SimpleRNN", "LSTM", "GRU", "JZS1", "JZS2", "JZS3", "SimpleDeepRNN"})
STEPWISE = frozenset({"TimeDistributedDense", "Activation", "Dropout", "GaussianNoise", "GaussianDropout", "LeakyReLU",
                      "ParametricSoftplus", "ThresholdedLinear", "ThresholdedReLU"})  # fmt: skip


def with_resets(model: ModelSpec) -> ModelSpec:
    """The model with a `mask` argument on each recurrent layer that a mask reaches, and no other masks.

    Raises:
        Rejected: more than the last steps of a masked sequence are used.
    """
    makers = [layer for layer in model.layers if _makes_mask(layer)]
    if not makers or not keras_is(model.origin, "<0.3.0"):
        return model
    layers = {layer.name: layer for layer in model.layers}
    added: list[LayerSpec] = []
    for maker in makers:
        readers = list(_readers(maker, model))
        layers[maker.name] = _without_mask(maker)
        if not readers:
            continue
        mask, operations = _mask(maker)
        added += operations
        for reader in readers:
            if reader.config.get("return_sequences") and not _ends_in_last_step(reader, model):
                raise Rejected(
                    "Keras 0.2 starts anew after a masked step, which no stock layer does, and the whole sequence is used",
                    layer=reader.name, class_name=reader.class_name,
                )  # fmt: skip
            calls = tuple(Call(call.args, {**call.kwargs, "mask": mask}) for call in reader.calls)
            layers[reader.name] = replace(layers[reader.name], calls=calls)
    return replace(model, layers=(*layers.values(), *added))


def _makes_mask(layer: LayerSpec) -> bool:
    return layer.class_name == "Masking" or (layer.class_name == "Embedding" and bool(layer.config.get("mask_zero")))


def _without_mask(maker: LayerSpec) -> LayerSpec:
    """The recurrent layers are told; and 0.2 has nothing else that reads a mask."""
    return replace(maker, config={**maker.config, "mask_zero": False}) if maker.class_name == "Embedding" else maker


def _followers(layer: LayerSpec, model: ModelSpec) -> Iterator[LayerSpec]:
    for other in model.layers:
        if any(port.layer == layer.name for call in other.calls for port in call.ports()):
            yield other


def _readers(layer: LayerSpec, model: ModelSpec) -> Iterator[LayerSpec]:
    """The recurrent layers behind, as far as layers hand the mask on."""
    for follower in _followers(layer, model):
        if follower.class_name in RECURRENT:
            yield follower
            if follower.config.get("return_sequences"):
                yield from _readers(follower, model)
        elif follower.class_name in STEPWISE:
            yield from _readers(follower, model)


def _ends_in_last_step(layer: LayerSpec, model: ModelSpec) -> bool:
    if any(port.layer == layer.name for port in model.outputs):
        return False
    followers = list(_followers(layer, model))
    return bool(followers) and all(
        (f.class_name in RECURRENT and (not f.config.get("return_sequences") or _ends_in_last_step(f, model)))
        or (f.class_name in STEPWISE and _ends_in_last_step(f, model))
        for f in followers
    )


def _mask(maker: LayerSpec) -> tuple[Port, list[LayerSpec]]:
    """True from the step after the last masked one, the last step itself not counted, to the end."""
    name = f"{maker.name}_mask"
    source = next(maker.calls[0].ports())
    operations: list[LayerSpec] = []

    def operation(kind: str, suffix: str, *args: object, **config: object) -> Port:
        operations.append(LayerSpec(f"ops.{kind}", f"{name}_{suffix}", config, (Call(args),)))
        return Port(f"{name}_{suffix}")

    if maker.class_name == "Masking":
        is_value = operation("equal", "values", source, maker.config.get("mask_value", 0.0))
        masked = operation("all", "masked", is_value, axis=-1)
    else:
        masked = operation("equal", "masked", source, 0)
    counted = operation("cast", "counted", masked, dtype="int32")
    before = operation("subtract", "before", operation("cumsum", "sum", counted, axis=1), counted)
    whole = {"slice": [None, None, None]}
    last = operation("getitem", "last", before, key=[whole, {"slice": [-1, None, None]}])
    return operation("equal", "kept", before, last), operations
