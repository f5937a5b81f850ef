# -*- coding: utf-8 -*-
"""Records models in the middle of their training, in the framework that trains them: python make_cases.py FOLDER ERA

Each case is a model after three steps, saved with its optimizer, and in an .npz beside it: `x`, `y` (the batch of every step),
`in_0` and `out_0` (before), `after` (predictions after three more steps of a model that was loaded from the file).
Runs on Python 2.7 and 3 under Keras 1.2 to 2.3 (KERAS_BACKEND=theano) and tf.keras 2.3 to 2.15.
"""
from __future__ import print_function

import os
import sys

import numpy as np

FOLDER, ERA = sys.argv[1], sys.argv[2]
if ERA.startswith("keras"):
    import keras
else:
    from tensorflow import keras

COMMON = [
    ("sgd", "SGD", dict(momentum=0.8, nesterov=True)),
    ("sgd_plain", "SGD", dict()),
    ("sgd_clipnorm", "SGD", dict(momentum=0.5, clipnorm=0.05)),
    ("rmsprop", "RMSprop", dict(rho=0.8)),
    ("adagrad", "Adagrad", dict()),
    ("adadelta", "Adadelta", dict(rho=0.9)),
    ("adam", "Adam", dict(beta_1=0.8)),
    ("adamax", "Adamax", dict()),
    ("nadam", "Nadam", dict()),
]
DECAY = [("adam_decay", "Adam", dict(decay=0.1)), ("sgd_decay", "SGD", dict(momentum=0.9, decay=0.1))]
AMSGRAD = [("adam_amsgrad", "Adam", dict(amsgrad=True))]
LATER = [
    ("rmsprop_momentum", "RMSprop", dict(momentum=0.5)),
    ("rmsprop_centered", "RMSprop", dict(momentum=0.5, centered=True)),
    ("ftrl", "Ftrl", dict(l1_regularization_strength=0.001, l2_regularization_strength=0.01)),
]
ERAS = {
    "keras-1.2": COMMON + DECAY,
    "keras-2.2": COMMON + DECAY + AMSGRAD,
    "tfkeras-2.3": COMMON + DECAY + AMSGRAD + LATER,
    "tfkeras-2.12": COMMON + AMSGRAD + LATER + [("adamw", "AdamW", dict(weight_decay=0.01))],
    "tfkeras-2.15": [("lion", "Lion", dict()), ("adam", "Adam", dict()), ("rmsprop_centered", "RMSprop", dict(momentum=0.5, centered=True))],
}


def rate(name):
    return {"Adadelta": 1.0, "Lion": 0.01}.get(name, 0.05)


def main():
    random = np.random.RandomState(7)
    x, y = random.randn(8, 3).astype("float32"), random.randn(8, 2).astype("float32")
    for name, optimizer, arguments in ERAS[ERA]:
        np.random.seed(3)
        dense, model = keras.layers.Dense, keras.models.Sequential()
        model.add(dense(4, activation="tanh", input_shape=(3,), name="z_first"))
        model.add(dense(2, name="a_second"))
        weights = np.random.RandomState(5)
        model.set_weights([weights.randn(*w.shape).astype("float32") for w in model.get_weights()])
        which = "lr" if ERA.startswith("keras") else "learning_rate"
        model.compile(getattr(keras.optimizers, optimizer)(**dict(arguments, **{which: rate(optimizer)})), loss="mse")
        for _ in range(3):
            model.train_on_batch(x, y)
        ending = ".keras" if ERA == "tfkeras-2.15" else ".h5"
        path = os.path.join(FOLDER, "%s-%s%s" % (ERA, name, ending))
        model.save(path)
        loaded = keras.models.load_model(path)
        before = loaded.predict(x)
        for _ in range(3):
            loaded.train_on_batch(x, y)
        np.savez(os.path.join(FOLDER, "%s-%s.npz" % (ERA, name)), x=x, y=y, in_0=x, out_0=before, after=loaded.predict(x))
        print(path, float(abs(loaded.predict(x) - before).max()))


main()
