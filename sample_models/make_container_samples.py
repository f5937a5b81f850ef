"""Writes a sample model in a container of tf.keras, with the TensorFlow that runs this file, and what it computes.

    python make_container_samples.py price_model          # in an environment with, say, TensorFlow 2.0

writes `price_model/saved_model/` (or a `.keras` file, or an architecture and a checkpoint), `price_model/io.npz` (inputs
`in_0`, ..., outputs `out_0`, ...) and `price_model/sample.json`. README.md says which TensorFlow each was made with.
"""

import json
import os
import platform
import sys

import numpy as np
import tensorflow as tf

L = tf.keras.layers
HERE = os.path.dirname(os.path.abspath(__file__))


def price_model(random):
    """Two inputs and two outputs in an order that is not that of their names, trained for one step: a SavedModel."""
    rooms = tf.keras.Input((5,), name="rooms")
    area = tf.keras.Input((3,), name="area")
    both = L.Concatenate()([rooms, area])
    outputs = [L.Dense(1, name="price")(both), L.Dense(2, activation="softmax", name="kind")(both)]
    model = tf.keras.Model([rooms, area], outputs, name="price_model")
    inputs = [random.randn(4, 5), random.randn(4, 3)]
    model.compile("adam", "mse")
    model.fit(inputs, [random.rand(4, 1), random.rand(4, 2)], verbose=0)
    return model, inputs, lambda folder: model.save(folder + "/saved_model", save_format="tf")


def word_tagger(random):
    """Words to tags: a vocabulary beside the config, and a model in a model, in a `.keras` archive."""
    lookup = L.StringLookup(mask_token="")
    lookup.adapt([["the", "cat", "sat"], ["the", "dog", "sat"]])
    steps = tf.keras.Input((None, 3), name="steps")
    encoder = tf.keras.Model(steps, L.Bidirectional(L.GRU(2, return_sequences=True))(steps), name="encoder")
    words = tf.keras.Input((3,), dtype="string", name="words")
    vectors = L.Embedding(8, 3)(lookup(words))
    model = tf.keras.Model(words, L.TimeDistributed(L.Dense(2, activation="softmax"))(encoder(vectors)))
    sentences = np.array([["the", "cat", "sat"], ["dog", "barked", ""]])
    return model, [sentences], lambda folder: model.save(folder + "/model.keras", save_format="keras_v3")


def counter(random):
    """Cells below one another, and a layer that two models share: an architecture and a checkpoint."""
    scale = L.Dense(4, name="scale")
    part = tf.keras.Input((4,), name="part")
    inner = tf.keras.Model(part, L.PReLU()(scale(part)), name="inner")
    series = tf.keras.Input((6, 2), name="series")
    state = L.RNN([L.LSTMCell(3), L.GRUCell(4)])(series)
    model = tf.keras.Model(series, L.Add()([inner(state), scale(state)]), name="counter")

    def save(folder):
        model.save_weights(folder + "/weights", save_format="tf")
        with open(os.path.join(folder, "model.json"), "w") as file:
            file.write(model.to_json())

    return model, [random.randn(3, 6, 2)], save


def age_groups(random):
    """Bins that were learned, values on their boundaries among those computed: a `.keras` archive that forgets the bins."""
    ages = tf.keras.Input((6,), name="ages")
    data = random.rand(200, 6).astype("float32") * 90
    outputs, boundaries = [], []
    for bins, settings in ((5, {}), (33, {"epsilon": 0.05}), (4, {"epsilon": 0.1})):
        layer = L.Discretization(num_bins=bins, **settings)
        layer.adapt(data)
        outputs.append(layer(ages))
        boundaries += layer.bin_boundaries[:2]
    outputs[-1] = L.Dense(2)(L.Flatten()(L.Embedding(4, 3)(outputs[-1])))
    values = data[:5]
    values[0] = boundaries
    values[1] = np.nextafter(values[0], np.float32(0))
    model = tf.keras.Model(ages, outputs)
    return model, [values], lambda folder: model.save(folder + "/model.keras", save_format="keras_v3")


def served_age_groups(random):
    """Bins that were learned, in a model in a model: a SavedModel."""
    layer = L.Discretization(num_bins=7)
    layer.adapt(random.rand(100, 4) * 90)
    groups = tf.keras.Sequential([tf.keras.Input((4,)), layer, L.Embedding(7, 2)])
    ages = tf.keras.Input((4,), name="ages")
    model = tf.keras.Model(ages, L.Dense(2)(groups(ages)))
    return model, [random.rand(5, 4) * 90], lambda folder: model.save(folder + "/saved_model", save_format="tf")


def variational(random):
    """An autoencoder whose loss and metric were added to it, with the metric's state: a `.keras` archive."""
    image = tf.keras.Input((8,), name="image")
    hidden = L.Dense(5, activation="relu")(image)
    mean, log_variance = L.Dense(3, name="mean")(hidden), L.Dense(3, name="log_variance")(hidden)
    model = tf.keras.Model(image, L.Dense(8, activation="sigmoid")(mean), name="variational")
    divergence = -0.5 * tf.reduce_mean(1 + log_variance - tf.square(mean) - tf.exp(log_variance))
    model.add_loss(divergence)
    model.add_metric(divergence, name="divergence", aggregation="mean")
    return model, [random.rand(4, 8)], lambda folder: model.save(folder + "/model.keras", save_format="keras_v3")


def main(name):
    """Builds, fills, saves, runs."""
    random = np.random.RandomState(sum(map(ord, name)))
    model, inputs, save = globals()[name](random)
    inputs = [x if x.dtype.kind == "U" else x.astype("float32") for x in inputs]
    for weight in model.trainable_weights:
        weight.assign(random.uniform(-1.0, 1.0, weight.shape))
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    save(folder)
    outputs = model([tf.constant(x) for x in inputs] if len(inputs) > 1 else tf.constant(inputs[0]), training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    recorded = {"in_%d" % n: x for n, x in enumerate(inputs)}
    recorded.update({"out_%d" % n: y.numpy() for n, y in enumerate(outputs)})
    np.savez_compressed(os.path.join(folder, "io.npz"), **recorded)
    facts = {
        "backend": "tensorflow", "engine": tf.__version__, "keras": tf.keras.__version__ if hasattr(tf.keras, "__version__") else tf.__version__,
        "python": platform.python_version(), "shows": globals()[name].__doc__,
    }
    with open(os.path.join(folder, "sample.json"), "w") as file:
        json.dump(facts, file, indent=1, sort_keys=True)
        file.write("\n")


main(sys.argv[1])
