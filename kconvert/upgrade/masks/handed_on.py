"""Which mask leaves a layer, by the rules of Keras 2 and by those of today; the sources are in `__init__.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.definitions import Definition
from kconvert.spec import LayerSpec, ModelSpec, Origin, Port
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.masks.directions import hands_no_mask_on
from kconvert.upgrade.masks.kinds import (
    ATTENTION,
    MERGES,
    PASSING,
    PASSING_SINCE,
    PASSING_TODAY,
    RECURRENT,
    STOP,
    WITHOUT,
    Joined,
    Mask,
    Source,
    makes_mask,
)


def handed_on_then(layer: LayerSpec, inputs: Sequence[Port], masks: list[Mask], model: ModelSpec) -> list[Mask]:
    """The masks of a call's outputs by Keras 2's rules."""
    first = masks[0] if masks else None
    if layer.class_name.startswith("ops."):  # an op layer of tf.keras hands no mask on
        is_part_of_a_layer = model.origin.package == "keras" and layer.class_name != STOP
        return [first if is_part_of_a_layer else None]
    if makes_mask(layer):
        return [_made(layer, inputs)]
    if layer.class_name in WITHOUT or layer.class_name in ("Embedding", STOP):
        return [None]
    if layer.class_name in MERGES or (layer.class_name == "Concatenate" and _joins_features(layer)):
        return [_and(masks)]
    if layer.class_name == "Concatenate":
        return [None if all(m is None for m in masks) else Joined("concatenated", tuple(masks))]
    if layer.class_name in RECURRENT or layer.class_name == "Bidirectional":
        return _recurrent(layer, first)
    if layer.class_name == "TimeDistributed" and any(
        h.class_name in RECURRENT and not h.config.get("return_sequences") for h in layer.inner_layers()
    ):
        return [None if first is None else Joined("any step", (first,))]
    if layer.class_name in ATTENTION:
        return [first]
    if layer.class_name == "TimeDistributed" and any(makes_mask(h) for h in layer.inner_layers()):
        return [Joined(f"inside {layer.name}", ())]
    return [first if _passed_then(layer, model.origin) else None]


def _passed_then(layer: LayerSpec, origin: Origin) -> bool:
    if origin.package != "tf.keras":
        return True  # a layer that cannot take a mask refused it
    if layer.class_name == "MultiHeadAttention":
        return keras_is(origin, ">=2.10")
    if layer.class_name in PASSING_SINCE:
        return keras_is(origin, PASSING_SINCE[layer.class_name])
    return layer.class_name in PASSING


def handed_on_now(layer: LayerSpec, inputs: Sequence[Port], masks: list[Mask], origin: Origin) -> list[Mask]:
    """The masks of a call's outputs by today's rules."""
    first = masks[0] if masks else None
    if makes_mask(layer):
        return [_made(layer, inputs)]
    if layer.class_name in WITHOUT | {"Embedding", "Softmax"} or layer.class_name.startswith("ops."):
        return [None]  # Softmax: its rule makes it an operation
    if layer.class_name in MERGES:
        return [None if None in masks else _or(masks)]
    if layer.class_name == "Concatenate":
        if all(m is None for m in masks):
            return [None]
        return [_or(masks) if _joins_features(layer) else Joined("concatenated", tuple(masks))]
    if layer.class_name in RECURRENT:
        return _recurrent(layer, first)
    if layer.class_name == "Bidirectional":
        return [None if hands_no_mask_on(layer, origin) else m for m in _recurrent(layer, first)]
    return [first if layer.class_name in PASSING | PASSING_TODAY | ATTENTION | {"MultiHeadAttention"} else None]


def of_custom(own: Definition, layer: LayerSpec, masks: Sequence[Mask]) -> list[Mask]:
    """The mask of the output of a class of the user's; one that its code computes is known to nobody else."""
    first = masks[0] if masks else None
    if own.masks == "its own":
        return [Joined(f"by {layer.name}", tuple(masks))] if any(masks) or "compute_mask" in own.methods else [None]
    return [first if own.masks == "passed" else None]


def _made(layer: LayerSpec, inputs: Sequence[Port]) -> Mask:
    value = float(layer.config.get("mask_value", 0.0)) if layer.class_name == "Masking" else None
    return Source(inputs[0], value)


def _recurrent(layer: LayerSpec, mask: Mask) -> list[Mask]:
    held: LayerSpec = next(layer.inner_layers(), layer) if layer.class_name == "Bidirectional" else layer
    config: Mapping[str, Any] = held.config
    first = mask if config.get("return_sequences") else None
    both = layer.class_name == "Bidirectional" and layer.config.get("merge_mode") is None
    return [first, first] if both else [first]


def _joins_features(layer: LayerSpec) -> bool:
    return int(layer.config.get("axis", -1)) != 1


def _and(masks: Sequence[Mask]) -> Mask:
    parts = tuple(dict.fromkeys(m for m in masks if m is not None))
    return None if not parts else parts[0] if len(parts) == 1 else Joined("and", parts)


def _or(masks: Sequence[Mask]) -> Mask:
    parts = tuple(dict.fromkeys(masks))
    return parts[0] if len(parts) == 1 else Joined("or", parts)


def opaque(mask: Mask, layer: LayerSpec) -> Mask:
    """A mask that came out of a nested model, and that nothing outside can compute."""
    return None if mask is None else Joined(f"inside {layer.name}", (mask,))
