"""Records what the old framework computes with the layers in `cases/`.

    KERAS_BACKEND=theano python make_truth.py k12_sequence        # in the environment that cases.json names

writes `truth/k12_sequence.npz`: inputs `in_0`.., weights `w_0`.. in the order of the layer, their `names`, outputs `out_0`...
Runs on Python 2.7 to 3.11 and every Keras from 0.2 to 2.15.
"""
import io
import json
import os
import sys

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "cases"))
with io.open(os.path.join(here, "cases.json"), encoding="utf-8") as file:
    cases = json.load(file)


def masked(array):
    """The last steps of the first example are padding."""
    array[0, -2:] = 0
    return array


def old_model(keras, layer, case):
    """Keras 0: a Sequential."""
    from keras.models import Sequential

    model = Sequential()
    shape = tuple(case["inputs"][0])
    if case.get("masked"):
        from keras.layers.core import Masking

        model.add(Masking(input_shape=shape))
    elif not hasattr(layer, "input_dim"):
        layer.set_input_shape((None,) + shape)
    model.add(layer)
    model.compile("sgd", "mse")
    return model


def model_of(keras, layer, case):
    """A functional model of the layer alone, behind Masking where the case says so."""
    layers = keras.layers
    inputs = [layers.Input(tuple(s)) for s in case["inputs"]]
    tensors = [layers.Masking()(t) for t in inputs] if case.get("masked") else inputs
    outputs = layer(tensors if len(tensors) > 1 else tensors[0])
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    kind = keras.models.Model
    if case["env"].startswith("k1"):
        return kind(input=inputs, output=outputs)
    return kind(inputs, outputs)


def main(name):
    case = cases[name]
    if case["env"].startswith("tf"):
        import tensorflow as tf

        keras = tf.keras
    else:
        import keras
        import keras.layers
        import keras.models
    module = __import__(name)
    layer = eval(case["make"], vars(module))
    rng = np.random.RandomState(7)
    arrays = {"in_%d" % n: rng.uniform(-1, 1, [3] + list(s)).astype("float32") for n, s in enumerate(case["inputs"])}
    if case.get("masked"):
        arrays = {k: masked(a) for k, a in arrays.items()}
    is_old = case["env"] in ("k02", "k03")
    model = old_model(keras, layer, case) if is_old else model_of(keras, layer, case)
    old = layer.get_weights()
    new = [rng.uniform(-0.8, 0.8, w.shape).astype(w.dtype) for w in old]
    names = [getattr(w, "name", None) or "" for w in (layer.params if is_old and not hasattr(layer, "trainable_weights") else
             layer.trainable_weights if is_old else layer.weights)]
    new = [abs(w) + 0.1 if "variance" in n or "running" in n else w for w, n in zip(new, names)]
    layer.set_weights(new)
    values = [arrays["in_%d" % n] for n in range(len(case["inputs"]))]
    outputs = model.predict(values if len(values) > 1 else values[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    arrays.update({"w_%d" % n: w for n, w in enumerate(new)})
    arrays.update({"out_%d" % n: o for n, o in enumerate(outputs)})
    arrays["names"] = np.array([str(n) for n in names])
    np.savez_compressed(os.path.join(here, "truth", name + ".npz"), **arrays)
    print("%s %s" % (name, [o.shape for o in outputs]))


if __name__ == "__main__":
    main(sys.argv[1])
