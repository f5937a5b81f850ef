"""Shape and dtype of what a stock operation gives, as far as they are known; None is never a guess.

A length can also be any object that multiplies and adds, and is handed on as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kconvert.spec import Nest
from kconvert.upgrade.fragment import Shape
from kconvert.upgrade.shapes.rearranged import (
    SEVERAL,
    SINGLE,
    broadcast,
    concatenated,
    multiplied,
    reduced,
    stacked,
    taken,
)

ShapeOf = Callable[[Nest], Shape | None]
DtypeOf = Callable[[Nest], str | None]
SAME = frozenset(
    ["softmax", "log_softmax", "cumsum", "cumprod", "flip", "roll", "sort", "argsort", "tril", "triu", "relu", "relu6",
     "elu", "selu", "silu", "gelu", "leaky_relu", "softplus", "softsign", "sigmoid", "log_sigmoid", "tanh", "cast",
     "copy", "stop_gradient", "zeros_like", "ones_like", "full_like", "inv", "cholesky", "abs", "arccos", "arccosh",
     "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh", "erf", "erfc", "erfinv", "exp", "expm1", "floor",
     "isfinite", "isinf", "isnan", "log", "log1p", "logical_not", "negative", "reciprocal", "round", "rsqrt", "sign",
     "sin", "sinh", "sqrt", "square", "tan"]
)  # fmt: skip
BROADCAST = frozenset(
    ["add", "subtract", "multiply", "divide", "divide_no_nan", "floor_divide", "mod", "power", "maximum", "minimum",
     "arctan2", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or",
     "logical_xor", "where", "clip", "cross"]
)  # fmt: skip
REDUCTIONS = frozenset(
    ["sum", "prod", "mean", "max", "min", "any", "all", "logsumexp", "std", "var", "argmax", "argmin", "count_nonzero"]
)
BOOLEAN = frozenset(
    ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or", "logical_xor",
     "logical_not", "isfinite", "isinf", "isnan", "any", "all"]
)  # fmt: skip
INDICES = frozenset(["argmax", "argmin", "argsort", "count_nonzero"])


def result_shapes(
    name: str, operands: Sequence[Nest], config: Mapping[str, Any], shape_of: ShapeOf
) -> list[Shape | None] | None:
    """The shapes of an operation's outputs; None where not even their number is known."""
    if name in BROADCAST:
        return [broadcast([shape_of(o) for o in operands])]
    first = operands[0] if operands else None
    if name in ("concatenate", "stack"):
        parts = [shape_of(o) for o in first] if isinstance(first, list | tuple) else [None]
        known = [s for s in parts if s is not None]
        if len(known) != len(parts):
            return [None]
        return [(concatenated if name == "concatenate" else stacked)(known, int(config.get("axis", 0)))]
    shape = shape_of(first)
    if shape is None:
        return _unknown(name, config)
    if name in SAME:
        return [shape]
    try:
        if name in REDUCTIONS:
            return [reduced(shape, config.get("axis"), bool(config.get("keepdims")))]
        if name == "take":
            return [taken(shape, shape_of(operands[1]), int(config.get("axis", 0)))]
        if name == "matmul":
            return [multiplied(shape, shape_of(operands[1]))]
        several = SEVERAL.get(name)
        if several is not None:
            return several(shape, config)
        single = SINGLE.get(name)
        return None if single is None else [single(shape, config)]
    except (TypeError, ValueError, IndexError, KeyError):
        return None  # today's Keras will say what is wrong


def result_dtype(name: str, operands: Sequence[Nest], config: Mapping[str, Any], dtype_of: DtypeOf) -> str | None:
    """The dtype of an operation's (first) output."""
    if name in BOOLEAN:
        return "bool"
    if config.get("dtype") is not None:
        return str(config["dtype"])
    if name in INDICES:
        return "int32"
    if name == "one_hot":
        return "float32"
    tensors = operands[1:] if name == "where" else operands[:1] if name == "take" else operands
    flat = [o for value in tensors for o in (value if isinstance(value, list | tuple) else [value])]
    dtypes = {dtype_of(o) for o in flat} - {None}
    return dtypes.pop() if len(dtypes) == 1 else None


def _unknown(name: str, config: Mapping[str, Any]) -> list[Shape | None] | None:
    """As many unknown shapes as there are outputs."""
    if name == "split":
        parts = config["indices_or_sections"]
        return [None] * (parts if isinstance(parts, int) else len(parts) + 1)
    if name == "unstack":
        return [None] * int(config["num"]) if config.get("num") else None
    return [None] * (2 if name in SEVERAL else 1)
