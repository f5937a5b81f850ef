import tensorflow as tf
from tensorflow.keras import activations, initializers, regularizers
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Layer


class GraphConv(Layer):
    """X' = s(A X W + b), A given beside X."""

    def __init__(self, channels, activation=None, use_bias=True, kernel_initializer='glorot_uniform', kernel_regularizer=None, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.supports_masking = False

    def build(self, input_shape):
        assert len(input_shape) >= 2
        input_dim = int(input_shape[0][-1])
        self.kernel = self.add_weight(shape=(input_dim, self.channels), initializer=self.kernel_initializer, name='kernel',
                                      regularizer=self.kernel_regularizer)
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.channels,), initializer='zeros', name='bias')
        self.built = True

    def call(self, inputs):
        features = inputs[0]
        fltr = inputs[1]
        degree = tf.reduce_sum(fltr, axis=-1, keep_dims=True)
        output = K.dot(features, self.kernel)
        output = tf.matmul(fltr, output) / (degree + 1e-6)
        if self.use_bias:
            output = K.bias_add(output, self.bias)
        if self.activation is not None:
            output = self.activation(output)
        return output

    def get_config(self):
        config = {
            'channels': self.channels,
            'activation': activations.serialize(self.activation),
            'use_bias': self.use_bias,
            'kernel_initializer': initializers.serialize(self.kernel_initializer),
            'kernel_regularizer': regularizers.serialize(self.kernel_regularizer),
        }
        base_config = super().get_config()
        return dict(list(base_config.items()) + list(config.items()))
