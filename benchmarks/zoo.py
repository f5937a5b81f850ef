"""How fast is a batch? Models per minute with one job, with several, and in a shell loop of single commands, side by side.

    python benchmarks/zoo.py [--models 300] [--jobs 2] [--loop 5]

Each worker imports TensorFlow twice before its first model, and two workers that do so share the processors: the ratio of jobs is
that of batches which are long beside this, as zoos are. The models are copies of a sample with other weights. Ratios count, not seconds: all three run on the same machine, one after the
other, each with processes that have not been started before.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

SAMPLE = Path(__file__).parents[1] / "sample_models" / "mnist_cnn" / "model.h5"


def main() -> None:
    """Prints three lines and two ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--loop", type=int, default=5, help="models of the shell loop")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        zoo = made(Path(folder) / "zoo", asked.models)
        one = rate(asked.models, [str(zoo), "-o", f"{folder}/one", "--jobs", "1", "-q"])
        many = rate(asked.models, [str(zoo), "-o", f"{folder}/many", "--jobs", str(asked.jobs), "-q"])
        begin = time.perf_counter()
        for path in sorted(zoo.iterdir())[: asked.loop]:
            kconvert([str(path), "-o", f"{folder}/loop-{path.stem}.keras", "-q"])
        loop = asked.loop / (time.perf_counter() - begin) * 60
    print(f"{one:8.1f} models a minute with 1 job")
    print(f"{many:8.1f} models a minute with {asked.jobs} jobs: {many / one:.2f} times as many")
    print(f"{loop:8.1f} models a minute in a shell loop: {asked.jobs} jobs convert {many / loop:.1f} times as many")


def made(zoo: Path, count: int) -> Path:
    """So many models, no two alike."""
    zoo.mkdir()
    for number in range(count):
        path = zoo / f"model_{number:05}.h5"
        shutil.copyfile(SAMPLE, path)
        with h5py.File(path, "r+") as file:
            file["model_weights/dense_1/dense_1/bias"][0] = np.float32(number) / 7
    return zoo


def rate(count: int, words: list[str]) -> float:
    """Models a minute."""
    begin = time.perf_counter()
    kconvert(words)
    return count / (time.perf_counter() - begin) * 60


def kconvert(words: list[str]) -> None:
    """One command; it must succeed."""
    subprocess.run([sys.executable, "-m", "kconvert", *words], check=True)


if __name__ == "__main__":
    main()
