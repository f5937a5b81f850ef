"""What the original computed, recorded in the framework that wrote it: an `.npz` of `in_0`, ... and `out_0`, ..."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kconvert.errors import UsageError
from kconvert.report import InputUsed, Run
from kconvert.tensor import Array
from kconvert.verify.inputs import Given


@dataclass(frozen=True, slots=True)
class Probe:
    """Inputs and what came out; outputs in the model's flattened order."""

    given: Given
    outputs: tuple[Array, ...]


def read_probe(path: Path, inputs: int, outputs: int) -> Probe:
    """The arrays of a probe for a model with so many inputs and outputs.

    Raises:
        UsageError: no `.npz` file of plain arrays, or one of another model.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files if name.startswith(("in_", "out_"))}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: no .npz file of plain arrays: {error}") from None
    wanted = [*(f"in_{n}" for n in range(inputs)), *(f"out_{n}" for n in range(outputs))]
    missing = [name for name in wanted if name not in arrays]
    if missing:
        raise UsageError(f"{path}: a probe of this model holds {', '.join(missing)} too")
    given = tuple(arrays[f"in_{n}"] for n in range(inputs))
    described = tuple(InputUsed(f"in_{n}", a.shape, str(a.dtype), "recorded") for n, a in enumerate(given))
    return Probe(Given(given, Run("recorded", described)), tuple(arrays[f"out_{n}"] for n in range(outputs)))
