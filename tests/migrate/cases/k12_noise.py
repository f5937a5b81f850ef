from keras.engine import Layer
from keras import backend as K
import numpy as np


class ZoneNoise(Layer):
    def __init__(self, sigma, p=.3, **kwargs):
        self.supports_masking = True
        self.sigma = sigma
        self.p = p
        self.uses_learning_phase = True
        super(ZoneNoise, self).__init__(**kwargs)

    def call(self, x, mask=None):
        noise_x = x + K.random_normal(shape=K.shape(x), mean=0., std=self.sigma)
        kept = K.in_train_phase(K.dropout(noise_x, self.p), x)
        return K.switch(K.learning_phase(), kept, kept * 1.)

    def get_config(self):
        config = {'sigma': self.sigma, 'p': self.p}
        base_config = super(ZoneNoise, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
