"""Masks and the two directions of a Bidirectional."""

from __future__ import annotations

from kconvert.spec import LayerSpec, Origin
from kconvert.upgrade.conditions import keras_is


def hands_no_mask_on(layer: LayerSpec, origin: Origin) -> bool:
    """A Bidirectional that its rule takes apart where a mask is passed ends in a merge of sequences without masks."""
    (held, *_) = layer.inner_layers()
    zero = all(zeroes_masked_steps(direction, origin) for direction in layer.inner_layers())
    return bool(held.config.get("return_sequences")) and (not zero or has_unequal_directions(layer))


def has_unequal_directions(layer: LayerSpec) -> bool:
    """A Bidirectional whose two layers have different numbers of units, which today's cannot infer a shape for."""
    units = {held.config.get("units", held.config.get("filters")) for held in layer.inner_layers()}
    return len(units) > 1


def zeroes_masked_steps(direction: LayerSpec, origin: Origin) -> bool:
    """Does this layer of a Bidirectional that returns sequences give zeros at masked steps, as today's does?

    tf.keras tells it to from 1.13 on, but the LSTM and GRU of TensorFlow 2.0 and 2.1 do not listen where they could run on
    CuDNN (2.1 python/keras/layers/recurrent_v2.py `standard_lstm`). Those of 2.2 do, and name their tensors after the cell;
    those of 1.x, whose initializers say their dtype, are others.
    """
    if origin.package != "tf.keras" or not keras_is(origin, ">=2.2.4"):
        return False
    if not keras_is(origin, "<2.4") or not direction.class_name.startswith(("LSTM", "GRU", "Unified")):
        return True
    config = direction.config
    could_run_on_cudnn = (
        (config.get("activation"), config.get("recurrent_activation")) == ("tanh", "sigmoid")
        and not config.get("recurrent_dropout")
        and not config.get("unroll")
        and config.get("use_bias", True)
        and config.get("reset_after", True)
    )
    initializer = config.get("kernel_initializer") or {}
    is_of_tensorflow_1 = "dtype" in (initializer.get("config") or {})
    is_named_after_cell = any("_cell" in tensor.name for tensor in direction.tensors.values())
    return not could_run_on_cudnn or is_of_tensorflow_1 or is_named_after_cell
