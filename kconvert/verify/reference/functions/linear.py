"""`tf.linalg`: products and matrices.

Sources: tensorflow 2.4 python/ops/math_ops.py, linalg_ops.py, linalg/linalg_impl.py, array_ops.py, special_math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions.tensors import bounded, tensor


def matmul(
    a: Any, b: Any, transpose_a: Any = False, transpose_b: Any = False, adjoint_a: Any = False, adjoint_b: Any = False,
    **ignored: Any,
) -> Array:  # fmt: skip
    """Products of the last two axes."""
    x, y = tensor(a), tensor(b)
    x = np.swapaxes(x, -1, -2) if transpose_a or adjoint_a else x
    y = np.swapaxes(y, -1, -2) if transpose_b or adjoint_b else y
    bounded((*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1]))
    product: Array = x @ y
    return product


def matvec(a: Any, b: Any, transpose_a: Any = False, adjoint_a: Any = False, **ignored: Any) -> Array:
    """Matrix times vector."""
    return matmul(a, tensor(b)[..., None], transpose_a, False, adjoint_a)[..., 0]


def tensordot(a: Any, b: Any, axes: Any) -> Array:
    """Sums over axes of both."""
    x, y = tensor(a), tensor(b)
    numbers = np.asarray(axes)
    pairs: Any = int(numbers) if numbers.ndim == 0 else [np.atleast_1d(np.asarray(side)).tolist() for side in axes]
    bounded([max(x.size, 1) * max(y.size, 1) // max(_shared(x, pairs), 1) ** 2])
    return np.tensordot(x, y, axes=pairs)


def _shared(x: Array, axes: Any) -> int:
    chosen = range(x.ndim - axes, x.ndim) if isinstance(axes, int) else axes[0]
    return int(np.prod([x.shape[n] for n in chosen]))


def einsum(equation: str, *inputs: Any) -> Array:
    """Einstein's sums."""
    arrays = [tensor(x) for x in inputs]
    if not arrays:
        raise Lacking("the file does not say what the sum is of")
    return np.asarray(np.einsum(equation.replace(" ", ""), *arrays, optimize=len(arrays) > 1))


def band_part(input: Any, num_lower: Any, num_upper: Any) -> Array:
    """What lies near the diagonal; -1 is everything on this side."""
    x = tensor(input)
    below, above = int(np.asarray(num_lower)), int(np.asarray(num_upper))
    rows, columns = np.indices(x.shape[-2:])
    inside = ((below < 0) | (rows - columns <= below)) & ((above < 0) | (columns - rows <= above))
    return np.where(inside, x, 0)


def diag_part(input: Any, k: Any = 0, padding_value: Any = 0, align: Any = None) -> Array:
    """A diagonal."""
    offset = np.asarray(k)
    if offset.ndim:
        raise Lacking("the reference does not have several diagonals at once")
    return np.diagonal(tensor(input), int(offset), -2, -1)


def diag(
    diagonal: Any, k: Any = 0, num_rows: Any = -1, num_cols: Any = -1, padding_value: Any = 0, align: Any = None
) -> Array:
    """A matrix with this diagonal."""
    if [int(np.asarray(n)) for n in (k, num_rows, num_cols)] != [0, -1, -1] or float(np.asarray(padding_value)):
        raise Lacking("the reference has the main diagonal of a square matrix only")
    x = tensor(diagonal)
    bounded((*x.shape, x.shape[-1]))
    return x[..., None] * np.eye(x.shape[-1], dtype=x.dtype)


def plain(function: Callable[..., Any]) -> Callable[..., Array]:
    """A function of matrices without further arguments."""

    def call(*args: Any, adjoint: Any = False, **kwargs: Any) -> Array:
        if adjoint:
            raise Lacking("the reference does not have `adjoint` here")
        result: Array = function(*(tensor(x) for x in (*args, *kwargs.values())))
        return result

    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "einsum": einsum,
    "linalg.band_part": band_part,
    "linalg.cholesky": plain(np.linalg.cholesky),
    "linalg.cross": plain(np.cross),
    "linalg.det": plain(np.linalg.det),
    "linalg.diag": diag,
    "linalg.diag_part": diag_part,
    "linalg.einsum": einsum,
    "linalg.inv": plain(np.linalg.inv),
    "linalg.matmul": matmul,
    "linalg.matrix_transpose": plain(lambda a: np.swapaxes(a, -1, -2)),
    "linalg.matvec": matvec,
    "linalg.solve": plain(np.linalg.solve),
    "linalg.tensordot": tensordot,
    "linalg.trace": plain(lambda x: np.trace(x, axis1=-2, axis2=-1)),
    "raw_ops.Einsum": lambda inputs, equation: einsum(equation, *inputs),
}
