"""Random damage to HDF5 models: every run must end in success, a refusal, or a crash or limit that has a name.

    python tests/fuzz/mutate_hdf5.py MODEL... --count 2000 --seed 1 --keep crashes/

Each mutation is converted (without verification) by a worker process. What crashed, hung, grew or was an internal error
is kept with its number; a crash that is worth remembering belongs, gzipped, into tests/hostile/crashes.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import kconvert
from kconvert.errors import KConvertError

LIMITS = {"timeout": 60, "memory_limit": "3G"}
NAMED = ("E_WORKER_CRASH", "E_TIMEOUT", "E_MEMORY", "E_INTERNAL")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, a piece zeroed, moved or cut off; most of it where HDF5 keeps its own structures."""
    content = bytearray(data)
    places = _structures(data)
    kind = chance.choices(["bytes", "zeros", "copy", "cut", "number"], [6, 1, 1, 1, 3])[0]
    for _ in range(chance.choice([1, 1, 1, 2, 4, 8])):
        place = chance.choice(places) + chance.randrange(64) if chance.random() < 0.7 else chance.randrange(len(data))
        place = min(place, len(data) - 9)
        if kind == "bytes":
            content[place] = chance.randrange(256)
        elif kind == "zeros":
            content[place : place + 8] = bytes(8)
        elif kind == "number":
            value = chance.choice([0, 1, 255, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1, len(data)])
            content[place : place + 8] = value.to_bytes(8, "little")
        elif kind == "copy":
            other = chance.randrange(len(data) - 16)
            content[place : place + 8] = data[other : other + 8]
        else:
            return bytes(content[: max(place, 1)])
    return bytes(content)


def _structures(data: bytes) -> list[int]:
    """Where signatures of HDF5's structures stand, and the texts of the config."""
    found = [0]
    for signature in (b"TREE", b"HEAP", b"SNOD", b"GCOL", b"OHDR", b"FRHP", b"FSHD", b"BTHD", b"class_name"):
        place = data.find(signature)
        while place >= 0:
            found.append(place)
            place = data.find(signature, place + 1)
    return found


def outcome(path: Path, target: Path) -> str:
    """The code of what was raised, or `converted`."""
    try:
        kconvert.convert(path, target, verify=False, overwrite=True, **LIMITS)
    except KConvertError as error:
        return error.code
    return "converted"


def main() -> int:
    """Runs, prints how many ended how, and fails if something was neither success, refusal nor a named crash."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("models", nargs="+", type=Path)
    arguments.add_argument("--count", type=int, default=100, help="mutations of all models together")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=Path)
    given = arguments.parse_args()
    chance, tally, slowest, begun = random.Random(given.seed), Counter[str](), 0.0, time.monotonic()
    contents = [path.read_bytes() for path in given.models]
    with tempfile.TemporaryDirectory(prefix="kconvert-fuzz-") as name:
        folder = Path(name)
        for number in range(given.count):
            path, data = folder / "model.h5", mutated(contents[number % len(contents)], chance)
            path.write_bytes(data)
            start = time.monotonic()
            found = outcome(path, folder / "new.keras")
            slowest = max(slowest, time.monotonic() - start)
            tally[found] += 1
            if found in NAMED and given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                (given.keep / f"{given.seed}-{number}-{found}.h5").write_bytes(data)
            left = sorted(p.name for p in folder.iterdir())
            if not set(left) <= {"model.h5", "new.keras"} or path.read_bytes() != data:
                sys.stdout.write(f"mutation {number} left {left}\n")
                return 1
    for code, count in tally.most_common():
        sys.stdout.write(f"{count:6} {code}\n")
    sys.stdout.write(f"{given.count} in {time.monotonic() - begun:.0f} s, the slowest {slowest:.1f} s\n")
    return 1 if tally["E_INTERNAL"] else 0


if __name__ == "__main__":
    sys.exit(main())
