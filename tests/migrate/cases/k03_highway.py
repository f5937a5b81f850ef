from keras import backend as K
from keras import activations, initializations, regularizers, constraints
from keras.layers.core import Layer


class HighwayLayer(Layer):
    '''y = t * g(Wx + b) + (1 - t) * x'''
    input_ndim = 2

    def __init__(self, transform_bias=-2, init='glorot_uniform', activation='linear', W_regularizer=None, input_dim=None, **kwargs):
        self.init = initializations.get(init)
        self.transform_bias = transform_bias
        self.activation = activations.get(activation)
        self.W_regularizer = regularizers.get(W_regularizer)
        self.input_dim = input_dim
        if self.input_dim:
            kwargs['input_shape'] = (self.input_dim,)
        super(HighwayLayer, self).__init__(**kwargs)

    def build(self):
        input_dim = self.input_shape[1]
        self.W = self.init((input_dim, input_dim))
        self.W_carry = self.init((input_dim, input_dim))
        self.b = K.zeros((input_dim,))
        self.b_carry = K.variable(__import__('numpy').ones((input_dim,)) * self.transform_bias)

        self.trainable_weights = [self.W, self.b, self.W_carry, self.b_carry]

        self.regularizers = []
        if self.W_regularizer:
            self.W_regularizer.set_param(self.W)
            self.regularizers.append(self.W_regularizer)

    @property
    def output_shape(self):
        return (self.input_shape[0], self.input_shape[1])

    def get_output(self, train=False):
        X = self.get_input(train)
        transform_weight = activations.sigmoid(K.dot(X, self.W_carry) + self.b_carry)
        act = self.activation(K.dot(X, self.W) + self.b)
        act *= transform_weight
        output = act + (1 - transform_weight) * X
        return output

    def get_config(self):
        config = {'name': self.__class__.__name__,
                  'init': self.init.__name__,
                  'transform_bias': self.transform_bias,
                  'activation': self.activation.__name__,
                  'W_regularizer': self.W_regularizer.get_config() if self.W_regularizer else None,
                  'input_dim': self.input_dim}
        base_config = super(HighwayLayer, self).get_config()
        return dict(base_config.items() + config.items())
