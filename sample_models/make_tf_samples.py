"""Writes a sample model with the tf.keras (or, where there is no tf.keras, the Keras 3) that runs this file.

    python make_tf_samples.py text_attention             # in an environment with, say, TensorFlow 2.12

writes the same three files as make_samples.py; README.md says which release each sample was made with.
"""

import json
import os
import platform
import sys
import zlib

import numpy as np
import tensorflow as tf

keras = tf.keras
if sys.argv[1:] in (["first_token"], ["counted_bins"]):
    import keras  # noqa
L = keras.layers
HERE = os.path.dirname(os.path.abspath(__file__))


def padded(random, rows, steps, words):
    """Sequences of word numbers, some of which end early in zeros."""
    found = random.randint(1, words, (rows, steps))
    for row in range(1, rows):
        found[row, steps - row :] = 0
    return found


def text_attention(random):
    """Attention of three kinds under the masks of two texts, one of them with dropout."""
    a, b = L.Input((6,), dtype="int32"), L.Input((5,), dtype="int32")
    embedding = L.Embedding(12, 8, mask_zero=True)
    query, value = embedding(a), embedding(b)
    heads = L.MultiHeadAttention(2, 4, dropout=0.1)(query, value)
    seen = L.Attention(use_scale=True)([query, value])
    added = L.AdditiveAttention()([query, value])
    mean = L.GlobalAveragePooling1D()(L.concatenate([L.LayerNormalization()(L.add([query, heads])), seen]))
    return keras.Model([a, b], [heads, added, L.LSTM(3)(seen), mean]), [padded(random, 4, 6, 12), padded(random, 4, 5, 12)]


def causal_attention(random):
    """A constructor's `causal`, merged masks, and the hard sigmoid of convolutions without a class of their own before."""
    a, b = L.Input((6,), dtype="int32"), L.Input((6,), dtype="int32")
    x, y = L.Embedding(12, 4, mask_zero=True)(a), L.Embedding(12, 4, mask_zero=True)(b)
    z = L.Attention(causal=True)([x, x])
    merged = L.GRU(3)(L.add([x, y]))
    up = L.Conv1DTranspose(3, 3, strides=2, activation="hard_sigmoid")(z)
    return keras.Model([a, b], [z, merged, up]), [padded(random, 4, 6, 12), padded(random, 4, 6, 12)[::-1]]


def masked_recurrent(random):
    """Bidirectional layers under a mask; a backward layer of its own; time first."""
    words, frames = L.Input((6,), dtype="int32"), L.Input(batch_shape=(4, None, 3))
    x = L.Embedding(12, 4, mask_zero=True)(words)
    both = L.Bidirectional(L.LSTM(3, return_sequences=True))(x)
    simple = L.Bidirectional(L.SimpleRNN(2, return_sequences=True), merge_mode="ave")(x)
    uneven = L.Bidirectional(L.LSTM(3), backward_layer=L.GRU(2, go_backwards=True))(both)
    sequence, h, _ = L.LSTM(4, time_major=True, return_sequences=True, return_state=True)(frames)
    return keras.Model([words, frames], [both, simple, uneven, sequence, h]), [padded(random, 4, 6, 12), random.randn(4, 4, 3)]


def unshared_filters(random):
    """Locally connected layers whose kernels lie in all three ways, and the hard sigmoid of a depthwise convolution."""
    a, b = L.Input((7, 6, 2)), L.Input((8, 3))
    outputs = [
        L.LocallyConnected2D(2, (2, 3), strides=(2, 1))(a),
        L.LocallyConnected2D(2, (2, 3), padding="same", implementation=2)(a),
        L.LocallyConnected2D(2, 3, implementation=3)(a),
        L.LocallyConnected1D(2, 3, strides=2, padding="same", implementation=3, activation="hard_sigmoid")(b),
        L.DepthwiseConv2D(3, depth_multiplier=2, activation="hard_sigmoid")(a),
    ]
    return keras.Model([a, b], outputs), [random.randn(2, 7, 6, 2), random.randn(2, 8, 3)]


def image_pipeline(random):
    """Preprocessing with its state, crops that resize, and the randomness that does nothing."""
    image = L.Input((13, 11, 3))
    normalization = L.Normalization()
    normalization.adapt(random.rand(20, 13, 11, 3) * 3 + 1)
    x = L.RandomFlip()(L.Rescaling(2.0, offset=-1)(normalization(image)))
    crops = [L.RandomCrop(7, 6)(x), L.CenterCrop(5, 10)(x), L.Resizing(6, 9, crop_to_aspect_ratio=True)(x)]
    return keras.Model(image, [*crops, L.Discretization([-1.0, 0.5])(x)]), [random.rand(2, 13, 11, 3)]


def fourier_features(random):
    """Random Fourier features, EinsumDense with an open axis, and layers in the place of activations."""
    a = L.Input((5, 4))
    features = L.experimental.RandomFourierFeatures(7, scale=1.3)(L.Flatten()(a))
    einsum = getattr(L, "EinsumDense", None) or L.experimental.EinsumDense  # a stranger there until 2.9
    steps = einsum("abc,cd->abd", output_shape=(None, 6), bias_axes="d", activation="hard_sigmoid")(a)
    leaky = L.LSTM(3, activation=L.LeakyReLU(alpha=0.15))(L.Dense(4, activation=L.ReLU(max_value=1.5))(a))
    return keras.Model(a, [features, steps, leaky, L.Dense(3, activation=tf.nn.leaky_relu)(a)]), [random.randn(2, 5, 4)]


def addon_layers(random):
    """tensorflow-addons: normalisation by group, by instance and of weights, and two of its activations."""
    import tensorflow_addons as tfa

    a = L.Input((6, 5, 4))
    outputs = [
        tfa.layers.GroupNormalization(groups=2, axis=3)(a),
        tfa.layers.InstanceNormalization(center=False)(a),
        tfa.layers.WeightNormalization(L.Conv2D(3, 2, activation="relu"))(a),
        tfa.layers.WeightNormalization(L.Dense(3, use_bias=False), data_init=False)(a),
        L.Activation(tfa.activations.mish)(L.Activation(tfa.activations.hardshrink)(a)),
    ]
    return keras.Model(a, outputs), [random.randn(2, 6, 5, 4)]


def adaptive_pools(random):
    """tensorflow-addons: pooling to a fixed size, in one, two and three dimensions."""
    import tensorflow_addons as tfa

    a, b, c = L.Input((6, 4)), L.Input((6, 4, 3)), L.Input((2, 4, 6, 2))
    outputs = [
        tfa.layers.AdaptiveAveragePooling1D(3)(a),
        tfa.layers.AdaptiveMaxPooling1D(2, data_format="channels_first")(a),
        tfa.layers.AdaptiveAveragePooling2D((3, 2))(b),
        tfa.layers.AdaptiveMaxPooling2D(2)(b),
        tfa.layers.AdaptiveAveragePooling3D((1, 2, 3))(c),
        tfa.layers.AdaptiveMaxPooling3D((2, 2, 2))(c),
    ]
    return keras.Model([a, b, c], outputs), [random.randn(2, 6, 4), random.randn(2, 6, 4, 3), random.randn(2, 2, 4, 6, 2)]


def first_token(random):
    """Keras 3 in HDF5: a slice and a sum in the graph, a policy by name, layers that are new."""
    a = keras.Input((5, 4))
    x = L.GRU(6, return_sequences=True)(L.LayerNormalization()(a))
    x = x[:, 0] + L.Dense(6, activation="mish")(a[:, -1])
    return keras.Model(a, [x, L.GroupNormalization(2)(a)]), [random.randn(3, 5, 4)]


def right_edges(random):
    """Bins that hold their right edge (TensorFlow 2.4 alone), values on the edges among those computed."""
    bins = L.experimental.preprocessing.Discretization
    a, b = keras.Input((6,)), keras.Input((4,))
    outputs = [bins([0.1, 0.5, 1.0, 2.0])(a), L.Embedding(4, 3)(bins([-1.0, 0.0, 3.0])(b))]
    values, others = random.randn(3, 6), random.randn(3, 4) * 2
    values[0], others[0] = [0.1, 0.5, 1.0, 2.0, -1.0, 3.0], [-1.0, 0.0, 3.0, 4.0]
    return keras.Model([a, b], outputs), [values, others]


def added_losses(random):
    """Losses and metrics that were added to a model and to one in it, heads and calls of shared layers only for them."""
    a = keras.Input((6,))
    hidden = L.Dense(4)(a)
    inner = keras.Model(a, hidden, name="inner")
    inner.add_loss(tf.reduce_sum(L.Dense(3, name="inner_head")(hidden)))
    b, c = keras.Input((6,)), keras.Input((6,))
    shared = L.BatchNormalization(name="shared")
    only_loss = shared(inner(b))
    head = L.Dense(2, name="head")(L.BatchNormalization(name="head_normalized")(only_loss))
    model = keras.Model([b, c], L.Subtract()([shared(inner(c)), inner(b)]), name="added_losses")
    model.add_loss(-0.5 * tf.reduce_mean(1 + head - tf.square(only_loss[:, :2]) - tf.exp(head)))
    model.add_metric(tf.math.lgamma(tf.abs(head) + 1.0), name="unknown_function", aggregation="mean")
    return model, [random.randn(3, 6), random.randn(3, 6)]


def broad_sums(random):
    """Sums that today's Keras would take for biases along the last axis, with as many rows as columns."""
    a, b, c = keras.Input((8,)), keras.Input((1,)), keras.Input((6, 5, 6))
    steps = L.experimental.EinsumDense("abcd,de->abce", output_shape=(6, 5, 5), bias_axes="c", activation="softmax")
    outputs = [
        L.Add()([a, b]), L.Average()([a, b, a]), a + b, c + random.randn(6, 1, 1).astype("float32"),
        tf.nn.bias_add(c, np.arange(6, dtype="float32"), data_format="NCHW"), steps(c),
    ]  # fmt: skip
    return keras.Model([a, b, c], outputs), [random.randn(8, 8), random.randn(8, 1), random.randn(8, 6, 5, 6)]


def counted_words(random):
    """Numbers that are looked up and counted, in floats; hashes, whose layer does not say that it gives integers."""
    a = keras.Input((4,), dtype="int64")
    lookups = [L.IntegerLookup(vocabulary=[3, 1, 5], output_mode=mode) for mode in ("int", "binary", "count")]
    outputs = [lookup(a) for lookup in lookups] + [L.Hashing(5)(a), L.Hashing(7, salt=[3, 4])(a), L.Hashing(5, mask_value=3)(a)]
    return keras.Model(a, [*outputs, L.Dense(2)(outputs[1])]), [random.randint(1, 7, (4, 4))]


def counted_bins(random):
    """Keras 3: bins that were learned, whose indices have the layer's dtype; a SpatialDropout."""
    a = keras.Input((5, 3))
    layer = L.Discretization(num_bins=6)
    layer.adapt(random.randn(50, 5, 3))
    return keras.Model(a, layer(L.SpatialDropout1D(0.2)(a))), [random.randn(4, 5, 3)]


def mixer_blocks(random):
    """Somebody's own layers of TensorFlow 2: registered names, sublayers in lists and models, a cell in both directions."""
    sys.path.insert(0, os.path.join(HERE, "mixer_blocks"))
    import custom as own

    a = keras.Input((5, 4))
    x = own.MixerBlock(6)(own.MixerBlock(3)(a))
    x = L.Bidirectional(L.RNN(own.LeakyCell(3)))(x)
    return keras.Model(a, L.Dense(2)(x)), [random.randn(3, 5, 4)]


def weight(random, variable):
    """A value that is not trivial, and for a scale or a variance a positive one; learned statistics stay."""
    name, value = getattr(variable, "path", variable.name), variable.numpy()
    is_statistic = name.split("/")[-1].split(":")[0] in ("mean", "variance", "count")
    if value.dtype.kind != "f" or is_statistic:
        return np.ones_like(value) if value.dtype.kind == "b" else value
    if any(part in name for part in ("variance", "gamma", "kernel_scale", "/g:")):
        return np.asarray(0.5 + random.rand(*value.shape)).astype(value.dtype)
    return np.asarray(0.4 * random.randn(*value.shape)).astype(value.dtype)


def main():
    name = sys.argv[1]
    random = np.random.RandomState(zlib.crc32(name.encode()) % (2**31))
    model, inputs = globals()[name](random)
    for variable in model.weights:
        variable.assign(weight(random, variable))
    inputs = [x.astype("int32" if x.dtype.kind in "iu" else "float32") for x in inputs]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], batch_size=len(inputs[0]))
    outputs = outputs if isinstance(outputs, list) else [outputs]
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    model.save(os.path.join(folder, "model.h5"))
    arrays = {"in_%d" % i: a for i, a in enumerate(inputs)}
    arrays.update({"out_%d" % i: a for i, a in enumerate(outputs)})
    np.savez_compressed(os.path.join(folder, "io.npz"), **arrays)
    facts = {
        "keras": getattr(keras, "__version__", tf.__version__), "backend": "tensorflow", "engine": tf.__version__,
        "python": platform.python_version(), "shows": globals()[name].__doc__,
    }  # fmt: skip
    with open(os.path.join(folder, "sample.json"), "w") as file:
        json.dump(facts, file, indent=1, sort_keys=True)
        file.write("\n")
    print(name, facts["keras"], [o.shape for o in outputs])


if __name__ == "__main__":
    main()
