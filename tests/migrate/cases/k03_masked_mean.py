from keras import backend as K
from keras.layers.core import MaskedLayer


class TemporalMeanPooling(MaskedLayer):
    """Mean over the steps that are not masked."""
    input_ndim = 3

    def __init__(self, **kwargs):
        super(TemporalMeanPooling, self).__init__(**kwargs)

    @property
    def output_shape(self):
        return (self.input_shape[0], self.input_shape[2])

    def get_output_mask(self, train=None):
        return None

    def get_output(self, train=False):
        x = self.get_input(train)
        mask = self.get_input_mask(train)
        if mask is None:
            return K.mean(x, axis=1)
        m = K.cast(mask, 'float32')
        x = x * K.expand_dims(m)
        return K.sum(x, axis=1) / K.expand_dims(K.sum(m, axis=1))

    def get_config(self):
        config = {'name': self.__class__.__name__}
        base_config = super(TemporalMeanPooling, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
