# A layer of 2015: shared variables and Theano itself
import theano.tensor as T
from keras import activations, initializations
from keras.layers.core import Layer
from keras.utils.theano_utils import shared_zeros


class GatedDense(Layer):
    def __init__(self, input_dim, output_dim, init='glorot_uniform', activation='tanh'):
        super(GatedDense, self).__init__()
        self.init = initializations.get(init)
        self.activation = activations.get(activation)
        self.input_dim = input_dim
        self.output_dim = output_dim

        self.input = T.matrix()
        self.W = self.init((self.input_dim, self.output_dim))
        self.b = shared_zeros((self.output_dim))
        self.G = self.init((self.input_dim, self.output_dim))
        self.params = [self.W, self.b, self.G]

    def get_output(self, train=False):
        X = self.get_input(train)
        gate = T.nnet.sigmoid(T.dot(X, self.G))
        return self.activation(T.dot(X, self.W) + self.b) * gate  # gated

    def get_config(self):
        return {"name": self.__class__.__name__,
                "input_dim": self.input_dim,
                "output_dim": self.output_dim,
                "init": self.init.__name__,
                "activation": self.activation.__name__}
