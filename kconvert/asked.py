"""What a caller asks for: what is read and what they say of it, what it shall become, how the result is checked.

The same frozen, plain values go from `api` by way of a job to the pipeline, and what nobody can mean is refused where they are
made. No NumPy here: the process that asks needs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from kconvert.errors import UsageError

Backend = Literal["theano", "tensorflow", "cntk"]
DataFormat = Literal["channels_first", "channels_last"]
Wanted = Literal["keep", "drop", "auto"]
"""Of the training state: all of it or an error, none of it, or what is there."""
Borders = Literal["keep", "channels_last"]
"""Of an order of axes: as it is, or channels last."""
BACKENDS: tuple[str, ...] = get_args(Backend)
FORMATS = ("keras", "savedmodel")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read, and what the user says of it where it does not say so itself.

    Attributes:
        source: a local file or folder.
        weights: the tensors of an architecture.
        backend, keras_version: what wrote it.
        data_format: for layers that did not save it.
        input_shape: without the batch, where it was lost.
        custom: the user's own code, as `kconvert.custom_code.located` gives it.

    Raises:
        UsageError: there is no such backend or order of axes.
    """

    source: Path
    weights: Path | None = None
    backend: str | None = None
    keras_version: str | None = None
    data_format: str | None = None
    input_shape: tuple[int | None, ...] | None = None
    custom: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.backend is not None:
            _check(f"--backend {self.backend}", self.backend, BACKENDS)
        if self.data_format is not None:
            _check(f"--source-data-format {self.data_format}", self.data_format, get_args(DataFormat))

    def said(self) -> Mapping[str, Any]:
        """The arguments of `kconvert.read.read`, but for the source and the user's own code."""
        return {
            "weights": self.weights, "backend": self.backend, "keras_version": self.keras_version,
            "data_format": self.data_format, "input_shape": self.input_shape,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the model shall become.

    Attributes:
        maps: the user's own layer maps, looked up before the built-in ones.
        data_format: `channels_last` rewrites the model so that no layer has its channels first.
        io: what the caller's arrays look like then.
        training: optimizer, losses, metrics and the optimizer's state.
        format: `keras` or `savedmodel`.

    Raises:
        UsageError: there is no such choice, or it goes with another one alone.
    """

    maps: tuple[Path, ...] = ()
    data_format: Borders = "keep"
    io: Borders = "keep"
    training: Wanted = "auto"
    format: str = "keras"

    def __post_init__(self) -> None:
        _check(f"training={self.training!r}", self.training, get_args(Wanted))
        _check(f"data_format={self.data_format!r}", self.data_format, get_args(Borders))
        _check(f"io={self.io!r}", self.io, get_args(Borders))
        if self.io != "keep" and self.data_format == "keep":
            raise UsageError("--io says what a model that --data-format channels_last rewrites is given: say both")


@dataclass(frozen=True, slots=True)
class Checking:
    """How the result is compared with the original.

    Attributes:
        probe: recorded inputs and outputs (`.npz`).
        rtol, atol: outputs agree where |a - b| <= atol + rtol * |b|.
        is_wanted: False leaves it unchecked.
    """

    probe: Path | None = None
    rtol: float = 1e-4
    atol: float = 1e-4
    is_wanted: bool = True


def _check(said: str, value: object, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"{said}: not one of {', '.join(known)}")
