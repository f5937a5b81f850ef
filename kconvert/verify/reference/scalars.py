"""Special functions of one number that NumPy lacks."""

from __future__ import annotations

import math

import numpy as np

from kconvert.tensor import Array

_ERF = np.frompyfunc(math.erf, 1, 1)


def erf(x: Array) -> Array:
    """The error function."""
    values: Array = np.asarray(_ERF(x), dtype=np.float64)
    return values
