"""An examination as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from kconvert.doctor import Examination
from kconvert.doctor.limits import Limits
from kconvert.doctor.surroundings import Place
from kconvert.printable import printable
from kconvert.workers.limits import GIGA

COLOURS = {"error": "bold red", "warning": "yellow", "note": "dim"}
SHOWN = ("tensorflow", "keras", "h5py", "numpy")


def examination_lines(found: Examination) -> Iterator[Text]:
    """Releases, limits, what was found with what to do, and a last sentence."""
    here = found.surroundings
    yield _fact("kconvert", f"{here.packages.get('kconvert', 'not installed')} in {here.location}")
    yield _fact("python", f"{here.python}, {here.executable}")
    for name in SHOWN:
        yield _fact(name, here.packages.get(name, "not installed"))
    yield _fact("system", f"{here.system} {here.machine}, {here.limits.processors} processors")
    yield from (_fact(name, text) for name, text in _limits(here.limits))
    yield _fact("temporary", _place(here.temporary))
    yield _fact("results", _place(here.results))
    for finding in found.findings:
        head = (f"{finding.level:10}", COLOURS[finding.level])
        yield Text.assemble(head, printable(f"{finding.topic}: {finding.says}"))
        if finding.do:
            yield Text(f"{'':10}{printable(f'-> {finding.do}')}")
    yield Text("able to convert" if found.is_able else "not able to convert, see the errors")


def _fact(name: str, text: str) -> Text:
    return Text.assemble((f"{name:11}", "dim"), printable(text))


def _limits(limits: Limits) -> Iterator[tuple[str, str]]:
    if limits.memory is not None and limits.memory_free is not None:
        yield "memory", f"{limits.memory / GIGA:.1f} GiB, {limits.memory_free / GIGA:.1f} GiB free"
    yield "open files", _limit(limits.open_files)
    yield "threads", _limit(limits.threads)


def _limit(number: int | None) -> str:
    return "no limit" if number is None else f"{number:,}"


def _place(place: Place) -> str:
    return f"{place.path}, " + (f"{place.free / GIGA:.1f} GiB free" if place.free is not None else place.trouble)
