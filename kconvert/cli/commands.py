"""One function per command; what each does is elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from kconvert.asked import Wanted
from kconvert.cli.folder import convert_zoo, is_zoo, show_tasks, status_of_check
from kconvert.cli.maps import maps_app
from kconvert.cli.options import (
    AsJson,
    Atol,
    Backend,
    Custom,
    DataFormat,
    Io,
    Maps,
    MemoryLimit,
    NewLayout,
    Probe,
    Quiet,
    Rtol,
    Shape,
    Source,
    Timeout,
    Verbose,
    Version,
    Weights,
    shape_of,
)
from kconvert.cli.terminal import show
from kconvert.errors import UsageError, VerificationFailed

app = typer.Typer(
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Brings trained Keras models of every age to today's Keras: equal numbers, or a refusal that says why.\n\n"
    "    kconvert old_model.h5 -o new.keras",
    epilog="kconvert convert --help: the options of a conversion.  kconvert --version: what is at work.",
)


@app.command()
def convert(
    source: Source,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="NEW", help="NEW.keras, or a folder for a SavedModel.")
    ] = None,
    weights: Weights = None,
    format: Annotated[str | None, typer.Option(metavar="keras|savedmodel", help="Instead of NEW's ending.")] = None,
    backend: Backend = None,
    keras_version: Version = None,
    source_data_format: DataFormat = None,
    input_shape: Shape = None,
    data_format: NewLayout = "keep",
    io: Io = "keep",
    custom: Custom = None,
    maps: Maps = None,
    probe: Probe = None,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Do not reload and compare the result.")] = False,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="If verification fails, leave the file at NEW all the same.")
    ] = False,
    rtol: Rtol = 1e-4,
    atol: Atol = 1e-4,
    training: Annotated[
        Wanted, typer.Option(metavar="keep|drop|auto", help="Optimizer, losses, metrics and optimizer state.")
    ] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing NEW.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json|FILE.html", help="Write the whole report there, also of a refusal."),
    ] = None,
    version_dir: Annotated[int | None, typer.Option(metavar="N", help="SavedModel below NEW/N/.")] = None,
    timeout: Timeout = None,
    memory_limit: MemoryLimit = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    jobs: Annotated[int, typer.Option(metavar="N", help="Batch: models at a time.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="Batch: on a dask.distributed cluster.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Batch: skip what is provably unchanged.")] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Batch: begin nothing after a failure.")] = False,
    include: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Batch: only these models.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Batch: not these models.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Convert a model, or all of a folder: the default command."""
    from kconvert import api

    said: dict[str, Any] = {"backend": backend, "keras_version": keras_version, "source_data_format": source_data_format,
            "input_shape": shape_of(input_shape), "custom": custom, "maps": maps or (), "data_format": data_format, "io": io,
            "timeout": timeout, "memory_limit": memory_limit}  # fmt: skip
    one: dict[str, Any] = {"weights": weights, "probe": probe, "keep_failed": keep_failed, "report": report}
    wanted: dict[str, Any] = {"training": training, "format": format, "version_dir": version_dir, "verify": not no_verify,
              "rtol": rtol, "atol": atol, "overwrite": overwrite}  # fmt: skip
    choice = {"include": include or (), "exclude": exclude or ()}
    if is_zoo(source):
        if output is None or output.endswith(".keras"):
            raise UsageError(f"{source}: a folder of models: say which folder they are converted into, -o OUT")
        many = {**said, **wanted, **choice, **{name: value or None for name, value in one.items()}}
        if dry_run:
            return show_tasks(source, output, many)
        return convert_zoo(
            source, output, jobs=jobs, scheduler=scheduler, resume=resume, fail_fast=fail_fast, quiet=quiet, **many
        )
    for option, value in {**choice, "scheduler": scheduler, "resume": resume, "fail-fast": fail_fast}.items():
        if value:
            raise UsageError(f"--{option} is for a folder of models, which {source} is not")
    if dry_run:
        return _show_plan(api.plan(source, weights=weights, **said), as_json=False)
    if output is None:
        raise UsageError("say where the result goes: -o NEW.keras, or -o FOLDER for a SavedModel")
    result = api.convert(source, output, verbose=verbose > 0, **one, **said, **wanted)
    if not quiet:
        from kconvert.report.summary import conversion_lines

        show(conversion_lines(result, detailed=verbose > 0))
        show([f"  report   {report}"] if report else [])
    return status_of_check(result.verification)


@app.command("inspect")
def inspect_(
    source: Source,
    weights: Weights = None,
    timeout: Timeout = None,
    memory_limit: MemoryLimit = None,
    as_json: AsJson = False,
) -> int:
    """Say what is in a file: no TensorFlow, no code run."""
    from kconvert import api
    from kconvert.report.summary import inspection_lines

    found = api.inspect_model(source, weights=weights, timeout=timeout, memory_limit=memory_limit)
    show([json.dumps(found.to_dict(), indent=2, default=str)] if as_json else inspection_lines(found))
    return 0


@app.command()
def plan(
    source: Source,
    weights: Weights = None,
    backend: Backend = None,
    keras_version: Version = None,
    source_data_format: DataFormat = None,
    input_shape: Shape = None,
    data_format: NewLayout = "keep",
    io: Io = "keep",
    custom: Custom = None,
    maps: Maps = None,
    timeout: Timeout = None,
    memory_limit: MemoryLimit = None,
    as_json: AsJson = False,
) -> int:
    """Say what conversion would do, layer by layer; convert nothing."""
    from kconvert import api

    found = api.plan(
        source, weights=weights, backend=backend, keras_version=keras_version, source_data_format=source_data_format,
        input_shape=shape_of(input_shape), custom=custom, maps=maps or (), data_format=data_format, io=io, timeout=timeout,
        memory_limit=memory_limit,
    )  # fmt: skip
    return _show_plan(found, as_json)


@app.command()
def verify(
    source: Source,
    other: Annotated[
        Path, typer.Argument(metavar="NEW", help=".keras, HDF5 of today's Keras, or a SavedModel folder.")
    ],
    weights: Weights = None,
    backend: Backend = None,
    keras_version: Version = None,
    source_data_format: DataFormat = None,
    input_shape: Shape = None,
    probe: Probe = None,
    rtol: Rtol = 1e-4,
    atol: Atol = 1e-4,
    timeout: Timeout = None,
    memory_limit: MemoryLimit = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> int:
    """Say whether NEW is the same function as OLD, whoever wrote it."""
    from kconvert import api
    from kconvert.report.summary import verification_lines

    failed: VerificationFailed | None = None
    try:
        found = api.verify_model(
            source, other, weights=weights, backend=backend, keras_version=keras_version,
            source_data_format=source_data_format, input_shape=shape_of(input_shape), probe=probe, rtol=rtol, atol=atol,
            timeout=timeout, memory_limit=memory_limit, verbose=verbose > 0,
        )  # fmt: skip
    except VerificationFailed as error:
        if error.verification is None:
            raise
        failed, found = error, error.verification
    if as_json:
        show([json.dumps(found.to_dict(), indent=2)])
    else:
        show(verification_lines(found, detailed=verbose > 0))
    if failed is not None:
        raise failed
    return status_of_check(found)


@app.command()
def migrate(
    source: Annotated[Path, typer.Argument(metavar="LAYERS.py", help="Python source of custom layers, losses, ...")],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="NEW.py", help="Write it there.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Only show what would change.")] = False,
    in_place: Annotated[bool, typer.Option("--in-place", help="Rewrite LAYERS.py itself.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing NEW.py.")] = False,
) -> int:
    """Bring Python source of custom layers to today's Keras.

    Without an option it is printed. The source is never run.
    """
    from kconvert.migrate import file

    if sum((output is not None, diff, in_place)) > 1:
        raise UsageError("say one of -o NEW.py, --diff and --in-place")
    text, migrated = file.migrate_file(source)
    target = source if in_place else output
    if diff:
        sys.stdout.write(file.difference(source, text, migrated.text))
    elif target is None:
        sys.stdout.write(migrated.text)
    else:
        file.write(target, migrated.text, overwrite=overwrite or in_place)
    for remark in migrated.remarks:
        where = f"{target or source}:{remark.line}" + (f" {remark.name}" if remark.name else "")
        Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"{where}: {remark.text}")
    return 0


app.add_typer(maps_app, name="maps", help="Say what becomes of each layer, or whether your map is right.")


@app.command()
def record() -> int:
    """Print a script that records a probe where the old Keras runs.

    kconvert record > record_probe.py
    """
    sys.stdout.write(Path(__file__).with_name("record_probe.txt").read_text(encoding="ascii"))
    return 0


@app.command()
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Import TensorFlow, too, and let it compute something.")] = False,
    as_json: AsJson = False,
) -> int:
    """Say what is known to go wrong on this machine, and what helps.

    Releases and limits, too. The exit status is 1 if nothing can be converted here.
    """
    from kconvert.doctor import examine
    from kconvert.doctor.lines import examination_lines

    found = examine(deep=deep)
    show([json.dumps(found.to_dict(), indent=2)] if as_json else examination_lines(found))
    return 0 if found.is_able else 1


def _show_plan(found: Any, as_json: bool) -> int:
    from kconvert.report.summary import plan_lines

    show([json.dumps(found.to_dict(), indent=2, default=str)] if as_json else plan_lines(found))
    return 1 if found.blockers else 0
