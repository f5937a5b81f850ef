from keras.layers import Dense
from keras import backend as K


class CosineDense(Dense):
    """A Dense layer whose product is divided by the norms."""

    def call(self, x, mask=None):
        xnorm = K.sqrt(K.sum(K.square(x), axis=-1, keepdims=True) + K.epsilon())
        Wnorm = K.sqrt(K.sum(K.square(self.W), axis=0) + K.epsilon())
        output = K.dot(x, self.W) / (xnorm * Wnorm)
        if self.bias:
            output += self.b
        return self.activation(output)
