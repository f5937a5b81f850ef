"""Writes small models on which today's Keras says what people then search for; see docs/pains.yaml.

    KERAS_BACKEND=tensorflow python make_files.py gru lambda          # in an environment with, say, Keras 2.0.8

writes `gru.h5`, and `gru.npz` with inputs `in_0`, ... and the outputs `out_0`, ... that this Keras computed. Runs on Python 3.5 and later:

    gru                                                           Keras 2.0.8, TensorFlow 1.3.0
    functional_lstm, lambda, cudnn, named_function                Keras 2.2.4, TensorFlow 1.12.0
    sequential                                                    Keras 2.3.1, TensorFlow 1.15.5
    op_layer                                                      tf.keras, TensorFlow 2.1.4
    slashes                                                       tf.keras, TensorFlow 2.3.4
    depthwise, separable, transposed, time_major, mixed, compiled, hub
                                                                  tf.keras, TensorFlow 2.4.4
    archive                                                       tf.keras, TensorFlow 2.15.1
"""

import os
import sys
import zlib

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def standalone():
    """Keras as a package of its own."""
    import keras

    return keras, keras.layers, keras.models


def inside_tensorflow():
    """Keras as TensorFlow has it."""
    import tensorflow as tf

    return tf.keras, tf.keras.layers, tf.keras.models


def gru(random):
    """Before `reset_after`: one bias for three gates."""
    keras, L, models = standalone()
    x = L.Input((5, 3))
    return models.Model(x, L.GRU(4)(x)), [random.randn(4, 5, 3)]


def functional_lstm(random):
    """The default `hard_sigmoid` of these years, in a graph that today's Keras loads."""
    keras, L, models = standalone()
    x = L.Input((5, 3))
    return models.Model(x, L.LSTM(4)(x)), [random.randn(4, 5, 3) * 2]


def sequential(random):
    """No InputLayer in the config: the first layer has `batch_input_shape`."""
    keras, L, models = standalone()
    return models.Sequential([L.Dense(4, input_shape=(3,), activation="relu"), L.Dense(2)]), [random.randn(4, 3)]


def lambda_(random):
    """The preprocessing of a thousand notebooks, as bytecode."""
    keras, L, models = standalone()
    x = L.Input((4, 4, 3))
    y = L.Lambda(lambda pixels: pixels / 127.5 - 1.0)(x)
    return models.Model(x, L.Conv2D(2, 3)(y)), [random.randint(0, 256, (2, 4, 4, 3)).astype("float32")]


def cudnn(random):
    """A layer for GPUs alone, with what its twin for CPUs computes from the weights that Keras made of the twin's."""
    keras, L, models = standalone()
    from keras.engine.saving import preprocess_weights_for_loading

    x = L.Input((5, 3))
    twin = models.Model(x, L.LSTM(4, recurrent_activation="sigmoid")(x))
    inputs = random.randn(4, 5, 3).astype("float32")
    weights = [random.randn(*w.shape) * 0.7 for w in twin.get_weights()]
    twin.set_weights(weights)
    outputs = twin.predict(inputs)
    L.CuDNNLSTM._process_batch = lambda self, x, state: (
        keras.backend.dot(x[:, -1], self.kernel_i),
        [x, x],
    )  # no GPU here
    layer = L.CuDNNLSTM(4)
    model = models.Model(x, layer(x))
    layer.set_weights(preprocess_weights_for_loading(layer, weights))
    model.save(os.path.join(HERE, "cudnn.h5"))
    np.savez_compressed(os.path.join(HERE, "cudnn.npz"), in_0=inputs, out_0=outputs)


def archive(random):
    """`.keras` as it was before Keras 3: two inputs, a Bidirectional layer."""
    keras, L, models = inside_tensorflow()
    words, facts = L.Input((5, 3)), L.Input((2,))
    y = L.concatenate([L.Bidirectional(L.GRU(3))(words), L.Dense(2)(facts)])
    return models.Model([words, facts], L.Dense(2, name="label")(y)), [random.randn(4, 5, 3), random.randn(4, 2)]


def op_layer(random):
    """Arithmetic on tensors, as TensorFlow until 2.3 kept it: a node of its graph."""
    keras, L, models = inside_tensorflow()
    x = L.Input((3,))
    return models.Model(x, L.Dense(2)(2.0 * x - 1.0)), [random.randn(4, 3)]


def named_function(random):
    """An activation that is the owner's own function."""
    keras, L, models = standalone()

    def _hard_swish(x):
        return x * keras.backend.relu(x + 3.0, max_value=6.0) / 6.0

    x = L.Input((3,))
    return models.Model(x, L.Dense(2)(L.Dense(4, activation=_hard_swish)(x))), [random.randn(4, 3)]


def slashes(random):
    """Names as in keras.applications' DenseNet."""
    keras, L, models = inside_tensorflow()
    x = L.Input((6, 6, 3))
    y = L.Conv2D(4, 3, use_bias=False, name="conv1/conv")(x)
    y = L.BatchNormalization(name="conv1/bn")(y)
    return models.Model(x, L.Activation("relu", name="conv1/relu")(y)), [random.randn(2, 6, 6, 3)]


def depthwise(random):
    """`groups: 1`."""
    keras, L, models = inside_tensorflow()
    x = L.Input((6, 6, 3))
    return models.Model(x, L.DepthwiseConv2D(3)(x)), [random.randn(2, 6, 6, 3)]


def separable(random):
    """`groups: 1`, and what a depthwise and a pointwise kernel cannot have."""
    keras, L, models = inside_tensorflow()
    x = L.Input((6, 6, 3))
    return models.Model(x, L.SeparableConv2D(4, 3)(x)), [random.randn(2, 6, 6, 3)]


def transposed(random):
    """`groups: 1`."""
    keras, L, models = inside_tensorflow()
    x = L.Input((6, 6, 3))
    return models.Model(x, L.Conv2DTranspose(4, 3, strides=2)(x)), [random.randn(2, 6, 6, 3)]


def time_major(random):
    """`time_major: false`."""
    keras, L, models = inside_tensorflow()
    x = L.Input((5, 3))
    return models.Model(x, L.LSTM(4)(x)), [random.randn(2, 5, 3)]


def mixed(random):
    """A policy in place of a dtype."""
    keras, L, models = inside_tensorflow()
    keras.mixed_precision.set_global_policy("mixed_float16")
    x = L.Input((3,))
    return models.Model(x, L.Dense(2, dtype="float32")(L.Dense(4, activation="relu")(x))), [random.randn(4, 3)]


def hub(random):
    """A layer as TensorFlow Hub's: its config is an address. The class here stands in for the real one, which fetches."""
    keras, L, models = inside_tensorflow()

    class KerasLayer(L.Dense):
        def get_config(self):
            config = {"handle": "https://example.com/some/module/1", "trainable": False}
            return dict(L.Layer.get_config(self), **config)

    return models.Sequential([KerasLayer(4, input_shape=(3,), name="keras_layer"), L.Dense(2)]), [random.randn(4, 3)]


def compiled(random):
    """A loss of the owner's, an optimizer with a state."""
    keras, L, models = inside_tensorflow()

    def my_loss(wanted, got):
        return keras.backend.mean(keras.backend.abs(wanted - got))

    x = L.Input((3,))
    model = models.Model(x, L.Dense(2)(x))
    model.compile(optimizer=keras.optimizers.Adam(lr=0.01, decay=1e-3), loss=my_loss)
    inputs = random.randn(4, 3)
    model.fit(inputs, random.randn(4, 2), epochs=2, verbose=0)
    return model, [inputs]


def write(name, random):
    """One of them."""
    made = globals().get(name, lambda_)(random)
    if made is None:
        return
    model, inputs = made
    model.set_weights([
        random.rand(*w.shape) + 0.5 if "variance" in getattr(v, "name", "") else random.randn(*w.shape) * 0.7
        for w, v in zip(model.get_weights(), model.weights)
    ])  # fmt: skip
    model.save(os.path.join(HERE, name + (".keras" if name == "archive" else ".h5")))
    inputs = [np.asarray(x, "float32") for x in inputs]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    arrays = {"in_%d" % n: x for n, x in enumerate(inputs)}
    arrays.update(("out_%d" % n, y) for n, y in enumerate(outputs))
    np.savez_compressed(os.path.join(HERE, name + ".npz"), **arrays)


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        write(chosen, np.random.RandomState(zlib.crc32(chosen.encode()) & 0xFFFF))
