import math

import tensorflow as tf
from tensorflow import keras


class NetVLAD(tf.keras.layers.Layer):
    """Clusters of residuals, normalized within and over all."""

    def __init__(self, num_clusters, **kwargs):
        self.K = num_clusters
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.D = input_shape[-1]
        self.w = self.add_weight(name='w', shape=[1, self.D, self.K], initializer=tf.random_normal_initializer(stddev=1 / math.sqrt(self.D)))
        self.b = tf.Variable(initial_value=tf.zeros([self.K]), trainable=True, name='b')
        self.C = self.add_weight('C', [1, self.D, self.K], initializer=tf.keras.initializers.RandomNormal(stddev=0.1))

    def call(self, inputs):
        s = tf.matmul(inputs, tf.tile(self.w, [tf.shape(inputs)[0], 1, 1])) + self.b
        a = tf.nn.softmax(s)
        a = tf.expand_dims(a, -2)
        v = tf.expand_dims(inputs, -1) + self.C[:, tf.newaxis]
        v = a * v
        v = tf.reduce_sum(v, axis=1)
        v = tf.nn.l2_normalize(v, axis=1)
        v = tf.reshape(v, [-1, self.D * self.K])
        return tf.math.l2_normalize(v, axis=-1)

    def get_config(self):
        return {**super().get_config(), 'num_clusters': self.K}
