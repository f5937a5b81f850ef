"""Records what one release of Keras 0.2 to 1.2 writes: run inside an environment that has it (Python 2.7), print to a file.

    KERAS_BACKEND=theano python record_keras1.py 1.2.2 > keras-1.2.2.json

For every layer, regularizer and constraint the keys that `get_config` saves and the constructor's arguments; the names of
all activations and initializations.
"""

from __future__ import print_function

import inspect
import json
import sys

from keras import activations, constraints, regularizers
import keras.initializations as initializations
from keras.layers import advanced_activations, convolutional, core, embeddings, noise, normalization, recurrent

MODULES = [core, convolutional, advanced_activations, embeddings, noise, normalization, recurrent]
for name in ("pooling", "local", "wrappers", "convolutional_recurrent"):
    try:
        MODULES.append(getattr(__import__("keras.layers." + name).layers, name))
    except ImportError:
        pass
try:
    from keras.engine import topology

    MODULES.append(topology)
except ImportError:
    pass

VALUES = dict(
    output_dim=2, nb_filter=2, nb_row=3, nb_col=3, filter_length=3, kernel_dim1=2, kernel_dim2=2, kernel_dim3=2, p=0.5,
    sigma=0.1, n=3, dims=(1,), target_shape=(2,), input_dim=3, activation="relu", output_shape=(None, 2, 4, 4),
    stack_size=2, padding=1,
)  # fmt: skip
SPECIAL = {
    "Embedding": dict(input_dim=3, output_dim=2),
    "InputLayer": dict(input_shape=(2,)),
    "SiameseHead": dict(head=0),
    "RepeatVector": dict(n=2),
    "ZeroPadding2D": dict(padding=(1, 1)),
    "ZeroPadding3D": dict(padding=(1, 1, 1)),
}
# these hold layers or code, or are abstract
SKIPPED = {
    "Layer", "MaskedLayer", "Wrapper", "Recurrent", "ConvRecurrent2D", "Container", "Node", "InputSpec", "Lambda",
    "MaskedLambda", "LambdaMerge", "AutoEncoder", "Siamese", "TimeDistributed", "Bidirectional", "Model", "Sequential",
}  # fmt: skip


def spec_of(function):
    spec = inspect.getargspec(function)
    count = len(spec.defaults or ())
    names = [a for a in spec.args if a != "self"]
    return names, names[: len(names) - count]


def example(cls):
    names, required = spec_of(cls.__init__)
    given = SPECIAL.get(cls.__name__)
    if given is None:
        given = dict((a, VALUES[a]) for a in required)
    if cls.__name__.startswith("Separable"):  # it asks for TensorFlow, which its arguments do not depend on
        backend = convolutional.K
        before = backend._BACKEND, getattr(backend, "backend", None)
        backend._BACKEND, backend.backend = "tensorflow", lambda: "tensorflow"
        try:
            return cls(**given), names
        finally:
            backend._BACKEND, backend.backend = before
    instance = cls(**given)
    if cls.__name__.startswith("Deconv"):  # 1.0 saves the shape that a call gives
        instance(topology.Input((2, 4, 4)))
    return instance, names


def layers():
    found, failed = {}, {}
    for module in MODULES:
        for name in dir(module):
            cls = getattr(module, name)
            if not inspect.isclass(cls) or not hasattr(cls, "get_config") or name.startswith("_") or name in SKIPPED:
                continue
            if not cls.__module__.startswith("keras.") or "regularizers" in cls.__module__ or "constraints" in cls.__module__:
                continue
            if cls.__module__.endswith((".optimizers", ".containers", ".models", ".training")):
                continue
            try:
                if name == "Merge":
                    branch = getattr(module, "InputLayer", core.Dense)
                    given = dict(input_shape=(3,)) if branch is not core.Dense else dict(output_dim=2, input_dim=3)
                    instance, names = cls([branch(**given), branch(**given)]), spec_of(cls.__init__)[0]
                else:
                    instance, names = example(cls)
                saved = sorted(k for k in instance.get_config() if k not in ("name", "custom_name"))
                found[cls.__name__] = {"module": cls.__module__, "arguments": names, "saved": saved}
            except Exception as error:
                failed[name] = repr(error)
    return found, failed


def objects(module, base):
    found = {}
    for name in dir(module):
        cls = getattr(module, name)
        if inspect.isclass(cls) and issubclass(cls, base):
            required = spec_of(cls.__init__)[1] if "__init__" in vars(cls) else []
            config = cls(**dict((a, 0.1) for a in required)).get_config()
            found[cls.__name__] = {"module": cls.__module__, "saved": sorted(k for k in config if k != "name")}
    return found


def functions(module):
    names = [n for n in dir(module) if inspect.isfunction(getattr(module, n))]
    return sorted(set(names) - {"get", "get_from_module", "get_fans", "sharedX", "shared_zeros", "shared_ones"})


found, failed = layers()
print(failed, file=sys.stderr)
inventory = {
    "keras": sys.argv[1],
    "layers": found,
    "regularizers": objects(regularizers, regularizers.Regularizer),
    "constraints": objects(constraints, constraints.Constraint),
    "activations": functions(activations),
    "initializers": functions(initializations),
}
print(json.dumps(inventory, indent=1, sort_keys=True).replace(" \n", "\n"))
