"""Layers in the style of TensorFlow 2: sublayers in lists and models, registered names, a cell, a subclass of Model."""

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


@keras.utils.register_keras_serializable(package="mixer")
class MixerBlock(layers.Layer):
    """Mixes steps, then features, each with a small network of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.features = keras.Sequential([layers.Dense(units, activation=tf.nn.gelu), layers.Dense(4)])

    def build(self, input_shape):
        steps = int(input_shape[1])
        self.steps = [layers.Dense(self.units, activation="relu"), layers.Dense(steps)]
        self.scale = self.add_weight("scale", shape=(int(input_shape[-1]),), initializer="ones")
        super().build(input_shape)

    def call(self, x, training=None):
        y = tf.transpose(self.norms[0](x), [0, 2, 1])
        for layer in self.steps:
            y = layer(y)
        x = x + tf.transpose(y, [0, 2, 1])
        return x + self.scale * self.features(self.norms[1](x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class LeakyCell(layers.Layer):
    def __init__(self, units, leak=0.3, **kwargs):
        super().__init__(**kwargs)
        self.units, self.leak, self.state_size = units, leak, units

    def build(self, input_shape):
        self.kernel = self.add_weight("kernel", shape=(input_shape[-1], self.units), initializer="glorot_uniform")
        self.recurrent = self.add_weight("recurrent", shape=(self.units, self.units), initializer="orthogonal")
        self.built = True

    def call(self, inputs, states):
        new = tf.tanh(tf.matmul(inputs, self.kernel) + tf.matmul(states[0], self.recurrent))
        new = self.leak * states[0] + (1 - self.leak) * new
        return new, [new]

    def get_config(self):
        return {**super().get_config(), "units": self.units, "leak": self.leak}
