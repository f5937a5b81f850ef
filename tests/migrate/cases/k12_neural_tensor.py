import numpy as np
from keras import backend as K
from keras.engine.topology import Layer


class NeuralTensorLayer(Layer):
    def __init__(self, output_dim, input_dim=None, **kwargs):
        self.output_dim = output_dim  # k
        self.input_dim = input_dim    # d
        if self.input_dim:
            kwargs['input_shape'] = (self.input_dim,)
        super(NeuralTensorLayer, self).__init__(**kwargs)

    def build(self, input_shape):
        mean = 0.0
        std = 1.0
        k = self.output_dim
        d = self.input_dim
        initial_W_values = np.random.normal(loc=mean, scale=std, size=(k, d, d))
        initial_V_values = np.random.normal(loc=mean, scale=std, size=(2 * d, k))
        self.W = K.variable(initial_W_values)
        self.V = K.variable(initial_V_values)
        self.b = K.zeros((self.input_dim,))
        self.trainable_weights = [self.W, self.V, self.b]

    def call(self, inputs, mask=None):
        if type(inputs) is not list or len(inputs) <= 1:
            raise Exception('BilinearTensorLayer must be called on a list of tensors (at least 2). Got: ' + str(inputs))
        e1 = inputs[0]
        e2 = inputs[1]
        k = self.output_dim
        feed_forward_product = K.dot(K.concatenate([e1, e2]), self.V)
        bilinear_tensor_products = [K.sum((e2 * K.dot(e1, self.W[0])) + self.b, axis=1)]
        for i in range(k)[1:]:
            btp = K.sum((e2 * K.dot(e1, self.W[i])) + self.b, axis=1)
            bilinear_tensor_products.append(btp)
        batch_size = K.shape(e1)[0]
        result = K.tanh(K.transpose(K.reshape(K.concatenate(bilinear_tensor_products, axis=0), (k, batch_size))) + feed_forward_product)
        return result

    def get_output_shape_for(self, input_shape):
        batch_size = input_shape[0][0]
        return (batch_size, self.output_dim)

    def get_config(self):
        config = {'output_dim': self.output_dim, 'input_dim': self.input_dim}
        base_config = super(NeuralTensorLayer, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
