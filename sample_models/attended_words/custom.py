"""Layers in the style of Keras 2: masks, sublayers whose weights are gathered by hand, an initializer, functions."""

from keras import backend as K
from keras import initializers
from keras.layers import Dense, Layer


class SmallUniform(initializers.Initializer):
    def __init__(self, scale=0.1):
        self.scale = scale

    def __call__(self, shape, dtype=None):
        return K.random_uniform(shape, -self.scale, self.scale, dtype=dtype)

    def get_config(self):
        return {'scale': self.scale}


class Attended(Layer):
    """The words' weighted mean; masked words have no weight."""

    def __init__(self, units, initializer='glorot_uniform', **kwargs):
        super(Attended, self).__init__(**kwargs)
        self.units = units
        self.initializer = initializers.get(initializer)
        self.supports_masking = True

    def build(self, input_shape):
        self.look = self.add_weight((input_shape[-1], self.units), initializer=self.initializer, name='look')
        self.value = self.add_weight((self.units,), initializer='ones', name='value')
        super(Attended, self).build(input_shape)

    def compute_mask(self, inputs, mask=None):
        return None

    def call(self, x, mask=None):
        scores = K.sum(K.tanh(K.dot(x, self.look)) * self.value, axis=-1)
        weights = K.exp(scores - K.max(scores, axis=-1, keepdims=True))
        if mask is not None:
            weights *= K.cast(mask, K.floatx())
        weights /= K.sum(weights, axis=1, keepdims=True) + K.epsilon()
        return K.sum(x * K.expand_dims(weights), axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape[0], input_shape[-1]

    def get_config(self):
        config = {'units': self.units, 'initializer': initializers.serialize(self.initializer)}
        base = super(Attended, self).get_config()
        return dict(list(base.items()) + list(config.items()))


class Residual(Layer):
    def __init__(self, units, **kwargs):
        super(Residual, self).__init__(**kwargs)
        self.units = units
        self.first = Dense(units, activation='relu')
        self.second = Dense(units)

    def build(self, input_shape):
        self.first.build(input_shape)
        self.second.build(input_shape)
        self._trainable_weights = self.first.trainable_weights + self.second.trainable_weights
        super(Residual, self).build(input_shape)

    def call(self, x):
        return x + self.second.call(self.first.call(x))

    def get_config(self):
        config = {'units': self.units}
        base = super(Residual, self).get_config()
        return dict(list(base.items()) + list(config.items()))
