"""How long and how large a worker may become, by default from what it works on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kconvert.errors import UsageError
from kconvert.files.content import size_of

GIGA = 1 << 30
FRAMEWORK = 3 * GIGA // 2  # bytes of a worker and its verifier with TensorFlow in them
COPIES = 5  # of a model in memory at the worst moment: while stock Keras, which checks the file, loads it (VGG16: 4.7)
READING = frozenset({"", "read", "upgrade"})  # stages that need no framework; "" is what comes before
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one question: seconds since it was asked, and bytes that the worker and its children hold together."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """Limits by the stage of the work: reading is quick and small, TensorFlow is not.

    Attributes:
        reading, building: the limits of the stages. A worker that has TensorFlow in it from the job before may grow by
            what reading is allowed.
    """

    reading: Limits
    building: Limits

    def at(self, stage: str) -> Limits:
        """What holds while this stage runs."""
        return self.reading if stage in READING else self.building


def allowance(sources: Iterable[Path], timeout: float | None = None, memory: int | str | None = None) -> Allowance:
    """What work on these files may need; what the user says stands instead.

    Reading has a minute and a second for every 5 MB, and twice the files' size beside 1 GiB. All of a conversion has ten
    minutes and ten times as long, and eight times the size beside 4 GiB, which is ample: see `FRAMEWORK` and `COPIES`.

    Raises:
        UsageError: no such time or size.
    """
    size = sum(map(_size, sources))
    reading = Limits(60 + size / 5e6, GIGA + 2 * size)
    building = Limits(600 + size / 5e5, 4 * GIGA + 8 * size)
    if timeout is not None:
        if timeout <= 0:
            raise UsageError(f"--timeout {timeout:g}: is a number of seconds above 0")
        reading, building = Limits(timeout, reading.memory), Limits(timeout, building.memory)
    if memory is not None:
        most = bytes_of(memory)
        reading, building = Limits(reading.seconds, most), Limits(building.seconds, most)
    return Allowance(reading, building)


def bytes_of(said: int | str) -> int:
    """`4G`, `512M`, `1.5GiB` or a number of bytes.

    Raises:
        UsageError: no size.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", str(said), re.IGNORECASE)
    size = int(float(found[1]) * UNITS[found[2].lower()]) if found else 0
    if size <= 0:
        raise UsageError(f"--memory-limit {said}: is a size such as 4G or 512M")
    return size


def _size(path: Path) -> int:
    try:
        return size_of(path)
    except (OSError, ValueError):
        return 0  # reading says what is wrong with it
