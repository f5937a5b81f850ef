"""Computes every body of `bodies.txt` in the real framework; runs in TensorFlow 2.4. Writes `truth.npz`."""
import io
import os

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K

here = os.path.dirname(os.path.abspath(__file__))
with io.open(os.path.join(here, "bodies.txt"), encoding="utf-8") as file:
    bodies = file.read().splitlines()
rng = np.random.RandomState(3)
arrays = {"x": rng.uniform(-1, 1, (2, 4, 6)).astype("float32"), "y": rng.uniform(-1, 1, (2, 4, 6)).astype("float32")}
arrays["y"][:, 0, 0] = arrays["x"][:, 0, 0]
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import Lambda

K.set_learning_phase(0)
K.identity, K.logsumexp, K.slice = tf.identity, tf.reduce_logsumexp, tf.slice  # what Keras 2.2.4 has under these names calls them
inputs = [Input((4, 6)), Input((4, 6))]
for number, body in enumerate(bodies):
    function = eval("lambda t: (lambda x, y: " + body + ")(t[0], t[1])", {"K": K, "tf": tf, "np": np})
    model = Model(inputs, Lambda(function)(inputs))
    arrays["out_%d" % number] = model.predict_on_batch([arrays["x"], arrays["y"]])
np.savez_compressed(os.path.join(here, "truth.npz"), **arrays)
