from keras import backend as K
from keras import activations, initializations, regularizers
from keras.engine import InputSpec
from keras.layers.recurrent import Recurrent, time_distributed_dense


class PeepholeUnit(Recurrent):
    """A gated unit that looks at its own state; gates by the hard sigmoid of that time."""

    def __init__(self, output_dim, init='glorot_uniform', inner_init='orthogonal', activation='tanh',
                 inner_activation='hard_sigmoid', W_regularizer=None, **kwargs):
        self.output_dim = output_dim
        self.init = initializations.get(init)
        self.inner_init = initializations.get(inner_init)
        self.activation = activations.get(activation)
        self.inner_activation = activations.get(inner_activation)
        self.W_regularizer = regularizers.get(W_regularizer)
        super(PeepholeUnit, self).__init__(**kwargs)

    def build(self, input_shape):
        self.input_spec = [InputSpec(shape=input_shape)]
        self.input_dim = input_shape[2]
        self.states = [None, None]
        self.W = self.add_weight((self.input_dim, self.output_dim), initializer=self.init, name='{}_W'.format(self.name),
                                 regularizer=self.W_regularizer)
        self.U = self.add_weight((self.output_dim, self.output_dim), initializer=self.inner_init, name='{}_U'.format(self.name))
        self.p = self.add_weight((self.output_dim,), initializer='one', name='{}_p'.format(self.name))
        self.b = self.add_weight((self.output_dim,), initializer='zero', name='{}_b'.format(self.name))
        self.built = True

    def preprocess_input(self, x):
        input_dim = self.input_spec[0].shape[2]
        timesteps = self.input_spec[0].shape[1]
        return time_distributed_dense(x, self.W, self.b, 0, input_dim, self.output_dim, timesteps)

    def get_constants(self, x):
        return [K.sum(x, axis=(1, 2), keepdims=False)]

    def step(self, x, states):
        h_tm1, c_tm1, total = states
        gate = self.inner_activation(x + K.dot(h_tm1, self.U) + c_tm1 * self.p)
        c = gate * c_tm1 + (1 - gate) * self.activation(x + K.expand_dims(total, 1))
        h = gate * self.activation(c)
        return h, [h, c]

    def get_config(self):
        config = {'output_dim': self.output_dim,
                  'init': self.init.__name__,
                  'inner_init': self.inner_init.__name__,
                  'activation': self.activation.__name__,
                  'inner_activation': self.inner_activation.__name__,
                  'W_regularizer': self.W_regularizer.get_config() if self.W_regularizer else None}
        base_config = super(PeepholeUnit, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
