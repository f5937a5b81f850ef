from keras.engine import Layer, InputSpec
from keras import initializations, regularizers
from keras import backend as K


class InstanceNormalization(Layer):
    def __init__(self, axis=-1, epsilon=1e-3, weights=None, beta_init='zero', gamma_init='one', gamma_regularizer=None, **kwargs):
        self.beta_init = initializations.get(beta_init)
        self.gamma_init = initializations.get(gamma_init)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.epsilon, self.axis = epsilon, axis
        self.initial_weights = weights
        super(InstanceNormalization, self).__init__(**kwargs)

    def build(self, input_shape):
        self.input_spec = [InputSpec(shape=input_shape)]
        shape = (input_shape[self.axis],)
        self.gamma = self.add_weight(shape,
                                     initializer=self.gamma_init,
                                     regularizer=self.gamma_regularizer,
                                     name='{}_gamma'.format(self.name))  # scale
        self.beta = self.add_weight(shape,
                                    initializer=self.beta_init,
                                    name='{}_beta'.format(self.name))
        self.built = True

    def call(self, x, mask=None):
        input_shape = K.int_shape(x)
        reduction_axes = [i for i in range(1, len(input_shape)) if i != self.axis % len(input_shape)]
        broadcast_shape = [1] * len(input_shape)
        broadcast_shape[self.axis] = input_shape[self.axis]
        mean = K.mean(x, reduction_axes, keepdims=True)
        stddev = K.std(x, reduction_axes, keepdims=True) + self.epsilon
        normed = (x - mean) / stddev
        return normed * K.reshape(self.gamma, broadcast_shape) + K.reshape(self.beta, broadcast_shape)

    def get_config(self):
        config = {"epsilon": self.epsilon,
                  "axis": self.axis,
                  "gamma_regularizer": self.gamma_regularizer.get_config() if self.gamma_regularizer else None}
        base_config = super(InstanceNormalization, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
