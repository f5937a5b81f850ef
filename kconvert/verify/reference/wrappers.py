"""Layers around layers: TimeDistributed and Bidirectional.

Sources: keras 0.3.3, 1.2.2, 2.0.8, 2.1.6, 2.2.0, 2.2.4 layers/wrappers.py; tensorflow 1.13, 2.4 keras/layers/wrappers.py; keras 3.0.5
src/layers/rnn/time_distributed.py, bidirectional.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.recurrent import taken, with_arguments
from kconvert.verify.reference.values import Result, Value


def time_distributed(layer: Layer, x: Value, **kwargs: Any) -> Result:
    """`TimeDistributed`: the layer on every step by itself.

    The steps' own mask reaches the layer, and the layer's mask comes out, from Keras 2.2 and tf.keras 1.13 on; before that, in Keras 3,
    and where the batch is fixed, so that the steps are taken one after another, a mask of steps goes by.
    """
    inner = layer.held("layer")
    batch, steps = x.shape[:2]
    flat = Value(x.array.reshape(-1, *x.shape[2:]))
    if x.mask is not None and layer.facts.has_fixed_batch and _repeats_masked(layer):
        raise Lacking("masked steps that are taken one after another, which give what the step before gave")
    joined = _joins_masks(layer)
    if x.mask is not None and x.mask.ndim > 2 and (joined or layer.facts.dialect is Dialect.keras3):
        flat = Value(flat.array, x.mask.reshape(-1, *x.mask.shape[2:]))
    if joined and x.mask is not None and x.mask.ndim == 2:
        flat = Value(flat.array, x.mask.reshape(-1))
    results = inner(flat)
    outputs = results if isinstance(results, tuple) else (results,)
    made = [Value(y.array.reshape(batch, steps, *y.shape[1:]), _mask_out(x, y, joined)) for y in outputs]
    return made[0] if len(made) == 1 else tuple(made)


def _joins_masks(layer: Layer) -> bool:
    facts = layer.facts
    if facts.dialect is not Dialect.keras2:
        return False
    if not facts.since("2.2.4" if facts.is_tf_keras else "2.2.0"):
        return False
    return not facts.has_fixed_batch or (facts.is_tf_keras and not layer.held("layer").get("stateful", False))


def _repeats_masked(layer: Layer) -> bool:
    """Keras 0.3 with a fixed batch, and tf.keras from 2.1 on around a stateful layer, give `K.rnn` the mask."""
    facts = layer.facts
    if facts.dialect is Dialect.keras0:
        return True
    return facts.is_tf_keras and bool(layer.held("layer").get("stateful", False)) and facts.since("2.3.0")


def _mask_out(x: Value, y: Value, joined: bool) -> Array | None:
    if not joined:
        return x.mask
    if y.mask is not None and y.mask.ndim > 1:
        return y.mask.reshape(*x.shape[:2], *y.mask.shape[1:])
    if x.mask is None:
        return None
    return x.mask if x.mask.ndim == 2 else np.asarray(x.mask.any(axis=tuple(range(2, x.mask.ndim))))


def bidirectional(layer: Layer, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Result:
    """`Bidirectional`: a layer forwards and one backwards, which always run in opposite directions.

    tf.keras from 1.13 on and Keras 3 have both give zeros at masked steps where they return sequences; 1.13 always, and says so
    in the config of the layer.
    """
    forward, backward = layer.held("forward_layer"), layer.held("backward_layer")
    x, states, given = taken(layer, inputs, initial_state, constants)
    if given:
        raise Lacking("its cells take constants")
    halves = _halves(forward, states)
    is_reversed = bool(forward.get("go_backwards", False))
    there = _directed(layer, forward, is_reversed)(x, **halves[0])
    back = _directed(layer, backward, not is_reversed)(x, **halves[1])
    y, *states_there = there if isinstance(there, tuple) else (there,)
    z, *states_back = back if isinstance(back, tuple) else (back,)
    if forward.get("return_sequences", False):
        z = z.to(np.flip(z.array, 0 if forward.get("time_major", False) else 1))
    merged = _merged(layer, y, z)
    outputs = (*merged, *states_there, *states_back)
    return outputs[0] if len(outputs) == 1 else outputs


def _halves(forward: Layer, states: list[Array] | None) -> list[dict[str, Any]]:
    if not states:
        return [{}, {}]
    half = len(states) // 2
    values = [Value(s) for s in states]
    if len(states) == (2 if "LSTM" in forward.class_name else 1):  # Keras 2.0: the same for both
        return [{"initial_state": values}, {"initial_state": values}]
    return [{"initial_state": values[:half]}, {"initial_state": values[half:]}]


def _directed(layer: Layer, one: Layer, backwards: bool) -> Layer:
    zeroes = bool(one.get("zero_output_for_mask", one.get("return_sequences", False))) and _zeroes(one)
    return with_arguments(one, go_backwards=backwards, zero_output_for_mask=zeroes)


def _zeroes(one: Layer) -> bool:
    facts = one.facts
    if facts.dialect is not Dialect.keras2:
        return facts.dialect is Dialect.keras3
    return facts.is_tf_keras and facts.since("2.2.4") and not _is_deaf(one)


def _is_deaf(one: Layer) -> bool:
    """The LSTM and GRU of TensorFlow 2.0 and 2.1 do not hear of it where they could run on cuDNN.

    TensorFlow 1 has others under the same name; its initializers say their dtype, those of 2 do not. 2.2, which calls itself the Keras of
    2.1, has none of this; its tensors are named after the cell. Sources: tensorflow 2.1 keras/layers/recurrent_v2.py `could_use_cudnn`,
    `standard_lstm`; 2.3 likewise.
    """
    if one.class_name not in ("LSTM", "GRU") or one.facts.since("2.4.0"):
        return False
    is_version_2 = "dtype" not in (one.get("kernel_initializer") or {}).get("config", {})
    is_named_after_cell = any("_cell" in tensor.name for tensor in one.tensors.values())
    runs_on_cudnn = (
        (one.get("activation"), one.get("recurrent_activation")) == ("tanh", "sigmoid")
        and not one.get("recurrent_dropout", 0.0)
        and not one.get("unroll", False)
        and one.get("use_bias", True)
        and one.get("reset_after", True)
    )
    return is_version_2 and not is_named_after_cell and bool(runs_on_cudnn)


def _merged(layer: Layer, y: Value, z: Value) -> tuple[Value, ...]:
    mode = layer.get("merge_mode", "concat")
    if mode is None:
        return y, z
    if mode == "concat":
        return (y.to(np.concatenate([y.array, z.array], axis=-1)),)
    if mode == "sum":
        return (y.to(y.array + z.array),)
    if mode == "ave":
        return (y.to((y.array + z.array) / 2),)
    if mode == "mul":
        return (y.to(y.array * z.array),)
    raise Lacking(f"the reference does not have the merge mode {mode!r}")


def time_distributed_merge(layer: Layer, x: Value) -> Value:
    """`TimeDistributedMerge` of Keras 0.3: sum, product or mean over the steps."""
    modes: dict[str, Callable[..., Any]] = {"sum": np.sum, "ave": np.mean, "mul": np.prod}
    return Value(modes[layer.get("mode", "sum")](x.array, axis=1))


KERAS0: dict[str, Rule] = {
    "TimeDistributed": Rule(time_distributed),
    "TimeDistributedMerge": Rule(time_distributed_merge),
}
KERAS1: dict[str, Rule] = {
    "Bidirectional": Rule(bidirectional),
    "TimeDistributed": Rule(time_distributed),
}
KERAS2: dict[str, Rule] = {**KERAS1}
KERAS3: dict[str, Rule] = {**KERAS1}
