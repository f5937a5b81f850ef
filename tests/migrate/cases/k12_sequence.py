from keras import backend as K
from keras import initializations, activations
from keras.engine import Layer, InputSpec


class SimpleDecoder(Layer):
    """A recurrence of its own, by K.rnn: no Recurrent to extend."""

    def __init__(self, output_dim, activation='tanh', go_backwards=False, **kwargs):
        self.output_dim = output_dim
        self.init = initializations.get('glorot_uniform')
        self.inner_init = initializations.get('orthogonal')
        self.activation = activations.get(activation)
        self.go_backwards = go_backwards
        self.supports_masking = True
        super(SimpleDecoder, self).__init__(**kwargs)

    def build(self, input_shape):
        self.input_spec = [InputSpec(shape=input_shape)]
        self.W = self.init((input_shape[2], self.output_dim), name='{}_W'.format(self.name))
        self.U = self.inner_init((self.output_dim, self.output_dim), name='{}_U'.format(self.name))
        self.b = K.zeros((self.output_dim,), name='{}_b'.format(self.name))
        self.trainable_weights = [self.W, self.U, self.b]

    def step(self, x, states):
        prev = states[0]
        h = self.activation(K.dot(x, self.W) + K.dot(prev, self.U) + self.b)
        return h, [h]

    def compute_mask(self, input, mask):
        return None

    def call(self, x, mask=None):
        initial = K.zeros_like(x)
        initial = K.sum(initial, axis=(1, 2))
        initial = K.expand_dims(initial)
        initial = K.tile(initial, [1, self.output_dim])
        last, outputs, states = K.rnn(self.step, x, [initial], go_backwards=self.go_backwards, mask=mask,
                                      input_length=K.int_shape(x)[1])
        return last

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], self.output_dim)

    def get_config(self):
        config = {'output_dim': self.output_dim, 'activation': self.activation.__name__, 'go_backwards': self.go_backwards}
        base_config = super(SimpleDecoder, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
