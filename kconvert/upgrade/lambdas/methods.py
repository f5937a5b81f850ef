"""Attributes and methods of tensors, as calls of functions; and of the plain values that stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kconvert.code import NotFollowed
from kconvert.spec import Port
from kconvert.upgrade.lambdas.backend import dynamic_shape, static_shape
from kconvert.upgrade.lambdas.constants import computed
from kconvert.upgrade.operations.build import Build
from kconvert.upgrade.operations.lengths import Length

Call = Callable[[str, Sequence[Any], Mapping[str, Any]], Any]
REDUCTIONS = frozenset(["sum", "mean", "max", "min", "prod", "std", "var", "argmax", "argmin", "any", "all"])
TEXT = frozenset(["startswith", "endswith", "lower", "upper", "strip"])


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value, not called yet."""

    value: Any
    name: str


def attribute(build: Build, backend: str, value: Any, name: str, call: Call) -> Any:
    """`value.name` of a tensor or a plain value.

    Raises:
        NotFollowed: not one that is known here.
    """
    if isinstance(value, Port):
        return _of_tensor(build, backend, value, name, call)
    if isinstance(value, np.ndarray | np.generic):
        if name in ("shape", "ndim", "size", "T"):
            return {"shape": value.shape, "ndim": value.ndim, "size": value.size, "T": value.T}[name]
        if name == "dtype":
            return str(value.dtype)
        if name in ARRAY:
            return Method(value, name)
    if name == "value" and (value is None or isinstance(value, int)):  # tf.Dimension
        return value
    if isinstance(value, tuple) and name in ("rank", "ndims"):
        return len(value)
    if isinstance(value, tuple) and name == "dims":
        return list(value)
    plain = (isinstance(value, tuple | list) and name in ("as_list", "index", "count")) or (
        isinstance(value, str) and name in TEXT
    )
    if plain or (isinstance(value, list) and name in ("append", "extend")):
        return Method(value, name)
    if isinstance(value, dict) and name in ("get", "items", "keys", "values"):
        return Method(value, name)
    raise NotFollowed(f"the attribute {name} of what it has there is not known here")


def _of_tensor(build: Build, backend: str, value: Port, name: str, call: Call) -> Any:
    if name == "shape":
        return dynamic_shape(build, value) if backend == "theano" else static_shape(build, value)
    if name == "_keras_shape":
        return static_shape(build, value)
    if name == "ndim":
        return len(build.known_shape(value, "ndim"))
    if name == "dtype":
        return build.dtype(value) or "float32"
    if name == "T" and backend == "theano":
        return call("transpose", [value], {})
    if name in METHODS or (backend == "theano" and (name in REDUCTIONS or name in THEANO)):
        return Method(value, name)
    raise NotFollowed(f"the attribute {name} of a tensor is not known here")


METHODS = frozenset(["get_shape", "set_shape"])
THEANO = frozenset(["dimshuffle", "reshape", "astype", "dot", "flatten", "repeat", "transpose", "clip"])
ARRAY = frozenset(["astype", "reshape", "sum", "mean", "max", "min", "tolist", "item", "transpose", "copy"])


def called(build: Build, method: Method, args: Sequence[Any], kwargs: Mapping[str, Any], call: Call) -> Any:
    """The value of a method's call.

    Raises:
        NotFollowed: not possible, or not known here.
    """
    value, name = method.value, method.name
    if isinstance(value, Port):
        if name == "get_shape":
            return static_shape(build, value)
        if name == "set_shape":
            return None
        return _theano(build, value, name, args, kwargs, call)
    if name == "as_list":
        return list(value)
    if isinstance(value, dict) and name in ("items", "keys", "values"):
        return [tuple(p) if isinstance(p, tuple) else p for p in getattr(dict, name)(value)]
    if isinstance(value, list) and name in ("append", "extend"):
        if len(value) > 2_000 or len(args) != 1 or (name == "extend" and not isinstance(args[0], list | tuple)):
            raise NotFollowed("a list that grows too long")
        value.extend(args if name == "append" else args[0])
        return None
    kinds: dict[type, type] = {dict: dict, str: str, list: list, tuple: tuple}
    owner = kinds.get(type(value), type(value))
    if isinstance(value, np.ndarray | np.generic) and name not in ARRAY:
        raise NotFollowed(f"the method {name} of an array is not known here")
    return computed(f".{name}", getattr(owner, name), value, *args, **kwargs)


def _theano(
    build: Build, value: Port, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], call: Call
) -> Any:  # fmt: skip
    """Methods of Theano's tensors (theano/tensor/var.py of 0.9 and 1.0)."""
    if name in REDUCTIONS:
        if name in ("argmax", "argmin") and not args and "axis" not in kwargs:
            raise NotFollowed(f"`{name}` over all axes")
        return call(name, [value, *args], kwargs)
    if name == "dimshuffle":
        order = list(args[0]) if len(args) == 1 and isinstance(args[0], list | tuple) else list(args)
        kept = [a for a in order if a != "x"]
        if sorted(kept) != list(range(len(build.known_shape(value, "dimshuffle")))):
            raise NotFollowed("`dimshuffle` that drops axes")
        moved = call("permute_dimensions", [value, kept], {})
        for place, axis in enumerate(order):
            moved = call("expand_dims", [moved, place], {}) if axis == "x" else moved
        return moved
    if name == "reshape" and args:
        return call("reshape", [value, args[0] if len(args) == 1 else list(args)], {})
    if name == "astype" and len(args) == 1:
        return call("cast", [value, args[0]], {})
    if name == "dot" and len(args) == 1:
        return call("dot", [value, args[0]], {})
    if name == "flatten" and (not args or args == [1]):
        return call("flatten", [value], {})
    if name == "flatten" and list(args) == [2]:
        return call("batch_flatten", [value], {})
    if name == "repeat" and len(args) == 2:
        return call("repeat_elements", [value, *args], {})
    if name == "clip" and len(args) == 2:
        return call("clip", [value, *args], {})
    if name == "transpose":
        return call("permute_dimensions", [value, list(args)], {}) if args else call("transpose", [value], {})
    raise NotFollowed(f"the method {name} of a tensor, called as it is, is not known here")


__all__ = ["Length", "Method", "attribute", "called"]
