"""Functions that answer with a number or a text, or choose: keras.backend, and the built-ins of Python.

What depends on the learning phase is taken as at inference (`in_train_phase(x, alt)` is `alt`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kconvert.code import Items, NotFollowed
from kconvert.spec import Origin, Port, ports_in
from kconvert.upgrade.operations.build import Build
from kconvert.upgrade.operations.folding import as_array
from kconvert.upgrade.operations.lengths import Length

LONGEST = 2_000


def static_shape(build: Build, value: Any) -> tuple[Any, ...]:
    """The shape as Keras knew it when the model was made: None for a length that is open."""
    known = build.known_shape(value, "its code")
    return tuple(None if isinstance(n, Length) else int(n) for n in known)


def dynamic_shape(build: Build, value: Any) -> tuple[Any, ...]:
    """The shape that the running model has."""
    return tuple(n if isinstance(n, Length) else int(n) for n in build.known_shape(value, "its code"))


def constant(value: Any, dtype: Any = None, shape: Any = None, name: Any = None) -> Any:
    """`K.constant`, `K.variable`: an array in float32."""
    if any(True for _ in ports_in(value)):
        return value
    array = as_array(value, None if dtype is None else str(dtype))
    array = array if dtype is not None else array.astype("float32")
    return np.broadcast_to(array, tuple(shape)).copy() if shape is not None else array


def answers(build: Build, origin: Origin) -> dict[str, Callable[..., Any]]:
    """Functions of keras.backend that make no operation."""
    is_keras1 = origin.keras[1] is not None and origin.keras[1].major < 2

    def data_format() -> str:
        raise NotFollowed("it asks for the image data format of the machine, which the file does not say")

    def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
        return alt

    def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
        return x

    def phase() -> int:
        return 0

    def backend() -> str:
        return origin.backend or "tensorflow"

    def dtype(x: Any) -> Any:
        return build.dtype(x) or "float32"

    return {
        "int_shape": lambda x: static_shape(build, x),
        "shape": lambda x: dynamic_shape(build, x),
        "ndim": lambda x: len(build.known_shape(x, "K.ndim")),
        "dtype": dtype,
        "epsilon": lambda: 1e-7,
        "floatx": lambda: "float32",
        "cast_to_floatx": constant,
        "image_data_format": data_format,
        "image_dim_ordering": data_format,
        "backend": backend,
        "learning_phase": phase,
        "in_train_phase": in_train_phase,
        "in_test_phase": in_test_phase,
        "is_keras_tensor": lambda x: isinstance(x, Port),
        "is_tensor": lambda x: isinstance(x, Port),
        "constant": constant,
        "variable": lambda value, dtype=None, name=None, constraint=None: constant(value, dtype),
        "dropout": lambda x, level, noise_shape=None, seed=None: _random(),
        "eye": lambda size, dtype=None, name=None: np.eye(_small(size), dtype=str(dtype or "float32")),
        **({} if is_keras1 else {"name_scope": lambda name: None}),
    }


def _small(size: Any) -> int:
    if not isinstance(size, int) or not 0 <= size <= LONGEST:
        raise NotFollowed("a matrix whose size is not known, or too large")
    return size


def _random() -> Any:
    raise NotFollowed("it draws random numbers at inference")


def builtin(name: str, build: Build, args: Sequence[Any], kwargs: Any) -> Any:
    """A built-in function of Python, on values that are known, or lists of tensors.

    Raises:
        NotFollowed: not one that is followed.
    """
    values: list[Any] = [list(a.values[a.place :]) if isinstance(a, Items) else a for a in args]
    listed = [isinstance(v, list | tuple | range | np.ndarray) for v in values]
    if name == "len" and len(values) == 1:
        if isinstance(values[0], list | tuple | range | str | dict):
            return len(values[0])
        if isinstance(values[0], Port | np.ndarray):
            return dynamic_shape(build, values[0])[0]
    if name in ("range", "xrange") and all(isinstance(v, int | np.integer) for v in values) and 1 <= len(values) <= 3:
        found = range(*values) if len(values) < 3 or values[2] else range(0)
        if len(found) <= LONGEST:
            return list(found)
    if name in ("list", "tuple", "reversed", "sorted", "enumerate") and len(values) == 1 and listed[0] and not kwargs:
        made = list(values[0])
        if name == "sorted" and not all(isinstance(v, int | float) for v in made):
            raise NotFollowed("`sorted` of tensors")
        return {
            "list": made, "tuple": tuple(made), "reversed": made[::-1], "sorted": sorted(made) if name == "sorted" else 0,
            "enumerate": list(enumerate(made)),
        }[name]  # fmt: skip
    if name == "list" and not values:
        return []
    if name == "zip" and all(listed):
        return [tuple(z) for z in zip(*values, strict=False)]
    if name in ("int", "float", "bool", "str", "round", "long") and len(values) == 1:
        return _number(name, values[0])
    if name == "dict" and not values:
        return dict(kwargs)
    if name == "print":
        return None
    if name == "slice" and 1 <= len(values) <= 3:
        return slice(*values)
    if name == "isinstance" and len(values) == 2 and not isinstance(values[0], Port):
        kinds = {"builtins.list": list, "builtins.tuple": tuple, "builtins.int": int, "builtins.float": float,
                 "builtins.str": str}  # fmt: skip
        wanted = values[1] if isinstance(values[1], tuple) else (values[1],)
        paths = [getattr(w, "path", "") for w in wanted]
        if all(p in kinds for p in paths):
            return isinstance(values[0], tuple(kinds[p] for p in paths))
    if name == "isinstance" and len(values) == 2:
        wanted = values[1] if isinstance(values[1], tuple) else (values[1],)
        if all(getattr(w, "path", "") in ("builtins.list", "builtins.tuple") for w in wanted):
            return False
    raise NotFollowed(f"`{name}` of what it is given is not followed")


def _number(name: str, value: Any) -> Any:
    if isinstance(value, Length) and name in ("int", "long"):
        return value
    if not isinstance(value, int | float | np.generic | str) or (isinstance(value, str) and name != "str"):
        raise NotFollowed(f"`{name}` of something that is no number")
    try:
        kinds: dict[str, Callable[[Any], Any]] = {"float": float, "bool": bool, "str": str, "round": round}
        return kinds.get(name, int)(value)
    except (ValueError, OverflowError):
        raise NotFollowed(f"`{name}` of {value!r}") from None
