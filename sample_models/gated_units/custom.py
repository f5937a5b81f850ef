"""A layer in the style of Keras 0.3: `build(self)`, `get_output(train)`, weights without names."""

from keras import activations, initializations
from keras import backend as K
from keras.layers.core import Layer


class GatedUnits(Layer):
    input_ndim = 2

    def __init__(self, output_dim, init='glorot_uniform', gate='sigmoid', sharpness=1.5, **kwargs):
        self.output_dim = output_dim
        self.init = initializations.get(init)
        self.gate = activations.get(gate)
        self.sharpness = sharpness
        super(GatedUnits, self).__init__(**kwargs)

    def build(self):
        inputs = self.input_shape[1]
        self.W = self.init((inputs, self.output_dim))
        self.V = self.init((inputs, self.output_dim))
        self.b = K.zeros((self.output_dim,))
        self.trainable_weights = [self.W, self.b, self.V]

    @property
    def output_shape(self):
        return (self.input_shape[0], self.output_dim)

    def get_output(self, train=False):
        x = self.get_input(train)
        return (K.dot(x, self.W) + self.b) * self.gate(self.sharpness * K.dot(x, self.V))

    def get_config(self):
        config = {'name': self.__class__.__name__, 'output_dim': self.output_dim, 'init': self.init.__name__,
                  'gate': self.gate.__name__, 'sharpness': self.sharpness}
        base = super(GatedUnits, self).get_config()
        return dict(list(base.items()) + list(config.items()))
