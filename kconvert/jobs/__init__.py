"""What can be asked of a worker: plain values that cross the border of a process, and how they are carried out.

Each job is a few lines here. The same is carried out in the caller's process with `isolation="none"`.

* `doing.py`: a job's way to a worker and back;
* `inspection.py` and `risks.py`: what is in a file, and what would become of it; `reporting.py`: what a conversion did;
* `discovery.py`: which models a folder has; `spec_file.py`: an upgraded model on disk, on its way to who loads it.
"""

from __future__ import annotations

import atexit
import functools
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from kconvert.asked import Checking, Reading, Wishes
from kconvert.errors import KConvertError, TargetError
from kconvert.report import Found, Inspection, Plan, Report, Verification
from kconvert.steps import stage

if TYPE_CHECKING:
    from kconvert.verify import Verifier


class Bench:
    """What stands ready for one job after the other: the process that checks files."""

    def __init__(self) -> None:
        self._verifier: Verifier | None = None

    @staticmethod
    def of_process() -> Bench:
        """The one of this process (and another one after a fork)."""
        return _bench_of(os.getpid())

    def verifier(self) -> Verifier:
        """Made when it is first asked for, ended with the process."""
        if self._verifier is None:
            from kconvert.verify import Verifier

            self._verifier = Verifier()
            atexit.register(self._verifier.close)
        return self._verifier


class Job(Protocol):
    """A frozen dataclass of plain values; `Result` is the type of what `run` returns."""

    Result: ClassVar[Any]

    def run(self, bench: Bench) -> Any:
        """Does it, here."""
        ...


@dataclass(frozen=True, slots=True)
class Inspecting:
    """`kconvert inspect`."""

    Result: ClassVar[Any] = Inspection
    reading: Reading

    def run(self, bench: Bench) -> Inspection:
        """Reads the structure."""
        from kconvert.jobs.inspection import inspected

        stage("read")
        return inspected(self.reading.source, self.reading.weights)


@dataclass(frozen=True, slots=True)
class Planning:
    """`kconvert plan`."""

    Result: ClassVar[Any] = Plan
    reading: Reading
    wishes: Wishes

    def run(self, bench: Bench) -> Plan:
        """Reads and upgrades."""
        from kconvert.custom_code import custom_code
        from kconvert.jobs.inspection import planned

        stage("read")
        return planned(self.reading, self.wishes, custom_code(self.reading.custom))


@dataclass(frozen=True, slots=True)
class Conversion:
    """`kconvert OLD -o NEW`, up to the file at `place`.

    Attributes:
        name: what the report calls the source, and `target` where the result is going to be.
    """

    Result: ClassVar[Any] = Report
    reading: Reading
    wishes: Wishes
    checking: Checking
    name: str
    place: Path
    target: Path

    def run(self, bench: Bench) -> Report:
        """All six stages."""
        from kconvert.custom_code import custom_code
        from kconvert.files.content import Aside
        from kconvert.jobs.reporting import is_want_of_space, refused, reported
        from kconvert.pipeline import Reached, converted
        from kconvert.read.sniff import sniffed

        begin = time.perf_counter()
        source = self.reading.source
        sniffed(source)  # what is no model is not read through for its digest
        reached = Reached()
        code = custom_code(self.reading.custom)
        verifier = bench.verifier() if self.checking.is_wanted else None
        with Aside() as aside:
            try:
                done = converted(
                    self.reading, self.wishes, self.checking, self.place, custom=code, verifier=verifier, reached=reached,
                    aside=aside,
                )  # fmt: skip
            except KConvertError as error:
                digest = (
                    aside.digest_of(source) if reached.source is not None else ""
                )  # what cannot be read is not read
                error.report = refused(self, error, reached, digest=digest, seconds=time.perf_counter() - begin)
                raise
            except Exception as error:
                if not is_want_of_space(error):
                    raise
                raise TargetError(
                    f"{self.target}: cannot be written: no space left, or too large a file", code="E_OUT_SPACE"
                ) from None
            return reported(self, done, code, aside=aside, begin=begin)


@dataclass(frozen=True, slots=True)
class Comparing:
    """`kconvert verify OLD NEW`."""

    Result: ClassVar[Any] = Verification
    reading: Reading
    other: Path
    checking: Checking

    def run(self, bench: Bench) -> Verification:
        """Runs both sides."""
        from kconvert.pipeline import pair_verified

        return pair_verified(self.reading, self.other, self.checking, bench.verifier())


@dataclass(frozen=True, slots=True)
class Upgrading:
    """The first half of `load`: the upgraded model as a folder that nothing hostile is in any more."""

    Result: ClassVar[Any] = type(None)
    reading: Reading
    folder: Path
    wishes: Wishes

    def run(self, bench: Bench) -> None:
        """Reads, upgrades, and writes the folder that `kconvert.jobs.spec_file` reads."""
        from kconvert.custom_code import custom_code
        from kconvert.jobs.spec_file import write_spec
        from kconvert.upgrading import read_and_upgraded

        own = custom_code(self.reading.custom).definitions
        write_spec(read_and_upgraded(self.reading, self.wishes, own), self.folder)


@dataclass(frozen=True, slots=True)
class Discovering:
    """Which models are below a folder? `reading.source` is the folder."""

    Result: ClassVar[Any] = tuple[Found, ...]
    reading: Reading
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def run(self, bench: Bench) -> tuple[Found, ...]:
        """Looks at the first bytes of every file, and at all bytes of models."""
        from kconvert.jobs.discovery import models_below

        stage("read")
        return tuple(models_below(self.reading.source, self.include, self.exclude))


JOBS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Inspecting, Planning, Conversion, Comparing, Upgrading, Discovering)
}


@functools.cache
def _bench_of(process: int) -> Bench:
    return Bench()
