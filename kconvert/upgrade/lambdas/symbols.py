"""Names in bytecode and what they stand for, by convention: the file has the names alone, not what was imported as them.

`K` is keras.backend in every Keras, `tf` TensorFlow, `np` NumPy, `T` theano.tensor; the report says that this was assumed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

GLOBALS = {
    "K": "keras.backend", "KB": "keras.backend", "backend": "keras.backend", "keras_backend": "keras.backend",
    "keras": "keras", "tf": "tensorflow", "tensorflow": "tensorflow", "np": "numpy", "numpy": "numpy", "math": "math",
    "operator": "operator", "T": "theano.tensor", "theano": "theano", "activations": "keras.activations", "nn": "tensorflow.nn",
}  # fmt: skip
BUILTINS = frozenset(
    ["abs", "bool", "enumerate", "float", "int", "isinstance", "len", "list", "map", "max", "min", "pow", "print", "range",
     "reversed", "round", "slice", "sorted", "sum", "tuple", "xrange", "zip", "type", "str", "dict", "long", "hasattr"]
)  # fmt: skip
PREFIXES = (
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.compat.v2", "tensorflow"),
    ("tensorflow.keras", "keras"),
    ("keras.backend.tf", "tensorflow"),
    ("keras.backend.tensorflow_backend", "keras.backend"),
    ("keras.backend.T", "theano.tensor"),
    ("keras.api._v1.keras", "keras"),
)
DTYPES = frozenset(
    ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool"]
)
CONSTANTS: dict[str, Any] = {
    "numpy.pi": math.pi, "numpy.e": math.e, "numpy.inf": math.inf, "numpy.nan": math.nan, "numpy.newaxis": None,
    "math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "tensorflow.newaxis": None, "numpy.Inf": math.inf,
}  # fmt: skip
NAMED_TYPES = {"double": "float64", "float": "float32", "half": "float16"}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A module, function or class by its whole name: `keras.backend.sum`, `builtins.len`."""

    path: str

    @property
    def name(self) -> str:
        """The last part."""
        return self.path.rpartition(".")[2]


def symbol(path: str) -> Any:
    """What a whole name stands for: a constant, the name of a dtype, or a Symbol."""
    for prefix, plain in PREFIXES:
        if path == prefix or path.startswith(prefix + "."):
            path = plain + path[len(prefix) :]
    if path in CONSTANTS:
        return CONSTANTS[path]
    module, _, name = path.rpartition(".")
    if module == "tensorflow" and name in DTYPES:
        return name
    return Symbol(path)


def dtype_named(value: Any) -> Any:
    """`numpy.float32` as the name of a dtype; anything else as it is."""
    if isinstance(value, Symbol) and value.path.startswith("numpy."):
        name = NAMED_TYPES.get(value.name, value.name)
        return name if name in DTYPES else value
    if isinstance(value, Symbol) and value.path in ("builtins.float", "builtins.bool", "builtins.int"):
        return {"float": "float32", "bool": "bool", "int": "int32"}[value.name]
    return str(value) if isinstance(value, np.dtype) else value
