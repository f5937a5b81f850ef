import tensorflow as tf
from tensorflow.keras.layers import Layer, Dense, GlobalAveragePooling2D, Reshape, BatchNormalization, Conv2D


class SqueezeExcite(Layer):
    def __init__(self, filters, ratio=4, **kwargs):
        super(SqueezeExcite, self).__init__(**kwargs)
        self.filters = filters
        self.ratio = ratio
        self.conv = Conv2D(filters, 3, padding='same', use_bias=False)
        self.norm = BatchNormalization()
        self.pool = GlobalAveragePooling2D()
        self.squeeze = Dense(filters // ratio, activation=tf.nn.relu)
        self.excite = Dense(filters, activation=tf.nn.sigmoid)

    def call(self, inputs, training=None):
        x = self.norm(self.conv(inputs), training=training)
        w = self.pool(x)
        w = self.excite(self.squeeze(w))
        return x * tf.reshape(w, [-1, 1, 1, self.filters])

    def get_config(self):
        config = super(SqueezeExcite, self).get_config()
        config.update({'filters': self.filters, 'ratio': self.ratio})
        return config
