"""Whole names of all times -> names of one time: `tensorflow.python.keras.engine.base_layer.Layer` is `keras.layers.Layer`."""

from __future__ import annotations

import functools
from importlib.resources import files

from kconvert.spec import Dialect
from kconvert.upgrade.maps import HopMaps, hop_maps

PREFIXES = (
    ("tensorflow.contrib.keras.api.keras", "keras"), ("tensorflow.contrib.keras.python.keras", "keras"),
    ("tensorflow.contrib.keras", "keras"), ("tensorflow.python.keras", "keras"),
    ("tensorflow.compat.v1.keras", "keras"), ("tensorflow.compat.v2.keras", "keras"), ("tensorflow.keras", "keras"),
    ("tf_keras", "keras"), ("keras.api.keras", "keras"), ("keras.src", "keras"),
    ("tensorflow.compat.v2", "tensorflow"), ("tensorflow.compat.v1", "tensorflow"),
    ("keras.backend.tensorflow_backend", "keras.backend"), ("keras.backend.theano_backend", "keras.backend"),
    ("keras.backend.common", "keras.backend"),
    ("tensorflow.python.ops.nn_impl", "tensorflow.nn"), ("tensorflow.python.ops.nn_ops", "tensorflow.nn"),
    ("tensorflow.python.ops.nn", "tensorflow.nn"), ("tensorflow.python.ops.math_ops", "tensorflow"),
    ("tensorflow.python.ops.array_ops", "tensorflow"), ("tensorflow.python.ops.gen_math_ops", "tensorflow"),
    ("tensorflow.python.ops.standard_ops", "tensorflow"), ("tensorflow.python.ops.init_ops", "tensorflow"),
    ("tensorflow.python.ops.random_ops", "tensorflow"), ("tensorflow.python.framework.tensor_shape", "tensorflow"),
    ("tensorflow.python.framework.dtypes", "tensorflow"),
)  # fmt: skip
MODULES = (
    ("keras.backend.tf", "tensorflow"), ("keras.backend.T", "theano.tensor"),
    ("keras.initializations", "keras.initializers"), ("keras.objectives", "keras.losses"),
    ("keras.layers.advanced_activations", "keras.layers"), ("keras.saving.serialization", "keras.saving"),
)  # fmt: skip
PLAIN = {  # names that changed, by their path after PREFIXES and MODULES
    "keras.layers.containers.Sequential": "keras.Sequential",
    "keras.layers.core.MaskedLayer": "keras.layers.Layer",
    "keras.layers.MaskedLayer": "keras.layers.Layer",
    "keras.engine.topology.Container": "keras.Model",
    "keras.engine.topology.Network": "keras.Model",
    "keras.engine.network.Network": "keras.Model",
    "keras.engine.topology.merge": "keras.layers.merge",
    "keras.layers.merge._Merge": "keras.layers.Add",
    "keras.regularizers.WeightRegularizer": "keras.regularizers.L1L2",
    "keras.regularizers.l1l2": "keras.regularizers.L1L2",
    "keras.constraints.maxnorm": "keras.constraints.MaxNorm",
    "keras.constraints.nonneg": "keras.constraints.NonNeg",
    "keras.constraints.unitnorm": "keras.constraints.UnitNorm",
    "keras.utils.np_utils.to_categorical": "keras.utils.to_categorical",
    "keras.utils.generic_utils.get_custom_objects": "keras.saving.get_custom_objects",
    "keras.utils.generic_utils.CustomObjectScope": "keras.saving.CustomObjectScope",
    "keras.utils.generic_utils.serialize_keras_object": "keras.saving.serialize_keras_object",
    "keras.utils.generic_utils.deserialize_keras_object": "keras.saving.deserialize_keras_object",
    "keras.utils.generic_utils.register_keras_serializable": "keras.saving.register_keras_serializable",
    "tensorflow.contrib.layers.xavier_initializer": "keras.initializers.GlorotUniform",
    "tensorflow.zeros_initializer": "keras.initializers.Zeros",
    "tensorflow.ones_initializer": "keras.initializers.Ones",
    "tensorflow.constant_initializer": "keras.initializers.Constant",
    "tensorflow.random_normal_initializer": "keras.initializers.RandomNormal",
    "tensorflow.random_uniform_initializer": "keras.initializers.RandomUniform",
    "tensorflow.truncated_normal_initializer": "keras.initializers.TruncatedNormal",
    "tensorflow.glorot_uniform_initializer": "keras.initializers.GlorotUniform",
    "tensorflow.glorot_normal_initializer": "keras.initializers.GlorotNormal",
}
HELPERS = {  # classes that a helper stands for
    "keras.layers.recurrent.Recurrent": "Keras1Recurrent",
    "keras.layers.Recurrent": "Keras1Recurrent",
    "keras.legacy.layers.Recurrent": "Keras1Recurrent",
}
HOMES = ("layers", "models", "initializers", "regularizers", "constraints", "activations", "losses", "metrics",
         "optimizers", "utils", "callbacks", "saving")  # fmt: skip
DTYPES = frozenset(
    ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool", "string"]
)
CLASS_SECTIONS = ("layers", "initializers", "regularizers", "constraints")


@functools.cache
def public_names() -> frozenset[str]:
    """What Keras 3 offers in public, by whole name (written by tests/migrate/record_names.py)."""
    text = (files("kconvert.migrate") / "keras3_names.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if line.startswith("keras")) | {"keras"}


@functools.cache
def unsettable() -> frozenset[str]:
    """Attributes of a layer of Keras 3 that cannot be set."""
    text = (files("kconvert.migrate") / "keras3_names.txt").read_text(encoding="utf-8")
    return frozenset(line.removeprefix("Layer.") for line in text.split() if line.startswith("Layer."))


def plain(path: str) -> str:
    """One name for all packages: `keras.…`, `tensorflow.…`, `theano.…`, the module still that of its time."""
    for old, new in (*PREFIXES, *MODULES):
        if path == old or path.startswith(old + "."):
            path = new + path[len(old) :]
    return path


def today(path: str) -> str | None:
    """Where today's Keras has this (in names of `plain`), under the name that it has now; None if nowhere."""
    path = PLAIN.get(path, path)
    name = renamed_class(path.rpartition(".")[2])  # Keras 3 still has Convolution2D, as another name of Conv2D
    last = path.rpartition(".")[2]
    if path in public_names() and (name == last or f"{path.rpartition('.')[0]}.{name}" not in public_names()):
        return path
    if not path.startswith("keras.") or path.startswith("keras.backend"):
        return None
    package = path.split(".")[1]
    for home in (package, *HOMES):
        if f"keras.{home}.{name}" in public_names():
            return f"keras.{home}.{name}"
    return f"keras.{name}" if f"keras.{name}" in public_names() and name[:1].isupper() else None


def hops() -> tuple[HopMaps, ...]:
    """The maps from Keras 0 to Keras 3."""
    return tuple(hop_maps(dialect) for dialect in (Dialect.keras0, Dialect.keras1, Dialect.keras2))


@functools.cache
def renamed_class(name: str) -> str:
    """The name that a stock class has today, by the layer maps."""
    for hop in hops():
        for section in CLASS_SECTIONS:
            entry = hop.find(section, name)  # type: ignore[arg-type]
            if entry is not None and entry.becomes is not None and not entry.reject:
                name = entry.becomes
                break
    return name
