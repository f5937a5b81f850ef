"""Records what one Keras release writes: run inside an environment that has it, print to a file.

    KERAS_BACKEND=tensorflow python record.py > keras-2.2.4.json
    python record.py tf.keras > tf.keras-1.15.json

For every layer, initializer, regularizer and constraint: the constructor's arguments with their defaults, and the keys that
`get_config` saves; the names of all activations.
"""

import importlib
import inspect
import json
import sys
import warnings


def modules(*names):
    """Those of these modules that this release has; a name is `module` or `module:attribute.attribute`."""
    found = []
    for name in names:
        path, _, attributes = name.partition(":")
        try:
            value = importlib.import_module(path)
            for attribute in filter(None, attributes.split(".")):
                value = getattr(value, attribute)
        except (ImportError, AttributeError):
            continue
        found.append(value)
    return found


if sys.argv[1:] == ["tf.keras"]:
    import tensorflow

    keras = tensorflow.keras
    activations, constraints, initializers, layers, regularizers = (
        keras.activations, keras.constraints, keras.initializers, keras.layers, keras.regularizers,
    )  # fmt: skip
    Layer = keras.layers.Layer
    HOLDERS = [layers] + modules(
        Layer.__module__.split(".engine")[0] + ".layers",
        "tensorflow:keras.layers.experimental",
        "tensorflow:keras.layers.experimental.preprocessing",
        "tensorflow:compat.v1.keras.layers",
        "tensorflow:keras.experimental",
    )
    VERSION = getattr(keras, "__version__", tensorflow.__version__)
else:
    import keras
    from keras import activations, constraints, initializers, layers, regularizers

    Layer = (modules("keras.engine:Layer") + modules("keras.layers:Layer"))[0]
    HOLDERS = [layers] + modules("keras:legacy.layers")
    VERSION = keras.__version__

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
    "CuDNNRNN": None,
    "_CuDNNRNN": None,
    "TensorFlowOpLayer": None,
    "AddLoss": None,
    "AddMetric": None,
    "TFSMLayer": None,
    "ConvLSTM1D": dict(filters=2, kernel_size=3),
    "ConvLSTM3D": dict(filters=2, kernel_size=3),
    "Conv1DTranspose": dict(filters=2, kernel_size=3),
    "DepthwiseConv1D": dict(kernel_size=3),
    "UnifiedLSTM": dict(units=2),
    "UnifiedGRU": dict(units=2),
    "PeepholeLSTMCell": dict(units=2),
    "MultiHeadAttention": dict(num_heads=2, key_dim=2),
    "GroupQueryAttention": dict(head_dim=2, num_query_heads=2, num_key_value_heads=1),
    "EinsumDense": dict(equation="ab,bc->ac", output_shape=2),
    "RandomFourierFeatures": dict(output_dim=2),
    "CategoryEncoding": "tokens",
    "CategoryCrossing": {},
    "Discretization": "bins",
    "Hashing": dict(num_bins=3),
    "HashedCrossing": dict(num_bins=3),
    "CenterCrop": dict(height=2, width=2),
    "RandomCrop": dict(height=2, width=2),
    "RandomHeight": dict(factor=0.1),
    "RandomWidth": dict(factor=0.1),
    "RandomRotation": dict(factor=0.1),
    "RandomZoom": dict(height_factor=0.1),
    "RandomContrast": dict(factor=0.1),
    "RandomBrightness": dict(factor=0.1),
    "RandomTranslation": dict(height_factor=0.1, width_factor=0.1),
    "Rescaling": dict(scale=2.0),
    "Resizing": dict(height=2, width=2),
    "SpectralNormalization": "layer",
    "DenseFeatures": None,
    "SequenceFeatures": None,
    "LinearModel": None,
    "WideDeepModel": None,
    "SyncBatchNormalization": {},
    "PreprocessingLayer": None,
    "CombinerPreprocessingLayer": None,
    "IndexLookup": None,
    "BaseRandomLayer": None,
    "AveragePooling1D": dict(pool_size=2),
    "AveragePooling2D": dict(pool_size=2),
    "AveragePooling3D": dict(pool_size=2),
    "AdaptiveAveragePooling1D": dict(output_size=1),
    "AdaptiveAveragePooling2D": dict(output_size=1),
    "AdaptiveAveragePooling3D": dict(output_size=1),
    "AdaptiveMaxPooling1D": dict(output_size=1),
    "AdaptiveMaxPooling2D": dict(output_size=1),
    "AdaptiveMaxPooling3D": dict(output_size=1),
    "ReversibleEmbedding": dict(input_dim=3, output_dim=2),
    "GroupedQueryAttention": dict(head_dim=2, num_query_heads=2, num_key_value_heads=1),
    "MaxNumBoundingBoxes": dict(max_number=2),
    "RandomColorDegeneration": dict(factor=0.1),
    "RandomHue": dict(factor=0.1),
    "RandomPosterization": dict(factor=4),
    "RandomSaturation": dict(factor=0.1),
    "RandomSharpness": dict(factor=0.1),
    "STFTSpectrogram": None,  # needs SciPy
    "FlaxLayer": None,
    "JaxLayer": None,
    "TorchModuleWrapper": None,
    "Pipeline": None,
    "AbstractRNNCell": None,
    "TFOpLambda": None,
    "ClassMethod": None,
    "InstanceMethod": None,
    "InstanceProperty": None,
    "SlicingOpLambda": None,
    "TextVectorization": {},
    "StringLookup": "words",
    "IntegerLookup": "numbers",
    "Normalization": {},
    "DropoutRNNCellMixin": None,
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
    choices = given if isinstance(given, dict) else CHOICES[given]
    for choice in [choices] if isinstance(choices, dict) else choices:
        try:
            return cls(**choice)
        except (TypeError, ValueError, NotImplementedError, RuntimeError, ImportError):
            continue
    return None


CHOICES = {
    "tokens": ({"num_tokens": 3}, {"max_tokens": 3}),
    "bins": ({"bin_boundaries": [0.0]}, {"bins": [0.0]}),
    "words": ({"vocabulary": ["a"]}, {}),
    "numbers": ({"vocabulary": [1]}, {}),
}


def arguments(cls):
    found = {}
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name != "self" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            default = parameter.default
            found[name] = default if isinstance(default, (int, float, str, bool, list, tuple)) else None
    return found


def has_config(instance):
    """False for the base classes, which raise instead."""
    try:
        instance.get_config()
    except NotImplementedError:
        return False
    return True


def described(cls, instance):
    saved = sorted(k for k in instance.get_config() if k != "name") if hasattr(instance, "get_config") else []
    return {"module": cls.__module__, "arguments": arguments(cls), "saved": saved}


def layer_classes():
    try:
        from keras.applications.mobilenet import DepthwiseConv2D

        yield DepthwiseConv2D
    except ImportError:
        pass
    models = ("Sequential", "Model", "Merge", "Functional")
    for holder in HOLDERS:
        for name in dir(holder):
            cls = getattr(holder, name)
            if inspect.isclass(cls) and issubclass(cls, Layer) and cls.__name__ not in models:
                yield cls


def objects(module, base):
    found = {}
    for name in dir(module):
        cls = getattr(module, name)
        if inspect.isclass(cls) and issubclass(cls, base):
            try:
                found[cls.__name__] = described(cls, cls(value=0.5) if name == "Constant_" else cls())
            except (TypeError, NotImplementedError, ImportError):
                continue
    return found


def main():
    warnings.simplefilter("ignore")
    found, seen = {}, []
    for cls in layer_classes():
        if cls in seen or cls.__name__.startswith("_"):
            continue
        seen.append(cls)
        instance = example(cls)
        if instance is not None and has_config(instance):  # several generations of a class can have the same name
            facts = described(cls, instance)
            before = found.setdefault(cls.__name__, facts)
            before["saved"] = sorted(set(before["saved"] + facts["saved"]))
            before["arguments"].update(facts["arguments"])
        else:
            print("left out: " + cls.__name__, file=sys.stderr)
    names = [
        n
        for n in dir(activations)
        if callable(getattr(activations, n)) and not inspect.isclass(getattr(activations, n))
    ]
    skip = {"get", "serialize", "deserialize", "deserialize_keras_object", "serialize_keras_object"}
    print(
        json.dumps(
            {
                "keras": VERSION,
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
