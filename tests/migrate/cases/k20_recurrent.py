from keras import activations, initializers
from keras import backend as K
from keras.engine import InputSpec
from keras.layers.recurrent import Recurrent, _time_distributed_dense


class AttentionDecoder(Recurrent):
    """Reads the whole sequence at every step, by attention."""

    def __init__(self, units, activation='tanh', return_probabilities=False, **kwargs):
        self.units = units
        self.activation = activations.get(activation)
        self.return_probabilities = return_probabilities
        super(AttentionDecoder, self).__init__(**kwargs)
        self.return_sequences = True

    def build(self, input_shape):
        self.batch_size, self.timesteps, self.input_dim = input_shape
        if self.stateful:
            super(AttentionDecoder, self).reset_states()
        self.states = [None, None]
        self.V_a = self.add_weight(shape=(self.units,), name='V_a', initializer='glorot_normal' if False else 'normal')
        self.W_a = self.add_weight(shape=(self.units, self.units), name='W_a', initializer='glorot_uniform')
        self.U_a = self.add_weight(shape=(self.input_dim, self.units), name='U_a', initializer='glorot_uniform')
        self.b_a = self.add_weight(shape=(self.units,), name='b_a', initializer='zeros')
        self.C = self.add_weight(shape=(self.input_dim, self.units), name='C', initializer='glorot_uniform')
        self.input_spec = [InputSpec(shape=(self.batch_size, self.timesteps, self.input_dim))]
        self.built = True

    def call(self, x):
        self.x_seq = x
        self._uxpb = _time_distributed_dense(self.x_seq, self.U_a, b=self.b_a, input_dim=self.input_dim,
                                             timesteps=self.timesteps, output_dim=self.units)
        return super(AttentionDecoder, self).call(x)

    def get_initial_state(self, inputs):
        s0 = activations.tanh(K.dot(inputs[:, 0], self.C))
        y0 = K.zeros_like(inputs)
        y0 = K.sum(y0, axis=(1, 2))
        y0 = K.expand_dims(y0)
        y0 = K.tile(y0, [1, self.units])
        return [y0, s0]

    def step(self, x, states):
        ytm, stm = states
        _stm = K.repeat(stm, self.timesteps)
        _Wxstm = K.dot(_stm, self.W_a)
        et = K.dot(activations.tanh(_Wxstm + self._uxpb), K.expand_dims(self.V_a))
        at = K.exp(et)
        at_sum = K.sum(at, axis=1)
        at_sum_repeated = K.repeat(at_sum, self.timesteps)
        at /= at_sum_repeated
        context = K.squeeze(K.batch_dot(at, self.x_seq, axes=1), axis=1)
        yt = self.activation(K.dot(context, self.C) + ytm)
        return yt, [yt, stm]

    def compute_output_shape(self, input_shape):
        return (None, self.timesteps, self.units)

    def get_config(self):
        config = {'units': self.units, 'return_probabilities': self.return_probabilities}
        base_config = super(AttentionDecoder, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
