"""Recurrent layers of one step, as Keras 1 and 2.0 let users write them."""

import keras
from keras import ops


class Keras1Recurrent(keras.layers.Layer):
    """The base of recurrent layers that say one `step(x, states)`: keras 1.2.2 and 2.0.8 layers/recurrent.py."""

    def __init__(
        self, weights=None, return_sequences=False, go_backwards=False, stateful=False, unroll=False, consume_less="cpu",
        implementation=0, input_dim=None, input_length=None, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        if stateful:
            raise NotImplementedError("a recurrent layer of one's own that keeps its states between batches")
        self.return_sequences, self.go_backwards, self.stateful, self.unroll = (
            return_sequences,
            go_backwards,
            stateful,
            unroll,
        )
        self.consume_less, self.implementation = consume_less, implementation
        self.input_dim, self.input_length = input_dim, input_length
        self.initial_weights = weights
        self.states = [None]
        self.supports_masking = True

    @property
    def keras1_size(self):
        return getattr(self, "units", None) or self.output_dim

    def get_initial_states(self, x):
        zeros = ops.tile(ops.zeros_like(x[:, 0, :1]), [1, self.keras1_size])
        return [zeros] * len(self.states)

    def get_initial_state(self, inputs):
        return self.get_initial_states(inputs)

    def get_constants(self, inputs, training=None):
        return []

    def preprocess_input(self, inputs, training=None):
        return inputs

    def reset_states(self, states=None):
        pass

    def call(self, x, mask=None):
        outputs = keras2_rnn(
            self.step, self.preprocess_input(x), self.get_initial_state(x), go_backwards=self.go_backwards, mask=mask,
            constants=self.get_constants(x),
        )  # fmt: skip
        return outputs[1] if self.return_sequences else outputs[0]

    def compute_mask(self, inputs, mask=None):
        return mask if self.return_sequences else None

    def compute_output_shape(self, input_shape):
        ends = (self.keras1_size,)
        return (*input_shape[:2], *ends) if self.return_sequences else (input_shape[0], *ends)

    def get_config(self):
        return {
            **super().get_config(), "return_sequences": self.return_sequences, "go_backwards": self.go_backwards,
            "stateful": self.stateful, "unroll": self.unroll,
        }  # fmt: skip


def keras1_time_distributed_dense(
    x, w, b=None, dropout=None, input_dim=None, output_dim=None, timesteps=None, training=None
):
    """The same product at every step."""
    y = ops.matmul(x, w)
    return y if b is None else y + b
