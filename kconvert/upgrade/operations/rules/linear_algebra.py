"""Products and parts of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.upgrade.operations.build import Build, Value
from kconvert.upgrade.operations.folding import as_array, bounded
from kconvert.upgrade.operations.lengths import Length


def matmul(
    build: Build,
    a: Value,
    b: Value,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
) -> Value:
    """Turned round first, where a flag says so."""
    left = matrix_transpose(build, a) if transpose_a or adjoint_a else a
    right = matrix_transpose(build, b) if transpose_b or adjoint_b else b
    return build("matmul", left, right)


def matvec(build: Build, a: Value, b: Value, transpose_a: bool = False, adjoint_a: bool = False) -> Value:
    """A matrix and a vector, a column for the time of the product."""
    left = matrix_transpose(build, a) if transpose_a or adjoint_a else a
    return build("squeeze", build("matmul", left, build("expand_dims", b, axis=-1)), axis=-1)


def matrix_transpose(build: Build, a: Value) -> Value:
    """The last two axes swapped."""
    return build("swapaxes", a, axis1=-1, axis2=-2)


def tensordot(build: Build, a: Value, b: Value, axes: Any) -> Value:
    """Sums of products over pairs of axes."""
    pairs = as_array(axes).tolist()
    return build("tensordot", a, b, axes=pairs)


def einsum(build: Build, equation: str, inputs: Sequence[Value] = ()) -> Value:
    """Sums of products by an equation.

    Raises:
        Rejected: tf.keras has lost the operands, and the graph does not prove which they were.
    """
    if not inputs:
        raise Rejected(
            "a functional model of tf.keras does not save what tf.einsum was called on; it cannot load it itself"
        )
    return build("einsum", equation, *inputs)


def diag(build: Build, diagonal: Value) -> Value:
    """Zeros with these numbers on the diagonal."""
    length = build.known_shape(diagonal, "tf.linalg.diag")[-1]
    if isinstance(length, Length):
        raise Rejected("the size of the matrix is known only when the model runs")
    bounded(length * length, "tf.linalg.diag")
    unit = np.eye(length, dtype=build.dtype(diagonal) or "float32")
    return build("multiply", build("expand_dims", diagonal, axis=-1), unit)


def band_part(build: Build, input: Value, num_lower: Any, num_upper: Any) -> Value:
    """What lies near the diagonal; a negative number keeps the whole triangle."""
    lower, upper = int(as_array(num_lower)), int(as_array(num_upper))
    result = input
    if upper >= 0:
        result = build("tril", result, k=upper)
    if lower >= 0:
        result = build("triu", result, k=-lower)
    return result if lower >= 0 or upper >= 0 else build("copy", result)
