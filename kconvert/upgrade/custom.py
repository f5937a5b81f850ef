"""Classes of the user's own: what becomes of their arguments, where the maps know nothing but what all layers share.

What only a class of Keras's own can mean is changed: the arguments of every layer, and objects inside (initializers,
regularizers, constraints, activations, layers) by the maps. Everything else stays as it is: the user's code reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kconvert.definitions import Definition, Definitions
from kconvert.errors import Rejected
from kconvert.spec import Dialect, LayerSpec, ModelSpec, Origin, walk
from kconvert.upgrade.arguments import CUSTOM_OBJECT
from kconvert.upgrade.map_format import CustomEntry, Drop
from kconvert.upgrade.maps import HopMaps

PREFIX = "custom."
"""What today's dialect calls such a layer: `custom.Scale`, after the name that its class has in the user's module."""
INPUT = Drop(because="the InputLayer says it")
DROPPED = {
    "batch_input_shape": INPUT,
    "input_dtype": INPUT,
    "cache_enabled": Drop(because="how the graph was made, not what it computes"),
    "dynamic": Drop(because="how the graph was made, not what it computes"),
}


def with_custom_layers(maps: HopMaps, definitions: Definitions) -> HopMaps:
    """The maps with an entry for every class that the user's code defines, in place of one of Keras's own, too."""
    if not definitions.named:
        return maps
    own = {name: _entry(one, maps.new) for name, one in definitions.named.items() if one.is_class}
    return replace(maps, sections={**maps.sections, "layers": {**maps.sections["layers"], **own}})


def _entry(one: Definition, new: Dialect) -> CustomEntry:
    becomes = f"{PREFIX}{one.name}" if new is Dialect.keras3 else None
    return CustomEntry(becomes=becomes, keep=("trainable", "dtype"), drop=DROPPED, text=one.text)


def is_custom(layer: LayerSpec, maps: HopMaps) -> bool:
    """True for a layer whose class the user's code defines."""
    return isinstance(maps.find("layers", layer.class_name), CustomEntry)


def check_kernels(layer: LayerSpec, origin: Origin) -> None:
    """Theano convolves where others correlate, so its kernels lie in files the other way round (keras 2.2.4 backend/theano_backend.py).

    Raises:
        Rejected: a class of the user's that may have such kernels: which of its tensors they are, only its code knows.
    """
    own = origin.custom.layer(layer.class_name)
    if own is None or origin.backend != "theano" or "conv" not in own.text.lower():
        return
    kernels = [t.name for t in layer.tensors.values() if len(t.shape) > 2]
    if kernels:
        raise Rejected(
            f"its code convolves, and Theano's kernels lie the other way round in the file: {', '.join(kernels)}; load it "
            "with Keras on TensorFlow there, convert the kernels (keras.utils.convert_all_kernels_in_model), and save it again"
        )


def needs_code(spec: ModelSpec) -> bool:
    """True for a model in today's dialect that anything of the user's own is left in."""
    return any(layer.class_name.startswith(PREFIX) or _names_object(layer.config) for _, layer in walk(spec))


def _names_object(value: Any) -> bool:
    if isinstance(value, Mapping):
        return CUSTOM_OBJECT in value or any(map(_names_object, value.values()))
    return isinstance(value, list | tuple) and any(map(_names_object, value))
