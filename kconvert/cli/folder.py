"""A folder of models on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kconvert.cli.terminal import Terminal, show
from kconvert.errors import VerificationFailed
from kconvert.files.stores import is_url
from kconvert.report import Converted, Failed, Outcome, Verification

NOT_COMPARED = 3
NOT_FULLY = ("partial", "weights-only")
WORST_FIRST = (0, NOT_COMPARED, 1, 4)  # of a batch, the last counts most


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False  # whoever opens it says why


def is_zoo(source: str) -> bool:
    """A folder that is not itself a model, or a URL that ends like one."""
    if is_url(source):
        return source.endswith("/")
    folder = Path(source)
    if not _is_folder(folder) or any((folder / name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
        return False
    return not any(child.name.isdigit() and (child / "saved_model.pb").is_file() for child in folder.iterdir())


def convert_zoo(source: str, output: str, *, quiet: bool, **options: Any) -> int:
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
        show(display.summary(output))
    return worst


def show_tasks(source: str, output: str, options: dict[str, Any]) -> int:
    """What a batch would do: a line per model."""
    from kconvert.batch.running import tasks_below

    del options["timeout"], options["memory_limit"], options["overwrite"]
    tasks = tasks_below(source, output, **options)
    show(f"{task.found.source} -> {task.target}" for task in tasks)
    return 0


def status_of(outcome: Outcome) -> int:
    """The exit status that this model alone would have had."""
    if isinstance(outcome, Failed):
        return outcome.error.exit_code if outcome.error.exit_code == VerificationFailed.exit_code else 1
    return status_of_check(outcome.report.verification) if isinstance(outcome, Converted) else 0


def status_of_check(found: Verification) -> int:
    """0 where all that was asked for was compared, else 3."""
    return NOT_COMPARED if found.status in NOT_FULLY else 0
