"""The options that several commands have, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kconvert.asked import Borders
from kconvert.errors import UsageError

Source = Annotated[
    str,
    typer.Argument(metavar="OLD", help="Model: HDF5, .keras, a SavedModel folder, or an architecture as JSON or YAML."),
]
Weights = Annotated[Path | None, typer.Option(metavar="FILE", help="The tensors of an architecture file.")]
Backend = Annotated[
    str | None, typer.Option(metavar="theano|tensorflow|cntk", help="What wrote the file, if it does not say.")
]
Version = Annotated[str | None, typer.Option(metavar="X.Y.Z", help="Which Keras wrote the file, if it does not say.")]
DataFormat = Annotated[
    str | None, typer.Option(metavar="channels_first|channels_last", help="For layers that did not save it.")
]
Shape = Annotated[str | None, typer.Option(metavar="14,14,1", help="Where the file lost its input shape.")]
Maps = Annotated[list[Path] | None, typer.Option("--map", metavar="FILE", help="A layer map of yours; repeatable.")]
Probe = Annotated[
    Path | None, typer.Option(metavar="IO.npz", help="Inputs in_0.. and the outputs out_0.. that the original gave.")
]
Rtol = Annotated[float, typer.Option(help="Outputs agree where |a - b| <= atol + rtol |b|.")]
Atol = Annotated[float, typer.Option(help="See --rtol.")]
Timeout = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Give up after so long, instead of a limit by the file's size.")
]
MemoryLimit = Annotated[
    str | None, typer.Option(metavar="4G", help="Give up above so much, instead of a limit by the file's size.")
]
Custom = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE.py|package.module[:Name]", help="Your own layers and functions; repeatable. Runs that code."
    ),
]
NewLayout = Annotated[
    Borders,
    typer.Option(
        "--data-format",
        metavar="keep|channels_last",
        help="Rewrite the model so that channels come last, weights included.",
    ),
]
Io = Annotated[
    Borders, typer.Option("--io", metavar="keep|channels_last", help="What the caller's arrays look like then.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="TensorFlow's own messages too; -vv: tracebacks.")
]


def shape_of(text: str | None) -> tuple[int | None, ...] | None:
    """`14,14,1`, with or without brackets; `None` or `?` for an open dimension."""
    if text is None:
        return None
    parts = [p.strip() for p in text.strip("()[] ").split(",") if p.strip()]
    if not parts or not all(p.isdigit() or p in ("None", "?") for p in parts):
        raise UsageError(f"--input-shape {text}: is a list of sizes without the batch's, such as 14,14,1")
    return tuple(int(p) if p.isdigit() else None for p in parts)
