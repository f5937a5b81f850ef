import numpy as np
from keras import backend as K
from keras.engine.topology import InputSpec
from keras.engine.topology import Layer


class Normalize(Layer):
    '''L2 normalization over channels with a learned scale, as in ParseNet and SSD.'''
    def __init__(self, scale, **kwargs):
        if K.image_dim_ordering() == 'tf':
            self.axis = 3
        else:
            self.axis = 1
        self.scale = scale
        super(Normalize, self).__init__(**kwargs)

    def build(self, input_shape):
        self.input_spec = [InputSpec(shape=input_shape)]
        shape = (input_shape[self.axis],)
        init_gamma = self.scale * np.ones(shape)
        self.gamma = K.variable(init_gamma, name='{}_gamma'.format(self.name))
        self.trainable_weights = [self.gamma]

    def call(self, x, mask=None):
        output = K.l2_normalize(x, self.axis)
        output *= self.gamma
        return output

    def get_config(self):
        config = {'scale': self.scale}
        base_config = super(Normalize, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
