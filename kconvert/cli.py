"""The command line: the only place that prints or exits."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from kconvert.asked import Borders, Wanted
from kconvert.completion import ASKED, with_convert
from kconvert.errors import ConversionFailed, KConvertError, MapError, UsageError, VerificationFailed
from kconvert.files.stores import is_url
from kconvert.interrupts import end_in_order
from kconvert.printable import printable
from kconvert.report import Converted, Failed

COMMANDS = ("convert", "inspect", "plan", "verify", "migrate", "maps", "record", "doctor")
FIRST_WORDS = (*COMMANDS, "-h", "--help", "--version", "--install-completion", "--show-completion")
WITHOUT_O = " (where the result goes is said with -o NEW)"
NOT_FULLY = ("partial", "weights-only")
NOT_COMPARED = 3
WORST_FIRST = (0, NOT_COMPARED, 1, 4)  # of a batch, the last counts most

app = typer.Typer(
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Brings trained Keras models of every age to today's Keras: equal numbers, or a refusal that says why.\n\n"
    "    kconvert old_model.h5 -o new.keras",
    epilog="kconvert convert --help: the options of a conversion.  kconvert --version: what is at work.",
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
            "input_shape": _shape(input_shape), "custom": custom, "maps": maps or (), "data_format": data_format, "io": io,
            "timeout": timeout, "memory_limit": memory_limit}  # fmt: skip
    one: dict[str, Any] = {"weights": weights, "probe": probe, "keep_failed": keep_failed, "report": report}
    wanted: dict[str, Any] = {"training": training, "format": format, "version_dir": version_dir, "verify": not no_verify,
              "rtol": rtol, "atol": atol, "overwrite": overwrite}  # fmt: skip
    choice = {"include": include or (), "exclude": exclude or ()}
    if _is_zoo(source):
        if output is None or output.endswith(".keras"):
            raise UsageError(f"{source}: a folder of models: say which folder they are converted into, -o OUT")
        many = {**said, **wanted, **choice, **{name: value or None for name, value in one.items()}}
        if dry_run:
            return _print_tasks(source, output, many)
        return _convert_zoo(
            source, output, jobs=jobs, scheduler=scheduler, resume=resume, fail_fast=fail_fast, quiet=quiet, **many
        )
    for option, value in {**choice, "scheduler": scheduler, "resume": resume, "fail-fast": fail_fast}.items():
        if value:
            raise UsageError(f"--{option} is for a folder of models, which {source} is not")
    if dry_run:
        return _print_plan(api.plan(source, weights=weights, **said), as_json=False)
    if output is None:
        raise UsageError("say where the result goes: -o NEW.keras, or -o FOLDER for a SavedModel")
    result = api.convert(source, output, verbose=verbose > 0, **one, **said, **wanted)
    if not quiet:
        from kconvert.report.summary import conversion_lines

        _print(conversion_lines(result, detailed=verbose > 0))
        _print([f"  report   {report}"] if report else [])
    return NOT_COMPARED if result.verification.status in NOT_FULLY else 0


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
        input_shape=_shape(input_shape), custom=custom, maps=maps or (), data_format=data_format, io=io, timeout=timeout,
        memory_limit=memory_limit,
    )  # fmt: skip
    return _print_plan(found, as_json)


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
            source_data_format=source_data_format, input_shape=_shape(input_shape), probe=probe, rtol=rtol, atol=atol,
            timeout=timeout, memory_limit=memory_limit, verbose=verbose > 0,
        )  # fmt: skip
    except VerificationFailed as error:
        if error.verification is None:
            raise
        failed, found = error, error.verification
    if as_json:
        _print([json.dumps(found.to_dict(), indent=2)])
    else:
        _print(verification_lines(found, detailed=verbose > 0))
    if failed is not None:
        raise failed
    return NOT_COMPARED if found.status in NOT_FULLY else 0


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


maps_app = typer.Typer(rich_markup_mode=None)
app.add_typer(maps_app, name="maps", help="Say what becomes of each layer, or whether your map is right.")


@maps_app.command("list")
def list_maps(maps: Maps = None, as_json: AsJson = False) -> int:
    """All that the maps know, and what becomes of it, a line each."""
    from kconvert.catalog.views import listed

    found = listed(maps or ())
    if as_json:
        _print([json.dumps([asdict(one) for one in found], indent=2)])
    else:
        _print(f"{o.hop}  {o.section:12} {o.name}{f'  ->  {o.becomes}' if o.becomes else ''}" for o in found)
    return 0


@maps_app.command("show")
def show_map(
    name: Annotated[str, typer.Argument(metavar="LAYER", help="A class, or a function such as hard_sigmoid.")],
    maps: Maps = None,
    as_json: AsJson = False,
) -> int:
    """All that becomes of a class on its way to today's Keras."""
    from kconvert.catalog.views import shown

    found = shown(name, maps or ())
    _print([json.dumps([asdict(one) for one in found], indent=2)] if as_json else (one.text for one in found))
    return 0


@maps_app.command("check")
def check_maps(files: Annotated[list[Path], typer.Argument(metavar="FILE.yaml", help="Layer maps of yours.")]) -> int:
    """Say whether layer maps of yours are right."""
    from kconvert.catalog.checks import checked

    wrong = []
    for file in files:
        try:
            found = checked(file)
        except MapError as error:
            wrong.append(str(error))
            continue
        entries = ", ".join(f"{section}: {count}" for section, count in found.entries.items()) or "nothing"
        _print([f"{found.path}: {found.hop}, {entries}", *(f"  remark  {remark}" for remark in found.remarks)])
    if wrong:
        raise MapError("\n".join(wrong))
    return 0


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
    _print([json.dumps(found.to_dict(), indent=2)] if as_json else examination_lines(found))
    return 0 if found.is_able else 1


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs one command and exits with its status."""
    end_in_order(_complain)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        from kconvert.versions import versions

        _print([f"{name} {number}" for name, number in versions().items()])
        sys.exit(0)
    if ASKED in os.environ:
        os.environ.update(with_convert(os.environ, FIRST_WORDS))
    elif words in ([], ["maps"]):
        _status([*words, "--help"])
        sys.exit(UsageError.exit_code)
    elif words[0] not in FIRST_WORDS:
        words.insert(0, "convert")
    sys.exit(_status(words))


def _status(words: list[str]) -> int:
    tracebacks = any(w.startswith("-v") and w.strip("-v") == "" and w.count("v") > 1 for w in words)
    try:
        status = app(words, prog_name="kconvert", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except KConvertError as error:
        if tracebacks:
            raise
        _print_error(error)
        return error.exit_code
    except OSError as error:
        if tracebacks:
            raise
        _complain(str(error))  # of this process alone: where to write what it says
        return 1
    except typer.TyperException as error:
        _complain(
            error.format_message() + (WITHOUT_O if words[0] == "convert" and "extra argument" in str(error) else "")
        )
        return 2


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False  # whoever opens it says why


def _is_zoo(source: str) -> bool:
    """A folder that is not itself a model, or a URL that ends like one."""
    if is_url(source):
        return source.endswith("/")
    folder = Path(source)
    if not _is_folder(folder) or any((folder / name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
        return False
    return not any(child.name.isdigit() and (child / "saved_model.pb").is_file() for child in folder.iterdir())


def _convert_zoo(source: str, output: str, *, quiet: bool, **options: Any) -> int:
    """A line per model, or a moving display on a terminal; at the end what became of all of them."""
    from kconvert.batch import convert_many
    from kconvert.batch.display import Display

    console = Terminal(stderr=True, highlight=False, soft_wrap=True, markup=False)
    worst = 0
    with Display(console, is_quiet=quiet) as display:
        for outcome in convert_many(source, output, on_begin=display.begin, **options):
            display.add(outcome)
            worst = max(worst, status_of(outcome), key=WORST_FIRST.index)
    if not quiet:
        _print(display.summary(output))
    return worst


def _print_tasks(source: str, output: str, options: dict[str, Any]) -> int:
    """What a batch would do: a line per model."""
    from kconvert.batch.running import tasks_below

    del options["timeout"], options["memory_limit"], options["overwrite"]
    tasks = tasks_below(source, output, **options)
    _print(f"{task.found.source} -> {task.target}" for task in tasks)
    return 0


def status_of(outcome: Any) -> int:
    """The exit status that this model alone would have had."""
    if isinstance(outcome, Failed):
        return outcome.error.exit_code if outcome.error.exit_code == VerificationFailed.exit_code else 1
    is_checked = not isinstance(outcome, Converted) or outcome.report.verification.status not in NOT_FULLY
    return 0 if is_checked else NOT_COMPARED


def _shape(text: str | None) -> tuple[int | None, ...] | None:
    """`14,14,1`, with or without brackets; `None` or `?` for an open dimension."""
    if text is None:
        return None
    parts = [p.strip() for p in text.strip("()[] ").split(",") if p.strip()]
    if not parts or not all(p.isdigit() or p in ("None", "?") for p in parts):
        raise UsageError(f"--input-shape {text}: is a list of sizes without the batch's, such as 14,14,1")
    return tuple(int(p) if p.isdigit() else None for p in parts)


class Terminal(Console):
    """Lines of text; whoever reads them may go away before the end (`| head`), which is no failure."""

    def on_broken_pipe(self) -> None:
        """Everything else goes nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def _print_plan(found: Any, as_json: bool) -> int:
    from kconvert.report.summary import plan_lines

    _print([json.dumps(found.to_dict(), indent=2, default=str)] if as_json else plan_lines(found))
    return 1 if found.blockers else 0


def _print(lines: Iterable[str | Text]) -> None:
    """Styles show on a terminal alone, and not where NO_COLOR is set."""
    console = Terminal(highlight=False, soft_wrap=True, markup=False)
    for line in lines:
        console.print(line if isinstance(line, Text) else "\n".join(map(printable, line.split("\n"))))


def _print_error(error: KConvertError) -> None:
    if isinstance(error, ConversionFailed) and len(error.problems) > 1:
        _complain(f"{len(error.problems)} problems; nothing was written:")
        _print_problems(f"{problem} [{problem.code}]" for problem in error.problems)
    else:
        said = f"verification failed: {error}" if isinstance(error, VerificationFailed) else str(error)
        if isinstance(error, MapError) and "\n" in said:  # of the user's own files, so its lines are lines
            _complain(f"what is wrong [{error.code}]:")
            _print_problems(said.splitlines())
        else:
            _complain(f"{said} [{error.code}]")


def _print_problems(lines: Iterable[str]) -> None:
    console = Terminal(stderr=True, highlight=False, soft_wrap=True, markup=False)
    for line in lines:
        console.print(f"  - {printable(line)}")


def _complain(text: str) -> None:
    console = Terminal(stderr=True, highlight=False, soft_wrap=True)
    console.print("error:", style="bold red", end=" ")
    console.print(printable(text), markup=False)
