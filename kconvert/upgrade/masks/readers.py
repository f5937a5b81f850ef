"""Which layers read a mask, then and now."""

from __future__ import annotations

from kconvert.spec import LayerSpec, ModelSpec, Origin
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.masks.kinds import (
    RECURRENT,
)


def reads(layer: LayerSpec, model: ModelSpec) -> bool:
    """A TimeDistributed reads a mask only for a recurrent layer inside."""
    if layer.class_name != "TimeDistributed":
        return True
    return any(h.class_name in RECURRENT | {"Bidirectional"} for h in layer.inner_layers())


def read_then(layer: LayerSpec, origin: Origin) -> bool:
    """tf.keras's layers learned to read masks: GlobalAveragePooling1D with 1.13, Softmax with TensorFlow 2.4.

    Raises:
        Rejected: a Softmax of TensorFlow 2.3 or 2.4, which both call themselves Keras 2.4.0.
    """
    if origin.package != "tf.keras":
        return True
    if layer.class_name == "GlobalAveragePooling1D":
        return keras_is(origin, ">=2.2.4")
    return layer.class_name != "Softmax" or keras_is(origin, ">=2.4.0")


def is_replaced(layer: LayerSpec, model: ModelSpec) -> bool:
    """Layers whose rules must know that a mask comes: a Softmax, a Bidirectional that differs, an LSTM on CNTK."""
    on_cntk = layer.class_name == "LSTM" and model.origin.backend == "cntk"
    return layer.class_name in ("Softmax", "Bidirectional") or on_cntk
