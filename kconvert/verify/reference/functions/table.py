"""TensorFlow's functions by the names that files and code have for them.

One function has many names: `reduce_sum`, `math.reduce_sum`, `compat.v1.reduce_sum`. It is looked for under its own, then without
`compat.v1`, then in the modules where TensorFlow 2 keeps what TensorFlow 1 had outside. Parameters that TensorFlow 1 called differently are
renamed; `name` means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions import arrays, elementwise, linear, networks, pictures, reductions

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **arrays.FUNCTIONS,
    **elementwise.FUNCTIONS,
    **linear.FUNCTIONS,
    **networks.FUNCTIONS,
    **pictures.FUNCTIONS,
    **reductions.FUNCTIONS,
    "compat.v1.where": elementwise.select,
}
MODULES = ("math.", "linalg.", "nn.", "image.")
FORMER = {
    "batch_matmul": "linalg.matmul", "div": "math.divide", "floor_div": "math.floordiv", "inverse": "linalg.inv",
    "matrix_band_part": "linalg.band_part", "matrix_determinant": "linalg.det", "matrix_diag": "linalg.diag",
    "matrix_diag_part": "linalg.diag_part", "matrix_inverse": "linalg.inv", "matrix_solve": "linalg.solve",
    "mul": "math.multiply", "neg": "math.negative", "pack": "stack", "real_div": "math.truediv", "sub": "math.subtract",
    "unpack": "unstack", "where_v2": "where", "batch_gather": "gather",
}  # fmt: skip
"""Names that only TensorFlow 1 has."""
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "axes": ("axis",), "dim": ("axis",), "dimension": ("axis",), "filter": ("filters",), "input": ("x", "tensor", "value"),
    "keep_dims": ("keepdims",), "reduction_indices": ("axis", "axes"), "squeeze_dims": ("axis",), "tensor": ("input",),
    "value": ("input",), "x": ("input",),
}  # fmt: skip
"""Names that a parameter has in TensorFlow 1, or in another function of the same kind -> its names here."""
IGNORED = frozenset(["name", "use_cudnn_on_gpu", "validate_indices", "partition_strategy", "_sentinel"])


def called(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], is_first: bool = False) -> Any:
    """What a TensorFlow function gives.

    Args:
        is_first: code means TensorFlow 1 by `tf`.

    Raises:
        Lacking: the reference does not have it.
    """
    if name.startswith("random.") or name.rpartition(".")[2].startswith("random_"):
        raise Lacking(f"tf.{name} draws other numbers whenever it is called")
    for candidate in _names(name, is_first):
        if candidate in FUNCTIONS:
            function = FUNCTIONS[candidate]
            return function(*args, **_accepted(function, {k: v for k, v in kwargs.items() if k not in IGNORED}))
    raise Lacking(f"the reference does not have the function tf.{name}")


def _names(name: str, is_first: bool) -> Iterator[str]:
    plain = name.removeprefix("compat.v1.")
    last = plain.rpartition(".")[2]
    if is_first or plain != name:
        yield f"compat.v1.{plain}"
        if plain.startswith("math."):
            yield f"compat.v1.{last}"
    yield name
    yield plain
    yield from (f"{module}{plain}" for module in MODULES)
    if plain.startswith(("math.", "linalg.", "nn.")):
        yield from (f"{module}{last}" for module in ("", *MODULES))
    if last in FORMER:
        yield FORMER[last]


def _accepted(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    known = signature(function).parameters
    if any(p.kind is Parameter.VAR_KEYWORD for p in known.values()):
        return dict(kwargs)
    return {
        key if key in known else next((new for new in PARAMETERS.get(key, ()) if new in known), key): value
        for key, value in kwargs.items()
    }
