from keras.engine.topology import Layer
from keras import backend as K
from keras import initializations


class LayerNormalization(Layer):
    def __init__(self, epsilon=1e-5, **kwargs):
        self.epsilon = epsilon
        self.supports_masking = True
        super(LayerNormalization, self).__init__(**kwargs)

    def build(self, input_shape):
        self.g = K.ones((input_shape[-1],), name='{}_g'.format(self.name))
        self.b = K.zeros((input_shape[-1],), name='{}_b'.format(self.name))
        self.trainable_weights += [self.g, self.b]

    def call(self, x, mask=None):
        m = K.mean(x, axis=-1, keepdims=True)
        std = K.sqrt(K.var(x, axis=-1, keepdims=True) + self.epsilon)
        x_norm = (x - m) / std
        return self.g * x_norm + self.b

    def get_output_shape_for(self, input_shape):
        return input_shape

    def get_config(self):
        config = {'epsilon': self.epsilon}
        base_config = super(LayerNormalization, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
