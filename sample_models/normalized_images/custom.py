"""Layers in the style of Keras 1: weights made by an initialization, `get_output_shape_for`, TensorFlow's own functions."""

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras import initializations
from keras.engine.topology import InputSpec, Layer


class NormalizedImage(Layer):
    """Every image and channel to mean 0 and deviation 1, then scaled and shifted."""

    def __init__(self, axis=-1, epsilon=1e-3, gamma_init='one', **kwargs):
        self.axis = axis
        self.epsilon = epsilon
        self.gamma_init = initializations.get(gamma_init)
        super(NormalizedImage, self).__init__(**kwargs)

    def build(self, input_shape):
        self.input_spec = [InputSpec(shape=input_shape)]
        shape = (input_shape[self.axis],)
        self.gamma = self.gamma_init(shape, name='{}_gamma'.format(self.name))
        self.beta = K.variable(np.zeros(shape), name='{}_beta'.format(self.name))
        self.trainable_weights = [self.gamma, self.beta]

    def call(self, x, mask=None):
        mean = K.mean(x, axis=[1, 2], keepdims=True)
        deviation = K.sqrt(K.var(x, axis=[1, 2], keepdims=True) + self.epsilon)
        return (x - mean) / deviation * self.gamma + self.beta

    def get_config(self):
        config = {'axis': self.axis, 'epsilon': self.epsilon, 'gamma_init': self.gamma_init.__name__}
        base = super(NormalizedImage, self).get_config()
        return dict(list(base.items()) + list(config.items()))


class FinerImage(Layer):
    """Channels become pixels."""

    def __init__(self, factor, **kwargs):
        self.factor = factor
        super(FinerImage, self).__init__(**kwargs)

    def call(self, x, mask=None):
        return tf.depth_to_space(x, self.factor)

    def get_output_shape_for(self, input_shape):
        batch, rows, columns, channels = input_shape
        return batch, rows * self.factor, columns * self.factor, channels // self.factor ** 2

    def get_config(self):
        config = {'factor': self.factor}
        base = super(FinerImage, self).get_config()
        return dict(list(base.items()) + list(config.items()))


def leaky_clip(x):
    return K.minimum(K.maximum(x, 0.2 * x), 4.)
