"""The domain in which a function's body becomes stock operations: its values are tensors of the graph and constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kconvert.code import Function, Items, NotFollowed
from kconvert.custom import Imported, global_name
from kconvert.errors import UnknownOperation
from kconvert.spec import Origin, Port, ports_in
from kconvert.upgrade.lambdas import constants
from kconvert.upgrade.lambdas.backend import answers, builtin, dynamic_shape
from kconvert.upgrade.lambdas.methods import Method, attribute, called
from kconvert.upgrade.lambdas.stock import stock_operation
from kconvert.upgrade.lambdas.symbols import BUILTINS, GLOBALS, Symbol, dtype_named, symbol
from kconvert.upgrade.operations.build import Build
from kconvert.upgrade.operations.calls import call_of_function
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.operations.table import operation_table

BINARY = {
    "+": "math.add", "-": "math.subtract", "*": "math.multiply", "/": "math.truediv", "//": "math.floordiv",
    "%": "math.floormod", "**": "math.pow", "@": "linalg.matmul", "&": "math.logical_and", "|": "math.logical_or",
}  # fmt: skip
COMPARE = {"<": "math.less", "<=": "math.less_equal", ">": "math.greater", ">=": "math.greater_equal"}
RANDOM = frozenset(
    ["random_normal", "random_uniform", "random_binomial", "random_bernoulli", "random.normal", "random.uniform",
     "random_normal_variable", "truncated_normal", "random.truncated_normal", "truncated_normal", "dropout", "nn.dropout"]
)  # fmt: skip
WITH_DATA_FORMAT = frozenset(["bias_add", "spatial_2d_padding"])
TF1_NAMES = {
    "log": "math.log", "div": "math.divide", "mul": "math.multiply", "sub": "math.subtract", "neg": "math.negative",
    "pack": "stack", "unpack": "unstack", "mod": "math.floormod", "erf": "math.erf", "log1p": "math.log1p",
    "expm1": "math.expm1", "rsqrt": "math.rsqrt", "reciprocal": "math.reciprocal", "is_nan": "math.is_nan",
    "is_inf": "math.is_inf", "batch_matmul": "linalg.matmul", "matrix_transpose": "linalg.matrix_transpose",
    "matrix_band_part": "linalg.band_part", "cumprod": "math.cumprod", "log_sigmoid": "math.log_sigmoid",
    "count_nonzero": "math.count_nonzero", "matrix_inverse": "linalg.inv", "trace": "linalg.trace",
    "real_div": "math.truediv", "floordiv": "math.floordiv", "logical_xor": "math.logical_xor", "rint": "math.rint",
}  # fmt: skip
"""Names of TensorFlow 1 that `tf.compat.v1` has as well -> those of the table."""


class Random:
    """Random numbers: a body may make them as long as it does not use them at inference."""


class Tensors:
    """Operations are added to `build` as the body asks for them.

    Args:
        tensorflow: 1 or 2: what `tf.x` means.
        is_python2: what `/` means between integers.
    """

    def __init__(self, build: Build, origin: Origin, tensorflow: int, is_python2: bool) -> None:
        self._build = build
        self._origin = origin
        self._backend = origin.backend or "tensorflow"
        self._tensorflow = tensorflow
        self._is_python2 = is_python2
        self._answers = answers(build, origin)

    def name(self, name: str) -> Any:
        """What the user's code says, or else by convention, see `symbols.py`."""
        found = global_name(self._origin.custom, name)
        if found is not ...:
            return symbol(found.path) if isinstance(found, Imported) else found
        if name in GLOBALS:
            return symbol(GLOBALS[name])
        if name in BUILTINS:
            return Symbol(f"builtins.{name}")
        raise NotFollowed(f"the file does not say what {name} is")

    def module(self, name: str) -> Any:
        """An import within the function: what it names is known by its own name."""
        if name.partition(".")[0] not in ("tensorflow", "keras", "numpy", "math", "theano", "operator"):
            raise NotFollowed(f"it imports {name}")
        return symbol(name)

    def attribute(self, value: Any, name: str) -> Any:
        """Of a module, a tensor or a constant."""
        if isinstance(value, Symbol):
            return symbol(f"{value.path}.{name}")
        return attribute(self._build, self._backend, value, name, self._backend_function)

    def call(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """A function of the table, or one that answers at once."""
        if isinstance(function, Method):
            values = [self._argument(a) for a in args]
            return called(self._build, function, values, self._named(kwargs), self._backend_function)
        if not isinstance(function, Symbol):
            raise NotFollowed("it calls something that is no function")
        module, _, rest = function.path.partition(".")
        if module == "builtins":
            return self._builtin(rest, args, kwargs)
        values, named = [self._argument(a) for a in args], self._named(kwargs)
        if any(isinstance(v, Random) for v in (*values, *named.values())) and function.name not in self._answers:
            return Random()
        if module == "keras" and rest.startswith(("backend.", "activations.")):
            return self._backend_function(rest.partition(".")[2], values, named)
        if module == "keras" and rest.startswith("ops."):
            return stock_operation(self._build, rest.partition(".")[2], values, named)
        if module == "tensorflow":
            return self._tensorflow_function(rest, self._operands(*values), named)
        if module in ("numpy", "math"):
            if any(True for _ in ports_in((values, named))):
                raise NotFollowed(f"{function.path} of a tensor")
            return constants.call(function.path, values, named)
        if module == "theano" and rest.startswith("tensor."):
            return self._theano_function(rest.partition(".")[2], values, named)
        if module == "operator" and len(values) == 2 and function.name in OPERATORS:
            return self.binary(OPERATORS[function.name], *values)
        raise NotFollowed(f"{function.path} is not known here")

    def binary(self, operator: str, left: Any, right: Any) -> Any:
        """Of tensors by the table, of constants at once."""
        if isinstance(left, Random) or isinstance(right, Random):
            return Random()
        self._plain(left, right)
        if self._is_tensor(left, right):
            if operator == "div":
                whole = all((self._build.dtype(v) or "float").startswith(("int", "uint")) for v in (left, right))
                operator = "//" if whole and self._is_python2 else "/"
            if operator not in BINARY:
                raise NotFollowed(f"the operator {operator} of tensors")
            return call_of_function(self._build, BINARY[operator], self._operands(left, right), {})
        return constants.binary(operator, left, right, self._is_python2)

    def unary(self, operator: str, value: Any) -> Any:
        """Likewise."""
        if isinstance(value, Random):
            return value
        self._plain(value)
        if not self._is_tensor(value):
            return constants.computed(f"`{operator}`", constants.UNARY[operator], value)
        if operator == "+":
            return value
        if operator == "-":
            return call_of_function(self._build, "math.negative", [value], {})
        if operator == "~":
            return call_of_function(self._build, "math.logical_not", [value], {})
        raise NotFollowed("`not` of a tensor")

    def compare(self, operator: str, left: Any, right: Any) -> Any:
        """`==` of tensors is one of their elements in TensorFlow 2 only, so it is not followed."""
        if operator in ("is", "is not") and (left is None or right is None):
            return (left is right) == (operator == "is")
        if isinstance(left, Random) or isinstance(right, Random):
            return Random()
        if self._is_tensor(left, right):
            if operator not in COMPARE:
                raise NotFollowed(f"`{operator}` of tensors")
            return call_of_function(self._build, COMPARE[operator], self._operands(left, right), {})
        if isinstance(left, Symbol) or isinstance(right, Symbol):
            return (dtype_named(left) == dtype_named(right)) == (operator in ("==", "is"))
        result = constants.computed(f"`{operator}`", constants.COMPARE[operator], left, right)
        return bool(result) if isinstance(result, np.bool_) else result

    def item(self, value: Any, key: Any) -> Any:
        """A slice of a tensor, an element of an array."""
        if isinstance(value, Random):
            return value
        if isinstance(value, Port):
            parts = [_key(k) for k in (key if isinstance(key, tuple) else (key,))]
            return call_of_function(self._build, "__operators__.getitem", [value, parts], {})
        if isinstance(value, np.ndarray | str) and not any(True for _ in ports_in(key)):
            return constants.computed("an index", lambda: value[key])
        raise NotFollowed("an index into what it has there")

    def truth(self, value: Any) -> bool:
        """Of constants only."""
        if isinstance(value, np.generic):
            return bool(value)
        if isinstance(value, Port | Length | Random):
            raise NotFollowed("an `if` that depends on the data")
        if isinstance(value, np.ndarray):
            raise NotFollowed("an `if` that depends on an array")
        return True

    def items(self, value: Any, count: int | None = None) -> Sequence[Any]:
        """Of arrays; nobody loops over a tensor."""
        if isinstance(value, np.ndarray) and value.shape:
            return list(value)
        raise NotFollowed("a loop over a tensor")

    def _builtin(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if name in ("sum", "max", "min", "abs", "pow") and not kwargs:
            return self._arithmetic(name, args)
        if name in ("map", "sorted") and any(isinstance(a, Function) for a in args):
            raise NotFollowed(f"`{name}` with a function")
        return builtin(name, self._build, args, kwargs)

    def _arithmetic(self, name: str, args: Sequence[Any]) -> Any:
        values = [
            v for a in args for v in (a.values if isinstance(a, Items) else a if isinstance(a, list | tuple) else [a])
        ]
        if name == "pow" and len(values) == 2:
            return self.binary("**", *values)
        if name == "abs" and len(values) == 1:
            if self._is_tensor(values[0]):
                return call_of_function(self._build, "math.abs", values, {})
            return constants.computed("abs", abs, values[0])
        if name == "sum" and len(args) in (1, 2):
            total: Any = 0
            for value in (*(values[-1:] if len(args) == 2 else []), *(values[:-1] if len(args) == 2 else values)):
                total = self.binary("+", total, value)
            return total
        if name in ("max", "min") and values and not self._is_tensor(*values):
            return constants.computed(name, max if name == "max" else min, values)
        raise NotFollowed(f"`{name}` of what it is given is not followed")

    def _backend_function(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if name in RANDOM:
            return Random()
        if name in ("in_train_phase", "in_test_phase"):
            wanted = (*args, *kwargs.values())[int(name == "in_train_phase")]
            if isinstance(wanted, Function):
                raise NotFollowed(f"K.{name} with a function")
            return wanted
        if name in self._answers:
            return constants.computed(f"K.{name}", self._answers[name], *args, **kwargs)
        if name == "l2_normalize" and self._backend == "theano":
            last = self._origin.keras[1]
            kwargs = {**kwargs, "epsilon": 0.0 if last is not None and last.major < 2 else 1e-7}
        if name in WITH_DATA_FORMAT and len(args) < 3 and not {"data_format", "dim_ordering"} & set(kwargs):
            raise NotFollowed(f"K.{name} goes by the image data format of the machine, which the file does not say")
        if name in ("zeros", "ones"):
            return call_of_function(self._build, name, args, kwargs)
        return call_of_function(self._build, f"keras.backend.{name}", args, kwargs)

    def _theano_function(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Functions that Theano and keras.backend have under one name and with the same arguments."""
        if name not in THEANO:
            raise NotFollowed(f"theano.tensor.{name} is not known here")
        if name == "sqrt":
            return call_of_function(self._build, "math.sqrt", args, kwargs)
        return self._backend_function(THEANO[name], args, kwargs)

    def _tensorflow_function(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if name in RANDOM or name.startswith("random."):
            return Random()
        if name in ("constant", "Variable", "convert_to_tensor") and not any(True for _ in ports_in((args, kwargs))):
            return self._constant(*args, **kwargs)
        if name in ("shape", "rank", "size") and len(args) == 1 and not kwargs:
            shape = dynamic_shape(self._build, args[0])
            return shape if name == "shape" else len(shape) if name == "rank" else self._product(shape)
        functions = operation_table().functions
        plain = name.removeprefix("compat.v1.")
        names = [name]
        if self._tensorflow == 1 or plain != name:
            names = [f"compat.v1.{plain}", TF1_NAMES.get(plain, plain), plain]
        found = next((n for n in names if n in functions), None)
        if found is None:
            raise UnknownOperation(f"the TensorFlow function tf.{name} is not in the table of operations")
        result = call_of_function(self._build, found, args, kwargs)
        return list(result) if isinstance(result, tuple) and name.rpartition(".")[2] in ("split", "unstack") else result

    def _constant(self, value: Any, dtype: Any = None, shape: Any = None, name: Any = None) -> Any:
        array = np.asarray(value, dtype=None if dtype is None else str(dtype))
        if dtype is None and not isinstance(value, np.ndarray | np.generic):
            array = array.astype({"i": "int32", "f": "float32"}.get(array.dtype.kind, array.dtype))
        return array

    def _product(self, shape: Sequence[Any]) -> Any:
        total: Any = 1
        for n in shape:
            total = n * total
        return total

    def _argument(self, value: Any) -> Any:
        """A value as the table's functions take it."""
        if isinstance(value, Items):
            value = list(value.values[value.place :])
        value = dtype_named(value)
        if isinstance(value, list | tuple):
            return [self._argument(v) for v in value]
        if isinstance(value, Symbol):
            name = value.path.rpartition(".")[2]
            if "ResizeMethod" in value.path:
                return name.lower().replace("nearest_neighbor", "nearest")
            raise NotFollowed(f"{value.path} is handed on")
        return value

    def _operands(self, *values: Any) -> list[Any]:
        """NumPy's float64 arrays take the dtype of the tensor they meet (TensorFlow: `dtype_hint` of operators)."""
        dtypes = [str(self._build.dtype(v)) for v in values if isinstance(v, Port)]
        floats = [d for d in dtypes if d.startswith("float")]
        given = [self._argument(v) for v in values]
        return [
            v.astype(floats[0]) if floats and isinstance(v, np.ndarray) and v.dtype == np.float64 else v for v in given
        ]

    def _named(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._argument(value) for name, value in kwargs.items()}

    def _is_tensor(self, *values: Any) -> bool:
        return any(True for _ in ports_in(values)) and not all(isinstance(v, list | tuple) for v in values)

    def _plain(self, *values: Any) -> None:
        for value in values:
            if isinstance(value, Symbol | Method | Function):
                raise NotFollowed("an operator on a function or a module")


THEANO = {
    **{n: n for n in ("sum", "mean", "max", "min", "prod", "std", "var", "exp", "log", "abs", "sqr", "sqrt", "maximum", "minimum",
                      "dot", "clip", "tanh", "concatenate", "switch", "sin", "cos", "zeros_like", "ones_like")},
    "sqr": "square", "abs_": "abs", "nnet.sigmoid": "sigmoid", "nnet.softplus": "softplus",
}  # fmt: skip
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "floordiv": "//", "mod": "%"}


def _key(key: Any) -> Any:
    """A part of an index as the table's `getitem` takes it."""
    if isinstance(key, slice):
        return {"slice": [key.start, key.stop, key.step]}
    if key is ...:
        return "..."
    if isinstance(key, bool | str | list):
        raise NotFollowed("an index that is neither a number nor a slice")
    return key
