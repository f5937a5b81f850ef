"""What can be asked of a worker: plain values that cross the border of a process, and how they are carried out.

The same is carried out in the caller's process with `isolation="none"`.
"""

from __future__ import annotations

import atexit
import functools
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from kconvert.errors import KConvertError, TargetError
from kconvert.findings import Found, Inspection, Plan
from kconvert.report import Report, Verification
from kconvert.steps import stage
from kconvert.training import Borders, Wanted

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
class Reading:
    """What is read and what the user says of it: the arguments of `kconvert.read.read`.

    Attributes:
        custom: the user's own code, as `kconvert.custom_code.located` gives it.
    """

    source: Path
    weights: Path | None = None
    backend: str | None = None
    keras_version: str | None = None
    data_format: str | None = None
    input_shape: tuple[int | None, ...] | None = None
    custom: tuple[str, ...] = ()

    def options(self) -> dict[str, Any]:
        """All but the source and the user's own code."""
        return {
            "weights": self.weights, "backend": self.backend, "keras_version": self.keras_version,
            "data_format": self.data_format, "input_shape": self.input_shape,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inspecting:
    """`kconvert inspect`."""

    Result: ClassVar[Any] = Inspection
    reading: Reading

    def run(self, bench: Bench) -> Inspection:
        """Reads the structure."""
        from kconvert.inspection import inspected

        stage("read")
        return inspected(self.reading.source, self.reading.weights)


@dataclass(frozen=True, slots=True)
class Planning:
    """`kconvert plan`."""

    Result: ClassVar[Any] = Plan
    reading: Reading
    maps: tuple[Path, ...] = ()
    data_format: str = "keep"
    io: Borders = "keep"

    def run(self, bench: Bench) -> Plan:
        """Reads and upgrades."""
        from kconvert.custom_code import custom_code
        from kconvert.inspection import planned

        stage("read")
        code = custom_code(self.reading.custom)
        return planned(self.reading.source, self.maps, self.reading.options(), code, self.data_format, self.io)


@dataclass(frozen=True, slots=True)
class Conversion:
    """`kconvert OLD -o NEW`, up to the file at `place`.

    Attributes:
        name: what the report calls the source, and `target` where the result is going to be.
    """

    Result: ClassVar[Any] = Report
    reading: Reading
    name: str
    place: Path
    target: Path
    format: str
    maps: tuple[Path, ...] = ()
    probe: Path | None = None
    verify: bool = True
    rtol: float = 1e-4
    atol: float = 1e-4
    training: Wanted = "auto"
    data_format: str = "keep"
    io: Borders = "keep"

    def run(self, bench: Bench) -> Report:
        """All six stages."""
        from kconvert.custom_code import custom_code
        from kconvert.pipeline import Reached, converted
        from kconvert.read.sniff import sniffed
        from kconvert.reporting import is_want_of_space, refused, reported, sha256
        from kconvert.verify import Tolerance

        begin = time.perf_counter()
        sniffed(self.reading.source)  # what is no model is not read through for its digest
        reached = Reached()
        code = custom_code(self.reading.custom)
        try:
            done = converted(
                self.reading.source, self.place, self.format, reading=self.reading.options(), maps=self.maps, custom=code,
                verifier=bench.verifier() if self.verify else None, probe=self.probe,
                tolerance=Tolerance(self.rtol, self.atol), training=self.training, reached=reached,
                data_format=self.data_format, io=self.io,
            )  # fmt: skip
        except KConvertError as error:
            digest = (
                sha256(self.reading.source) if reached.source is not None else ""
            )  # what cannot be read is not read
            error.report = refused(
                error, reached, name=self.name, digest=digest, target=self.target, format=self.format,
                seconds=time.perf_counter() - begin,
            )  # fmt: skip
            raise
        except Exception as error:
            if not is_want_of_space(error):
                raise
            raise TargetError(
                f"{self.target}: cannot be written: no space left, or too large a file", code="E_OUT_SPACE"
            ) from None
        return reported(
            done, code, name=self.name, digest=sha256(self.reading.source), target=self.target, place=self.place, format=self.format,
            seconds=time.perf_counter() - begin,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparing:
    """`kconvert verify OLD NEW`."""

    Result: ClassVar[Any] = Verification
    reading: Reading
    other: Path
    probe: Path | None = None
    rtol: float = 1e-4
    atol: float = 1e-4

    def run(self, bench: Bench) -> Verification:
        """Runs both sides."""
        from kconvert.pipeline import pair_verified
        from kconvert.verify import Tolerance

        return pair_verified(
            self.reading.source, self.other, reading=self.reading.options(), verifier=bench.verifier(), probe=self.probe,
            tolerance=Tolerance(self.rtol, self.atol),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upgrading:
    """The first half of `load`: the upgraded model as a folder that nothing hostile is in any more."""

    Result: ClassVar[Any] = type(None)
    reading: Reading
    folder: Path
    maps: tuple[Path, ...] = ()

    def run(self, bench: Bench) -> None:
        """Reads, upgrades, and writes the folder that `kconvert.spec_file` reads."""
        from kconvert.custom_code import custom_code
        from kconvert.read import read
        from kconvert.spec_file import write_spec
        from kconvert.upgrade import upgrade

        stage("read")
        own = custom_code(self.reading.custom).definitions
        spec = read(self.reading.source, **self.reading.options(), custom=own)
        stage("upgrade")
        write_spec(upgrade(spec, list(self.maps)).spec, self.folder)


@dataclass(frozen=True, slots=True)
class Discovering:
    """Which models are below a folder? `reading.source` is the folder."""

    Result: ClassVar[Any] = tuple[Found, ...]
    reading: Reading
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def run(self, bench: Bench) -> tuple[Found, ...]:
        """Looks at the first bytes of every file, and at all bytes of models."""
        from kconvert.discovery import models_below

        stage("read")
        return tuple(models_below(self.reading.source, self.include, self.exclude))


JOBS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Inspecting, Planning, Conversion, Comparing, Upgrading, Discovering)
}


@functools.cache
def _bench_of(process: int) -> Bench:
    return Bench()
