import itertools
import tensorflow as tf
from tensorflow.python.keras.layers import Layer
from tensorflow.python.keras import backend as K


class AFMLayer(Layer):
    """Attentional factorization machine: products of all pairs, weighted by attention."""

    def __init__(self, attention_factor=4, **kwargs):
        self.attention_factor = attention_factor
        super(AFMLayer, self).__init__(**kwargs)

    def build(self, input_shape):
        embedding_size = input_shape[0][-1].value
        self.attention_W = self.add_weight(shape=(embedding_size, self.attention_factor), initializer='glorot_uniform', name="attention_W")
        self.attention_b = self.add_weight(shape=(self.attention_factor,), initializer='zeros', name="attention_b")
        self.projection_h = self.add_weight(shape=(self.attention_factor, 1), initializer='glorot_normal', name="projection_h")
        self.projection_p = self.add_weight(shape=(embedding_size, 1), initializer='glorot_normal', name="projection_p")
        super(AFMLayer, self).build(input_shape)

    def call(self, inputs, **kwargs):
        row = []
        col = []
        for r, c in itertools.combinations(inputs, 2):
            row.append(r)
            col.append(c)
        p = tf.concat(row, axis=1)
        q = tf.concat(col, axis=1)
        inner_product = p * q
        attention_temp = tf.nn.relu(tf.nn.bias_add(tf.tensordot(inner_product, self.attention_W, axes=(-1, 0)), self.attention_b))
        normalized = tf.nn.softmax(tf.tensordot(attention_temp, self.projection_h, axes=(-1, 0)), dim=1)
        attention_output = tf.reduce_sum(normalized * inner_product, axis=1)
        return tf.tensordot(attention_output, self.projection_p, axes=(-1, 0))

    def compute_output_shape(self, input_shape):
        return (None, 1)

    def get_config(self):
        config = {'attention_factor': self.attention_factor}
        base_config = super(AFMLayer, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))
