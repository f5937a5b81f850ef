"""The domain in which code of a file is followed with arrays. What its global names stand for is convention.

All lengths are known here, so a static shape has the real length where Keras had None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kconvert.code import Function, Items, Machine, NotFollowed
from kconvert.verify.reference.activations import OF_ALL
from kconvert.verify.reference.code_names import (
    BUILTINS,
    DTYPES,
    GLOBALS,
    MATH,
    METHODS,
    NUMPY,
    OPERATORS,
    PLAIN,
    PLAIN_METHODS,
    THEANO,
    Symbol,
    symbol,
)  # fmt: skip
from kconvert.verify.reference.facts import Facts, Lacking
from kconvert.verify.reference.functions.backend import backend, order_of
from kconvert.verify.reference.functions.elementwise import BINARY as OF_TENSORS
from kconvert.verify.reference.functions.table import called
from kconvert.verify.reference.functions.tensors import LARGEST, tensor, together


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value, not called yet."""

    value: Any
    name: str


class Random:
    """Random numbers: a body may make them as long as it does not use them at test time."""


class Numbers:
    """The domain.

    Args:
        tensorflow: 1 or 2: what `tf.x` means.
        is_python2: what `/` means between integers.
    """

    machine: Machine

    def __init__(self, facts: Facts, tensorflow: int, is_python2: bool) -> None:
        self._facts = facts
        self._tensorflow = tensorflow
        self._is_python2 = is_python2
        self._backend = backend(facts)

    def name(self, name: str) -> Any:
        """By convention."""
        if name in GLOBALS:
            return Symbol(GLOBALS[name])
        if name in BUILTINS:
            return Symbol(f"builtins.{name}")
        raise NotFollowed(f"the file does not say what {name} is")

    def module(self, name: str) -> Any:
        """What an import within the function names."""
        if name.partition(".")[0] not in ("tensorflow", "keras", "numpy", "math", "theano", "operator"):
            raise NotFollowed(f"it imports {name}")
        return symbol(name)

    def attribute(self, value: Any, name: str) -> Any:
        """Of a module, a tensor or a plain value."""
        if isinstance(value, Symbol):
            return symbol(f"{value.path}.{name}")
        if isinstance(value, np.ndarray | np.generic):
            array = np.asarray(value)
            known: dict[str, Any] = {
                "shape": array.shape,
                "_keras_shape": array.shape,
                "ndim": array.ndim,
                "size": array.size,
            }
            if name in known:
                return known[name]
            if name == "T":
                return array.T
            if name == "dtype":
                return _dtype_name(array)
            if name in METHODS:
                return Method(array, name)
        if name == "value" and isinstance(value, int):  # a length in TensorFlow 1
            return value
        if isinstance(value, tuple) and name in ("rank", "ndims", "dims"):
            return list(value) if name == "dims" else len(value)
        for kind, names in PLAIN_METHODS.items():
            if isinstance(value, kind) and name in names:
                return Method(value, name)
        if isinstance(value, tuple) and name == "values":  # tf.math.top_k
            return value[0]
        if isinstance(value, tuple) and name == "indices":
            return value[1]
        raise NotFollowed(f"the attribute {name} of what it has there is not known here")

    def call(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """A function of Keras, TensorFlow, NumPy, Theano or Python."""
        given = [self._given(a) for a in args]
        named = {key: self._given(value) for key, value in kwargs.items()}
        try:
            if isinstance(function, Method):
                return self._method(function, given, named)
            if not isinstance(function, Symbol):
                raise NotFollowed("it calls something that is no function")
            module, _, rest = function.path.partition(".")
            if module == "builtins":
                return self._builtin(rest, given, named)
            if module == "K":
                return self._keras(rest, given, named)
            if any(isinstance(v, Random) for v in (*given, *named.values())):
                return Random()
            if module == "keras" and rest.startswith("activations.") and len(given) == 1 and not named:
                return OF_ALL[rest.rpartition(".")[2]](tensor(given[0]))
            if module == "keras" and rest == "activations.relu":
                return self._keras("relu", given, named)
            if module == "tf":
                return self._tensorflows(rest, given, named)
            if module == "np":
                return self._numpy(rest, given, named)
            if module == "math" and rest in MATH:
                return getattr(math, rest)(*(float(np.asarray(a)) for a in given))
            if module == "T" and rest in THEANO:
                return self._keras(THEANO[rest], given, named)
            if module == "T" and rest == "sqrt":
                return np.sqrt(tensor(given[0]))
            if module == "operator" and len(given) == 2:
                signs = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**"}
                return self.binary(signs[rest], *given)
        except Lacking as lacking:
            raise NotFollowed(str(lacking)) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError) as error:
            raise NotFollowed(f"a call cannot be computed: {error}") from None
        raise NotFollowed(f"{function.path} is not known here")

    def binary(self, operator: str, left: Any, right: Any) -> Any:
        """Of tensors element by element, of plain values as Python does it."""
        if isinstance(left, Random) or isinstance(right, Random):
            return Random()
        self._plain(left, right)
        if operator == "div":
            is_whole = all(np.asarray(v).dtype.kind in "iu" for v in (left, right))
            operator = "//" if self._is_python2 and is_whole else "/"
        if not self._has_tensor(left, right):
            return _bounded(operator, left, right)
        try:
            x, y = together(tensor(left), tensor(right)) if operator != "@" else (tensor(left), tensor(right))
            if operator == "@":
                return x @ y
            if operator in OPERATORS:
                return np.asarray(OF_TENSORS[OPERATORS[operator]](x, y))
        except (Lacking, TypeError, ValueError, ArithmeticError) as error:
            raise NotFollowed(f"`{operator}` cannot be computed: {error}") from None
        raise NotFollowed(f"the operator {operator} of tensors")

    def unary(self, operator: str, value: Any) -> Any:
        """Likewise."""
        if isinstance(value, Random):
            return value
        self._plain(value)
        if operator == "not":
            if self._has_tensor(value):
                raise NotFollowed("`not` of a tensor")
            return not value
        if operator == "~":
            return ~value
        return -value if operator == "-" else value

    def compare(self, operator: str, left: Any, right: Any) -> Any:
        """`==` of tensors is one of their elements in TensorFlow 2 only, so it is not followed."""
        if operator in ("is", "is not") and (left is None or right is None):
            return (left is right) == (operator == "is")
        if isinstance(left, Random) or isinstance(right, Random):
            return Random()
        if self._has_tensor(left, right):
            if operator not in OPERATORS:
                raise NotFollowed(f"`{operator}` of tensors")
            return self.binary(operator, left, right)
        try:
            return PLAIN[operator](left, right)
        except TypeError as error:
            raise NotFollowed(f"`{operator}` cannot be computed: {error}") from None

    def item(self, value: Any, key: Any) -> Any:
        """A part of a tensor."""
        if isinstance(value, Random):
            return value
        if isinstance(value, np.ndarray):
            try:
                return called("__operators__.getitem", [value, list(key) if isinstance(key, tuple) else [key]], {})
            except (IndexError, TypeError, ValueError) as error:
                raise NotFollowed(f"an index cannot be computed: {error}") from None
        if isinstance(value, str) and isinstance(key, int | slice):
            return value[key]
        raise NotFollowed("an index into what it has there")

    def truth(self, value: Any) -> bool:
        """A tensor does not decide; a number of NumPy does."""
        if isinstance(value, np.generic):
            return bool(value)
        raise NotFollowed("a tensor decides which way it goes")

    def items(self, value: Any, count: int | None = None) -> Sequence[Any]:
        """The parts of a tensor along its first axis."""
        if isinstance(value, np.ndarray) and value.ndim and len(value) <= 2_000:
            return list(value)
        raise NotFollowed("a loop over what it has there")

    def _given(self, value: Any) -> Any:
        if isinstance(value, Items):
            return list(value.values[value.place :])
        if isinstance(value, Symbol):
            name = value.path.rpartition(".")[2]
            if "ResizeMethod" in value.path:
                return name.lower().replace("nearest_neighbor", "nearest")
            if name in DTYPES and value.path.startswith("np."):
                return name
        return [self._given(v) for v in value] if isinstance(value, list) else value

    def _plain(self, *values: Any) -> None:
        if any(isinstance(v, Symbol | Method | Function) for v in values):
            raise NotFollowed("an operator on a function or a module")

    def _has_tensor(self, *values: Any) -> bool:
        return any(isinstance(v, np.ndarray) for v in values)

    def _value(self, value: Any) -> Any:
        """A tensor, or what a function without arguments gives."""
        return self.machine.call(value, [], {}) if isinstance(value, Function) else value

    def _keras(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name in ("in_train_phase", "in_test_phase"):
            order = ("x", "alt") if name == "in_train_phase" else ("alt", "x")
            wanted = {**dict(zip(("x", "alt"), args, strict=False)), **kwargs}[order[1]]
            return self._value(wanted)
        if name.startswith(("random_", "truncated_normal")) or name == "dropout":
            return Random()
        if any(isinstance(v, Random) for v in (*args, *kwargs.values())):
            return Random()
        answers: dict[str, Callable[..., Any]] = {
            "int_shape": lambda x: tuple(np.asarray(x).shape), "shape": lambda x: tuple(np.asarray(x).shape),
            "ndim": lambda x: np.asarray(x).ndim, "dtype": lambda x: _dtype_name(np.asarray(x)), "epsilon": lambda: 1e-7,
            "floatx": lambda: "float32", "learning_phase": lambda: 0, "backend": lambda: self._facts.backend,
            "image_data_format": lambda: order_of(self._facts, None), "is_keras_tensor": lambda x: isinstance(x, np.ndarray),
            "is_tensor": lambda x: isinstance(x, np.ndarray),
            "image_dim_ordering": lambda: {"channels_first": "th", "channels_last": "tf"}[order_of(self._facts, None)],
        }  # fmt: skip
        if name in answers:
            return answers[name](*args, **kwargs)
        if name == "map_fn" and len(args) == 2:
            return np.stack([tensor(self.machine.call(args[0], [row], {})) for row in self.items(args[1])])
        if name not in self._backend:
            raise NotFollowed(f"K.{name} is not known here")
        if name == "switch":
            args = [self._value(a) for a in args]
            kwargs = {key: self._value(value) for key, value in kwargs.items()}
        return self._backend[name](*args, **kwargs)

    def _tensorflows(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        last = name.rpartition(".")[2]
        if last.startswith(("random_", "truncated_normal")) or name.startswith("random.") or name == "nn.dropout":
            return Random()
        if name == "map_fn" and len(args) == 2:
            return np.stack([tensor(self.machine.call(args[0], [row], {})) for row in self.items(args[1])])
        if name in ("shape", "rank", "size") and len(args) == 1 and not kwargs:
            array = np.asarray(args[0])
            return {"shape": array.shape, "rank": array.ndim, "size": array.size}[name]
        if name in ("constant", "Variable", "convert_to_tensor"):
            kwargs.pop("name", None)
            return called("constant", args, kwargs)
        result = called(name, args, kwargs, is_first=self._tensorflow == 1)
        return list(result) if isinstance(result, tuple) and last in ("split", "unstack") else result

    def _numpy(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name in DTYPES:
            return getattr(np, name)(args[0])
        if name not in NUMPY:
            raise NotFollowed(f"np.{name} is not known here")
        if name in (
            "zeros",
            "ones",
            "full",
            "arange",
            "linspace",
            "eye",
            "identity",
            "tile",
            "repeat",
            "outer",
            "diag",
        ):
            sizes = [float(np.prod(np.abs(v), dtype=float)) if np.asarray(v).size < 20 else float(np.asarray(v).size) for v in
                     (*args, *kwargs.values()) if np.asarray(v).dtype.kind in "iuf"]  # fmt: skip
            if float(np.prod([max(s, 1.0) for s in sizes])) > LARGEST >> 4:
                raise NotFollowed(f"np.{name} makes a constant that is too large")
        return getattr(np, name)(*args, **kwargs)

    def _method(self, method: Method, args: list[Any], kwargs: dict[str, Any]) -> Any:
        value, name = method.value, method.name
        if isinstance(value, np.ndarray):
            return self._of_array(value, name, args, kwargs)
        if name == "as_list":
            return list(value)
        if isinstance(value, dict) and name in ("items", "keys", "values"):
            return list(getattr(value, name)())
        if isinstance(value, list) and name in ("append", "extend"):
            added = args if name == "append" else list(args[0])
            if len(value) + len(added) > 2_000:
                raise NotFollowed("a list that grows too long")
            value.extend(added)
            return None
        return getattr(value, name)(*args, **kwargs)

    def _of_array(self, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name == "get_shape":
            return value.shape
        if name == "set_shape":
            return None
        if name == "dimshuffle":
            order = list(args[0]) if len(args) == 1 and isinstance(args[0], list | tuple) else args
            kept = [a for a in order if a != "x"]
            moved = np.transpose(value, kept)
            return moved[tuple(None if a == "x" else slice(None) for a in order)]
        if name == "astype":
            return self._keras("cast", [value, *args], kwargs)
        if name == "flatten" and args == [2]:
            return value.reshape(len(value), -1)
        if name == "reshape":
            return value.reshape(
                *([int(n) for n in args[0]] if len(args) == 1 and not isinstance(args[0], int) else args)
            )
        return getattr(value, name)(*args, **kwargs)

    def _builtin(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name in ("range", "xrange"):
            found = range(*(int(a) for a in args))
            if len(found) > 2_000:
                raise NotFollowed("a `range` that is too long")
            return list(found)
        if name == "sum" and not kwargs:
            total: Any = args[1] if len(args) > 1 else 0
            for part in self.items(args[0]) if isinstance(args[0], np.ndarray) else args[0]:
                total = self.binary("+", total, part)
            return total
        if name == "map":
            return [self.machine.call(args[0], list(parts), {}) for parts in zip(*args[1:], strict=False)]
        if name in ("max", "min") and not self._has_tensor(
            *args, *(args[0] if isinstance(args[0], list | tuple) else ())
        ):
            return (max if name == "max" else min)(*args)
        if name == "pow":
            return self.binary("**", *args)
        if name == "abs":
            return np.abs(args[0]) if isinstance(args[0], np.ndarray) else abs(args[0])
        if name == "isinstance":
            return self._is_instance(*args)
        if name == "print":
            return None
        if name == "enumerate":
            return list(enumerate(args[0]))
        if name == "zip":
            return list(zip(*args, strict=False))
        if name == "reversed":
            return list(args[0])[::-1]
        if name == "dict" and not args:
            return dict(kwargs)
        simple: dict[str, Callable[..., Any]] = {
            "len": len, "list": list, "tuple": tuple, "sorted": sorted, "int": int, "long": int, "float": float, "bool": bool,
            "str": str, "round": round, "slice": slice,
        }  # fmt: skip
        if name in simple and not kwargs:
            return simple[name](*args)
        raise NotFollowed(f"`{name}` of what it is given is not followed")

    def _is_instance(self, value: Any, kinds: Any) -> bool:
        known = {
            "builtins.list": list,
            "builtins.tuple": tuple,
            "builtins.int": int,
            "builtins.float": float,
            "builtins.str": str,
        }
        wanted = [getattr(k, "path", "") for k in (kinds if isinstance(kinds, list | tuple) else [kinds])]
        if not all(path in known for path in wanted):
            raise NotFollowed("`isinstance` of a class that is not known here")
        return isinstance(value, tuple(known[path] for path in wanted))


def _dtype_name(array: Any) -> str:
    return "float32" if array.dtype.kind == "f" else str(array.dtype)


def _bounded(sign: str, left: Any, right: Any) -> Any:
    """An operator of plain values, which must not fill the memory."""
    numbers = isinstance(left, int) and isinstance(right, int)
    if numbers and max(left.bit_length(), right.bit_length()) > 4096:
        raise NotFollowed("a number that is too large")
    if numbers and sign in ("**", "<<") and (abs(right) > 256 or left.bit_length() * abs(right) > 4096):
        raise NotFollowed("a number that is too large")
    listed = [len(v) if isinstance(v, list | tuple | str | bytes) else None for v in (left, right)]
    if any(n is not None for n in listed):
        other = right if listed[0] is not None else left
        if (
            sign == "%"
            or (sign == "*" and not (isinstance(other, int) and other <= 1000))
            or sum(n or 0 for n in listed) > 10_000
        ):
            raise NotFollowed("an operator on text or on a list")
    try:
        return PLAIN[sign](left, right)
    except (TypeError, ValueError, ArithmeticError, KeyError) as error:
        raise NotFollowed(f"`{sign}` cannot be computed: {error}") from None
