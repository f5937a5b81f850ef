"""What the names in code of a file stand for, by convention: the file has the names alone.

`K` is keras.backend, `tf` TensorFlow, `np` NumPy, `T` theano.tensor in nearly all code of these years.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

GLOBALS = {
    "K": "K", "KB": "K", "backend": "K", "keras_backend": "K", "keras": "keras", "tf": "tf", "tensorflow": "tf", "np": "np",
    "numpy": "np", "math": "math", "operator": "operator", "T": "T", "theano": "theano", "activations": "keras.activations",
    "nn": "tf.nn",
}  # fmt: skip
SHORTER = (
    ("tensorflow.python.keras.backend", "K"), ("tensorflow.python.keras", "keras"), ("tensorflow.keras", "keras"),
    ("tensorflow", "tf"), ("tf.compat.v2", "tf"), ("tf.contrib.keras", "keras"), ("tf.python.keras", "keras"),
    ("tf.keras", "keras"), ("keras.backend", "K"), ("K.tensorflow_backend", "K"), ("K.tf", "tf"), ("K.T", "T"),
    ("theano.tensor", "T"), ("numpy", "np"),
)  # fmt: skip
BUILTINS = frozenset(
    ["abs", "bool", "dict", "enumerate", "float", "hasattr", "int", "isinstance", "len", "list", "long", "map", "max", "min",
     "pow", "print", "range", "reversed", "round", "slice", "sorted", "str", "sum", "tuple", "type", "xrange", "zip"]
)  # fmt: skip
CONSTANTS: dict[str, Any] = {
    "np.pi": math.pi, "np.e": math.e, "np.inf": math.inf, "np.Inf": math.inf, "np.nan": math.nan, "np.newaxis": None,
    "math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "tf.newaxis": None,
}  # fmt: skip
DTYPES = frozenset(
    ["bool", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"]
)
OPERATORS: Mapping[str, str] = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "truediv", "//": "floordiv", "%": "floormod", "**": "pow",
    "&": "logical_and", "|": "logical_or", "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal",
}  # fmt: skip
PLAIN: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b, "is": lambda a, b: a is b or (type(a) is type(b) and a == b),
    "is not": lambda a, b: not (a is b or (type(a) is type(b) and a == b)),
}  # fmt: skip
NUMPY = frozenset(
    ["abs", "arange", "array", "asarray", "ceil", "concatenate", "cos", "cumsum", "diag", "dot", "exp", "expand_dims", "expm1",
     "eye", "floor", "full", "identity", "linspace", "log", "log10", "log1p", "log2", "max", "maximum", "mean", "min", "minimum",
     "ones", "outer", "power", "prod", "repeat", "reshape", "round", "sign", "sin", "sqrt", "square", "squeeze", "stack", "sum",
     "tanh", "tile", "transpose", "tril", "triu", "zeros"]
)  # fmt: skip
MATH = frozenset(["atan2", "ceil", "cos", "degrees", "exp", "fabs", "floor", "log", "log10", "log2", "pow", "radians", "sin", "sqrt",
                  "tan", "tanh"])  # fmt: skip
THEANO = {
    **{n: n for n in ("abs", "clip", "concatenate", "cos", "dot", "exp", "log", "max", "maximum", "mean", "min", "minimum",
                      "ones_like", "prod", "sin", "std", "sum", "switch", "tanh", "var", "zeros_like")},
    "sqr": "square", "abs_": "abs", "nnet.sigmoid": "sigmoid", "nnet.softplus": "softplus",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Symbol:
    """A module, function or class by its whole name: `K.sum`, `tf.nn.relu`, `builtins.len`."""

    path: str


def symbol(path: str) -> Any:
    """What a whole name stands for."""
    for long, short in SHORTER:
        if path == long or path.startswith(f"{long}."):
            path = short + path[len(long) :]
    if path in CONSTANTS:
        return CONSTANTS[path]
    module, _, name = path.rpartition(".")
    return name if module == "tf" and name in DTYPES else Symbol(path)


METHODS = frozenset(
    ["argmax", "argmin", "astype", "clip", "copy", "dimshuffle", "dot", "flatten", "get_shape", "item", "max", "mean", "min", "prod",
     "repeat", "reshape", "set_shape", "std", "sum", "tolist", "transpose", "var"]
)  # fmt: skip
PLAIN_METHODS: Mapping[Any, frozenset[str]] = {
    (tuple, list): frozenset(["as_list", "index", "count"]),
    list: frozenset(["append", "extend"]),
    dict: frozenset(["get", "items", "keys", "values"]),
    str: frozenset(["startswith", "endswith", "lower", "upper", "strip"]),
}
