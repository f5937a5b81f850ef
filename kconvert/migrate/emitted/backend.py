"""Functions of keras.backend whose meaning no function of keras.ops has: keras 2.2.4 backend/tensorflow_backend.py."""

import math

import keras
import numpy as np
from keras import ops


def keras2_sqrt(x):
    """The root; 0 for what is negative, as K.sqrt clips first."""
    return ops.sqrt(ops.maximum(x, 0.0))


def keras2_clip(x, min_value=None, max_value=None):
    """K.clip: None is no bound."""
    low, high = min_value, max_value
    if isinstance(low, int | float) and isinstance(high, int | float) and high < low:
        high = low
    x = x if high is None else ops.minimum(x, high)
    return x if low is None else ops.maximum(x, low)


def keras2_relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """K.relu: a slope below the threshold and an upper bound."""
    below = alpha * (threshold - x) if threshold else alpha * ops.relu(-x)
    if threshold:
        below = below * ops.cast(x < threshold, x.dtype)
        x = x * ops.cast(x >= threshold, x.dtype)
    result = ops.relu(x)
    if max_value is not None:
        result = ops.minimum(result, max_value)
    return result - below


def keras2_hard_sigmoid(x):
    """clip(0.2 x + 0.5, 0, 1): that of Keras 3 has another slope."""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def keras2_l2_normalize(x, axis=None, epsilon=1e-12):
    """x by its norm, a squared norm below epsilon being epsilon."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, epsilon))


def keras2_dot(x, y):
    """K.dot: the last axis of x with the last but one of y."""
    if len(y.shape) <= 2:
        return ops.matmul(x, y)
    return ops.tensordot(x, y, axes=[[len(x.shape) - 1], [len(y.shape) - 2]])


def tf_batch_dot(x, y, axes=None):
    """K.batch_dot: sums over one axis of each, example by example; a result of one axis gets a second."""
    ranks = (len(x.shape), len(y.shape))
    if axes is None:
        axes = (ranks[0] - 1, max(ranks[1] - 2, 1))
    pair = (axes, axes) if isinstance(axes, int) else tuple(axes)
    first, second = (a % r for a, r in zip(pair, ranks, strict=True))
    left = ["z", *("k" if n == first else "abcdef"[n] for n in range(1, ranks[0]))]
    right = ["z", *("k" if n == second else "uvwxy"[n - 1] for n in range(1, ranks[1]))]
    out = [n for n in (*left, *right[1:]) if n != "k"]
    result = ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(out)}", x, y)
    return ops.expand_dims(result, 1) if len(out) == 1 else result


def keras2_batch_dot(x, y, axes=None):
    """K.batch_dot; of more than three axes, as TensorFlow's backend had it up to Keras 2.2: one matrix after the other."""
    ranks = (len(x.shape), len(y.shape))
    if max(ranks) <= 3:
        return tf_batch_dot(x, y, axes)
    if axes is None:
        axes = (ranks[0] - 1, ranks[1] - 2)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    added = abs(ranks[0] - ranks[1])
    for _ in range(added):
        x, y = (ops.expand_dims(x, -1), y) if ranks[0] < ranks[1] else (x, ops.expand_dims(y, -1))
    x = x if first % ranks[0] == len(x.shape) - 1 else ops.swapaxes(x, -1, -2)
    y = ops.swapaxes(y, -1, -2) if second % ranks[1] == len(y.shape) - 1 else y
    result = ops.matmul(x, y)
    start = ranks[0] + ranks[1] - 3 if ranks[0] > ranks[1] else ranks[0] - 1
    return ops.squeeze(result, tuple(range(start, start + added))) if added else result


def keras2_repeat(x, n):
    """K.repeat: (batch, features) as (batch, n, features)."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def keras2_batch_flatten(x):
    """K.batch_flatten: all axes but the first as one."""
    return ops.reshape(x, (-1, math.prod(x.shape[1:])))


def keras2_switch(condition, then_expression, else_expression):
    """K.switch: a condition with fewer axes chooses between whole elements."""
    x = then_expression() if callable(then_expression) else then_expression
    y = else_expression() if callable(else_expression) else else_expression
    condition = ops.cast(condition, "bool")
    while 0 < len(condition.shape) < len(ops.shape(x)):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, x, y)


def keras2_int_shape(x):
    """K.int_shape: None for a length that is open."""
    return tuple(x.shape)


def keras2_shape_tensor(x):
    """K.shape as one tensor, which can be computed with."""
    return ops.convert_to_tensor(ops.shape(x), dtype="int32")


def keras2_concatenate(tensors, axis=-1):
    """K.concatenate of what need not be tensors yet: parts of a shape, lists of numbers."""
    return ops.concatenate([ops.convert_to_tensor(t) for t in tensors], axis=axis)


def keras2_ndim(x):
    """The number of axes."""
    return len(x.shape)


def keras2_dtype(x):
    """K.dtype: the name of the type."""
    return keras.backend.standardize_dtype(x.dtype)


def keras2_is_sparse(tensor):
    """K.is_sparse."""
    return bool(getattr(tensor, "sparse", False))


def keras2_count_params(x):
    """The number of elements."""
    return math.prod(x.shape)


def keras2_cast_to_floatx(x):
    """An array of the default type."""
    return np.asarray(x, dtype=keras.config.floatx())


def keras2_constant(value, dtype=None, shape=None, name=None, constraint=None):
    """A tensor that is no weight."""
    tensor = ops.convert_to_tensor(value, dtype=dtype or keras.config.floatx())
    return tensor if shape is None else ops.broadcast_to(tensor, shape)


def theano_dimshuffle(x, *pattern):
    """Theano's dimshuffle: the axes in a new order, `x` for one of length 1; an axis that is left out has length 1."""
    order = list(pattern[0] if len(pattern) == 1 and isinstance(pattern[0], list | tuple) else pattern)
    named = [p for p in order if p != "x"]
    lost = tuple(n for n in range(len(x.shape)) if n not in named)
    x = ops.transpose(x, (*lost, *named))
    x = ops.squeeze(x, tuple(range(len(lost)))) if lost else x
    for axis, part in enumerate(order):
        x = ops.expand_dims(x, axis) if part == "x" else x
    return x


def keras1_image_dim_ordering():
    """`th` or `tf`, as this machine's Keras is set."""
    return {"channels_first": "th", "channels_last": "tf"}[keras.config.image_data_format()]


def keras2_random_binomial(shape, p=0.0, dtype=None, seed=None):
    """1 with probability p, else 0."""
    return ops.cast(keras.random.uniform(shape, seed=seed) <= p, dtype or keras.config.floatx())


def keras2_in_train_phase(x, alt, training=None):
    """K.in_train_phase: x while training, else alt; both may be functions."""
    chosen = x if training else alt
    return chosen() if callable(chosen) else chosen


def keras2_in_test_phase(x, alt, training=None):
    """K.in_test_phase: alt while training, else x."""
    return keras2_in_train_phase(alt, x, training=training)


def keras2_map_fn(fn, elems, name=None, dtype=None):
    """K.map_fn: one element of the first axis after the other."""
    return ops.map(fn, elems)


def keras2_foldl(fn, elems, initializer=None, name=None):
    """K.foldl."""
    first = elems[0] if initializer is None else initializer
    return ops.scan(lambda carry, x: (fn(carry, x), carry), first, elems[1:] if initializer is None else elems)[0]


def keras2_rnn(
    step_function,
    inputs,
    initial_states,
    go_backwards=False,
    mask=None,
    constants=None,
    unroll=False,
    input_length=None,
):
    """K.rnn: (last output, outputs, states); where the mask is 0, output and states stay."""
    constants = list(constants or [])
    swapped = (1, 0, *range(2, len(inputs.shape)))
    steps = ops.transpose(inputs, swapped)
    masks = None if mask is None else ops.transpose(ops.cast(mask, "bool"), (1, 0, *range(2, len(mask.shape))))
    if go_backwards:
        steps = ops.flip(steps, axis=0)
        masks = None if masks is None else ops.flip(masks, axis=0)
    first, _ = step_function(steps[0], [*initial_states, *constants])

    def one(carry, at):
        before, states = carry
        x, valid = at if masks is not None else (at, None)
        output, new = step_function(x, [*states, *constants])
        if valid is not None:
            keep = ops.reshape(valid, (-1, *[1] * (len(output.shape) - 1)))
            output = ops.where(keep, output, before)
            new = [
                ops.where(ops.reshape(valid, (-1, *[1] * (len(n.shape) - 1))), n, old)
                for n, old in zip(new, states, strict=True)
            ]
        return (output, list(new)), (output, list(new))  # ops.scan wants both alike

    start = (ops.zeros_like(first), list(initial_states))
    (last, states), (outputs, _) = ops.scan(one, start, steps if masks is None else (steps, masks))
    return last, ops.transpose(outputs, (1, 0, *range(2, len(outputs.shape)))), states
