"""Records what one Keras 2 release writes: run inside an environment that has it (Python 3.6 or 3.7), print to a file.

    KERAS_BACKEND=tensorflow python record.py > keras-2.2.4.json

For every layer, initializer, regularizer and constraint: the constructor's arguments with their defaults, and the keys that
`get_config` saves; the names of all activations.
"""

import inspect
import json
import warnings

import keras
from keras import activations, constraints, initializers, layers, regularizers
from keras.engine import Layer

EXAMPLES = {
    "Dense": dict(units=2),
    "Activation": dict(activation="relu"),
    "Dropout": dict(rate=0.5),
    "SpatialDropout1D": dict(rate=0.5),
    "SpatialDropout2D": dict(rate=0.5),
    "SpatialDropout3D": dict(rate=0.5),
    "Reshape": dict(target_shape=(2,)),
    "Permute": dict(dims=(1,)),
    "RepeatVector": dict(n=2),
    "Lambda": dict(function=abs),
    "ActivityRegularization": {},
    "Masking": {},
    "Conv1D": dict(filters=2, kernel_size=3),
    "Conv2D": dict(filters=2, kernel_size=3),
    "Conv3D": dict(filters=2, kernel_size=3),
    "Conv2DTranspose": dict(filters=2, kernel_size=3),
    "Conv3DTranspose": dict(filters=2, kernel_size=3),
    "SeparableConv1D": dict(filters=2, kernel_size=3),
    "SeparableConv2D": dict(filters=2, kernel_size=3),
    "DepthwiseConv2D": dict(kernel_size=3),
    "LocallyConnected1D": dict(filters=2, kernel_size=3),
    "LocallyConnected2D": dict(filters=2, kernel_size=3),
    "ConvLSTM2D": dict(filters=2, kernel_size=3),
    "ConvLSTM2DCell": dict(filters=2, kernel_size=3),
    "ConvRecurrent2D": None,
    "Recurrent": None,
    "Wrapper": None,
    "Layer": None,
    "Input": None,
    "InputSpec": None,
    "Embedding": dict(input_dim=3, output_dim=2),
    "GaussianNoise": dict(stddev=0.1),
    "GaussianDropout": dict(rate=0.1),
    "AlphaDropout": dict(rate=0.1),
    "SimpleRNN": dict(units=2),
    "LSTM": dict(units=2),
    "GRU": dict(units=2),
    "CuDNNLSTM": dict(units=2),
    "CuDNNGRU": dict(units=2),
    "SimpleRNNCell": dict(units=2),
    "LSTMCell": dict(units=2),
    "GRUCell": dict(units=2),
    "Dot": dict(axes=1),
    "InputLayer": dict(input_shape=(2,)),
    "MaxoutDense": dict(output_dim=2),
    "Highway": {},
    "ConvRNN2D": None,
    "RNN": "cell",
    "StackedRNNCells": "cells",
    "TimeDistributed": "layer",
    "Bidirectional": "rnn",
}


def example(cls):
    given = EXAMPLES.get(cls.__name__, {})
    if given is None:
        return None
    if given == "cell":
        return cls(layers.SimpleRNNCell(2))
    if given == "cells":
        return cls([layers.SimpleRNNCell(2)])
    if given == "layer":
        return cls(layers.Dense(2))
    if given == "rnn":
        return cls(layers.SimpleRNN(2))
    return cls(**given)


def arguments(cls):
    found = {}
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name != "self" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            default = parameter.default
            found[name] = default if isinstance(default, (int, float, str, bool, list, tuple)) else None
    return found


def described(cls, instance):
    saved = sorted(k for k in instance.get_config() if k != "name") if hasattr(instance, "get_config") else []
    return {"module": cls.__module__, "arguments": arguments(cls), "saved": saved}


def layer_classes():
    try:
        from keras.applications.mobilenet import DepthwiseConv2D

        yield DepthwiseConv2D
    except ImportError:
        pass
    for holder in (layers, getattr(keras, "legacy", None) and keras.legacy.layers):
        for name in dir(holder) if holder else ():
            cls = getattr(holder, name)
            if inspect.isclass(cls) and issubclass(cls, Layer) and cls.__name__ not in ("Sequential", "Model", "Merge"):
                yield cls


def objects(module, base):
    found = {}
    for name in dir(module):
        cls = getattr(module, name)
        if inspect.isclass(cls) and issubclass(cls, base):
            try:
                found[cls.__name__] = described(cls, cls(value=0.5) if name == "Constant_" else cls())
            except TypeError:
                continue
    return found


def main():
    warnings.simplefilter("ignore")
    found = {}
    for cls in layer_classes():
        if cls.__name__ in found or cls.__name__.startswith("_"):
            continue
        instance = example(cls)
        if instance is not None:
            found[cls.__name__] = described(cls, instance)
    names = [
        n
        for n in dir(activations)
        if callable(getattr(activations, n)) and not inspect.isclass(getattr(activations, n))
    ]
    skip = {"get", "serialize", "deserialize", "deserialize_keras_object", "serialize_keras_object"}
    print(
        json.dumps(
            {
                "keras": keras.__version__,
                "layers": found,
                "initializers": objects(initializers, initializers.Initializer),
                "regularizers": objects(regularizers, regularizers.Regularizer),
                "constraints": objects(constraints, constraints.Constraint),
                "activations": sorted(set(names) - skip),
            },
            indent=1,
            sort_keys=True,
        )
    )


main()
