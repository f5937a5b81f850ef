import keras
from keras import backend as K
from keras.layers import Layer, Dense, LSTM


def old_gate(x):
    return K.hard_sigmoid(x) * K.relu(x, max_value=6)


class Gate(Layer):
    def __init__(self, units, gate_activation='hard_sigmoid', **kwargs):
        super(Gate, self).__init__(**kwargs)
        self.units = units
        self.gate_activation = keras.activations.get(gate_activation)
        self.dense = Dense(units, activation='hard_sigmoid', name='inside')
        self.out = Dense(units, use_bias=False)

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.out.build((input_shape[0], self.units))
        self.scale = self.add_weight(name='scale', shape=(), initializer='ones')
        super(Gate, self).build(input_shape)

    def call(self, inputs, training=None):
        x = self.dense(inputs)
        x = K.in_train_phase(lambda: K.dropout(x, 0.5), x, training=training)
        return self.out(old_gate(x)) * self.gate_activation(self.scale)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        config = super(Gate, self).get_config()
        config['units'] = self.units
        config['gate_activation'] = keras.activations.serialize(self.gate_activation)
        return config
