"""Weights and updates: what layers of that time did by assignment."""

import keras
import numpy as np
from keras import ops


def keras1_weight(layer, value, name=None, trainable=True, dtype=None):
    """A weight that begins as `value`, an array or what makes one: K.variable."""
    value = ops.convert_to_numpy(value)
    kind = dtype or ("float32" if value.dtype.kind == "f" else str(value.dtype))
    return layer.add_weight(
        shape=value.shape, initializer=lambda shape, dtype=None: ops.convert_to_tensor(value, dtype=dtype),
        dtype=kind, name=name, trainable=trainable,
    )  # fmt: skip


def keras1_weight_order(layer, weights):
    """Brings the layer's trainable weights into this order; those of layers inside it have their own."""
    own = [w for w in weights if any(w is v for v in layer._trainable_variables)]
    rest = [v for v in layer._trainable_variables if not any(v is w for w in own)]
    layer._trainable_variables[:] = own + rest


def keras2_update(x, new_x):
    """K.update: x becomes new_x."""
    x.assign(new_x)
    return x


def keras2_update_add(x, increment):
    """K.update_add."""
    return keras2_update(x, x + increment)


def keras2_update_sub(x, decrement):
    """K.update_sub."""
    return keras2_update(x, x - decrement)


def keras2_moving_average_update(x, value, momentum):
    """K.moving_average_update."""
    return keras2_update(x, x * momentum + value * (1.0 - momentum))


def keras2_set_value(x, value):
    """K.set_value."""
    x.assign(np.asarray(value))


def keras2_batch_get_value(xs):
    """K.batch_get_value."""
    return [ops.convert_to_numpy(x) for x in xs]


def keras2_batch_set_value(tuples):
    """K.batch_set_value."""
    for x, value in tuples:
        x.assign(np.asarray(value))


@keras.saving.register_keras_serializable(package="Custom")
def keras2_hard_sigmoid_activation(x):
    """clip(0.2 x + 0.5, 0, 1): what `hard_sigmoid` meant."""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def keras2_activation(identifier):
    """activations.get, with the hard_sigmoid of that time."""
    if identifier == "hard_sigmoid":
        return keras2_hard_sigmoid_activation
    return keras.activations.get(identifier)


def keras1_regularizer(identifier):
    """regularizers.get, for what Keras 1 saved as well: {"name": "WeightRegularizer", "l1": .., "l2": ..}."""
    if isinstance(identifier, dict) and "class_name" not in identifier:
        kinds = {k: v for k, v in identifier.items() if k in ("l1", "l2")}
        return keras.regularizers.L1L2(**kinds)
    return keras.regularizers.get(identifier)


def keras1_constraint(identifier):
    """constraints.get, for what Keras 1 saved as well: {"name": "MaxNorm", "m": .., "axis": ..}."""
    if isinstance(identifier, dict) and "class_name" not in identifier:
        named = {"m": "max_value"}
        config = {named.get(k, k): v for k, v in identifier.items() if k != "name"}
        return getattr(keras.constraints, identifier["name"])(**config)
    return keras.constraints.get(identifier)


def keras2_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """K.categorical_crossentropy."""
    return ops.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def keras2_sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """K.sparse_categorical_crossentropy."""
    return ops.sparse_categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def keras2_binary_crossentropy(target, output, from_logits=False):
    """K.binary_crossentropy."""
    return ops.binary_crossentropy(target, output, from_logits=from_logits)
