"""The command line: the only place that prints or exits."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from kconvert.errors import ConversionFailed, KConvertError, TargetError, UsageError, VerificationFailed
from kconvert.printable import printable

if TYPE_CHECKING:
    from kconvert.report import Report

COMMANDS = ("convert", "inspect", "plan", "record")
NOT_COMPARED = 3
INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Brings trained Keras models of every age to today's Keras: equal numbers, or a refusal that says why.\n\n"
    "    kconvert old_model.h5 -o new.keras",
)

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
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="TensorFlow's own messages too; -vv: tracebacks.")
]


@app.command()
def convert(
    source: Source,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="NEW", help="NEW.keras, or a folder for a SavedModel.")
    ] = None,
    weights: Weights = None,
    format: Annotated[str | None, typer.Option(metavar="keras|savedmodel", help="Instead of NEW's ending.")] = None,
    backend: Backend = None,
    keras_version: Version = None,
    source_data_format: DataFormat = None,
    input_shape: Shape = None,
    maps: Maps = None,
    probe: Annotated[
        Path | None,
        typer.Option(metavar="IO.npz", help="Inputs in_0.. and the outputs out_0.. that the original gave."),
    ] = None,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Do not reload and compare the result.")] = False,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="If verification fails, leave the file at NEW all the same.")
    ] = False,
    rtol: Annotated[float, typer.Option(help="Outputs agree where |a - b| <= atol + rtol |b|.")] = 1e-4,
    atol: Annotated[float, typer.Option(help="See --rtol.")] = 1e-4,
    training: Annotated[str, typer.Option(metavar="drop|auto", help="Optimizer and losses: left out.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing NEW.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json|FILE.html", help="Write the whole report there, also of a refusal."),
    ] = None,
    version_dir: Annotated[int | None, typer.Option(metavar="N", help="SavedModel below NEW/N/.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Convert one model (this is the command when the first word is none)."""
    from kconvert import api

    reading = _reading(weights, backend, keras_version, source_data_format, input_shape, maps)
    if dry_run:
        return _print_plan(api.plan(source, **reading), as_json=False)
    if output is None:
        raise UsageError("say where the result goes: -o NEW.keras, or -o FOLDER for a SavedModel")
    if report is not None and report.suffix not in (".json", ".html"):
        raise UsageError(f"--report {report}: the report is written as .json or .html")
    with _reported_refusal(report), _quiet_tensorflow(verbose):
        result = api.convert(
            source, output, **reading, training=training, format=format, version_dir=version_dir, probe=probe,
            verify=not no_verify, keep_failed=keep_failed, rtol=rtol, atol=atol, overwrite=overwrite,
        )  # fmt: skip
    if report is not None:
        _write_report(result, report)
    if not quiet:
        from kconvert.summary import conversion_lines

        _print(conversion_lines(result, detailed=verbose > 0))
    return NOT_COMPARED if result.verification.status == "weights-only" else 0


@app.command("inspect")
def inspect_(source: Source, weights: Weights = None, as_json: AsJson = False) -> int:
    """Say what is in a file: no TensorFlow, no code run."""
    from kconvert import api
    from kconvert.summary import inspection_lines

    found = api.inspect_model(source, weights=weights)
    _print([json.dumps(found.to_dict(), indent=2, default=str)] if as_json else inspection_lines(found))
    return 0


@app.command()
def plan(
    source: Source,
    weights: Weights = None,
    backend: Backend = None,
    keras_version: Version = None,
    source_data_format: DataFormat = None,
    input_shape: Shape = None,
    maps: Maps = None,
    as_json: AsJson = False,
) -> int:
    """Say what conversion would do, layer by layer; convert nothing."""
    from kconvert import api

    reading = _reading(weights, backend, keras_version, source_data_format, input_shape, maps)
    return _print_plan(api.plan(source, **reading), as_json)


@app.command()
def record() -> int:
    """Print a script that records a probe on the machine that runs the old model: record > record_probe.py."""
    sys.stdout.write(Path(__file__).with_name("record_probe.txt").read_text(encoding="ascii"))
    return 0


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs one command and exits with its status."""
    signal.signal(signal.SIGTERM, _terminate)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        from kconvert.api import versions

        _print([f"{name} {number}" for name, number in versions().items()])
        sys.exit(0)
    if words and words[0] not in (*COMMANDS, "-h", "--help"):
        words.insert(0, "convert")
    sys.exit(_status(words))


def _status(words: list[str]) -> int:
    tracebacks = any(w.startswith("-v") and w.strip("-v") == "" and w.count("v") > 1 for w in words)
    try:
        status = app(words, standalone_mode=False)
        if status == INTERRUPTED:
            _complain("interrupted; nothing was written")
        return status if isinstance(status, int) else 0
    except KConvertError as error:
        if tracebacks:
            raise
        _print_error(error)
        return error.exit_code
    except typer.TyperException as error:
        _complain(error.format_message())
        return 2


def _reading(
    weights: Path | None,
    backend: str | None,
    keras_version: str | None,
    source_data_format: str | None,
    input_shape: str | None,
    maps: list[Path] | None,
) -> dict[str, Any]:
    return {
        "weights": weights, "backend": backend, "keras_version": keras_version,
        "source_data_format": source_data_format, "input_shape": _shape(input_shape), "maps": maps or (),
    }  # fmt: skip


def _shape(text: str | None) -> tuple[int | None, ...] | None:
    """`14,14,1`, with or without brackets; `None` or `?` for an open dimension."""
    if text is None:
        return None
    parts = [p.strip() for p in text.strip("()[] ").split(",") if p.strip()]
    if not parts or not all(p.isdigit() or p in ("None", "?") for p in parts):
        raise UsageError(f"--input-shape {text}: is a list of sizes without the batch's, such as 14,14,1")
    return tuple(int(p) if p.isdigit() else None for p in parts)


@contextlib.contextmanager
def _reported_refusal(path: Path | None) -> Iterator[None]:
    """A model that is refused has a report too: what was found until then, and what stood against it."""
    from kconvert.report import Report

    try:
        yield
    except KConvertError as error:
        if path is not None and isinstance(error.report, Report):
            _write_report(error.report, path)
        raise


def _write_report(report: Report, path: Path) -> None:
    if path.suffix == ".html":
        from kconvert.page import page

        text = page(report)
    else:
        text = json.dumps(report.to_dict(), indent=2, default=str)
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise TargetError(f"--report {path}: cannot be written: {error.strerror or error}") from None


@contextlib.contextmanager
def _quiet_tensorflow(verbose: int) -> Iterator[None]:
    """TensorFlow's native half writes to the process's stderr itself, past Python, from its import on."""
    if verbose:
        yield
        return
    import logging
    import warnings

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("absl").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def _terminate(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _print_plan(found: Any, as_json: bool) -> int:
    from kconvert.summary import plan_lines

    _print([json.dumps(found.to_dict(), indent=2, default=str)] if as_json else plan_lines(found))
    return 1 if found.blockers else 0


def _print(lines: Sequence[str | Text]) -> None:
    """Styles show on a terminal alone, and not where NO_COLOR is set; a model's own names cannot steer the terminal."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for line in lines:
        console.print(printable(line))


def _print_error(error: KConvertError) -> None:
    if isinstance(error, ConversionFailed) and len(error.problems) > 1:
        _complain(f"{len(error.problems)} problems; nothing was written:")
        for problem in error.problems:
            Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(printable(f"  - {problem}"))
    else:
        _complain(f"verification failed: {error}" if isinstance(error, VerificationFailed) else str(error))


def _complain(text: str) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("error:", style="bold red", end=" ")
    console.print(printable(text), markup=False)
