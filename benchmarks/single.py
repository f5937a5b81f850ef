"""One model, converted by kconvert and by what there is today, side by side: time, memory, ratios.

    python benchmarks/single.py [vgg16 resnet50 mobilenet lstm dense] [--folder DIR] [--rounds 3] [--only WAY ...]

The models are HDF5 files in the layout of Keras 2.2.4, made here (`models.py`) and kept in the folder. Each way runs in fresh
processes, all ways in turn in each round; the fastest round counts. Files are read once before, so that all ways find them in
the page cache; what is written stays there too, for all but kconvert, which waits until the disk has it (`cp+sync` does as well).

Ways: `kconvert` and `kconvert-no-verify`, the whole command; `keras`, today's `load_model(h5)` and `save(.keras)`; `tf_keras`, the same
where it is installed; `cp`, `cp+sync`; `import`, of TensorFlow alone. `work` is the time without the imports.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measured import Measured, measured
from models import MODELS, made

KERAS = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
begin = time.perf_counter()
import {module}
imported = time.perf_counter()
model = {module}.models.load_model(sys.argv[1], compile=False)
loaded = time.perf_counter()
model.save(sys.argv[2])
print(json.dumps({{"import": imported - begin, "read": loaded - imported, "export": time.perf_counter() - loaded}}))
"""
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
STAGES = ("start", "import", "read", "upgrade", "rebuild", "training", "export", "verify", "rest")


@dataclass(frozen=True, slots=True)
class Row:
    """One way's best round; `stages` in seconds."""

    measured: Measured
    stages: dict[str, float]

    @property
    def work(self) -> float:
        """Seconds without starting Python and importing TensorFlow."""
        return self.measured.wall - self.stages.get("start", 0.0) - self.stages.get("import", 0.0)


def main() -> None:
    """Prints a table per model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=[*MODELS])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "kconvert-benchmark")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[*WAYS], default=[*WAYS])
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for name in asked.models:
        source = made(name, asked.folder)
        compared(source, {way: WAYS[way] for way in asked.only}, asked.rounds)


def compared(source: Path, ways: dict[str, Callable[[Path, Path], Row]], rounds: int) -> None:
    """Runs all ways in turn and prints what they took."""
    best: dict[str, Row] = {}
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        for number in range(rounds):
            for name, way in ways.items():
                if name == "tf_keras" and importlib.util.find_spec("tf_keras") is None:
                    continue
                _warm(source)
                target = Path(folder) / f"{name}-{number}.keras"
                row = way(source, target)
                target.unlink(missing_ok=True)
                if name not in best or row.measured.wall < best[name].measured.wall:
                    best[name] = row
    print(f"\n{source.name}: {source.stat().st_size / 1e6:,.0f} MB, best of {rounds}")
    print(f"{'':19}{'wall s':>8}{'work s':>8}{'cpu s':>8}{'peak MB':>9}{'x cp':>7}{'keras/':>8}  stages")
    for name, row in best.items():
        cp = f"{row.work / best['cp'].work:7.1f}" if "cp" in best else " " * 7
        keras = f"{best['keras'].work / row.work:8.1f}" if "keras" in best and row.work > 0 else " " * 8
        stages = " ".join(f"{k} {row.stages[k]:.2f}" for k in STAGES if row.stages.get(k, 0.0) >= 0.005)
        figures = f"{row.measured.wall:8.2f}{row.work:8.2f}{row.measured.cpu:8.2f}{row.measured.peak / 1e6:9,.0f}"
        print(f"{name:19}{figures}{cp}{keras}  {stages}", flush=True)


def _warm(source: Path) -> None:
    with source.open("rb") as file:
        while file.read(1 << 24):
            pass


def _kconvert(source: Path, target: Path, *options: str) -> Row:
    report = target.with_suffix(".json")
    command = [
        sys.executable,
        "-m",
        "kconvert",
        str(source),
        "-o",
        str(target),
        "-q",
        "--report",
        str(report),
        *options,
    ]
    found = measured(command)
    told = json.loads(report.read_text())["seconds"]
    report.unlink()
    stages = {k: v for k, v in told.items() if k != "all"}
    stages["start"] = found.wall - told["all"]  # of Python, before the work begins, and its end
    stages["rest"] = found.wall - sum(stages.values())  # starting the worker, digests, publishing
    return Row(found, stages)


def _no_verify(source: Path, target: Path) -> Row:
    return _kconvert(source, target, "--no-verify")


def _keras(source: Path, target: Path, module: str = "keras") -> Row:
    found = measured([sys.executable, "-c", KERAS.format(module=module), str(source), str(target)], QUIET)
    stages = json.loads(found.output.splitlines()[-1])
    return Row(found, stages | {"start": found.wall - sum(stages.values())})


def _tf_keras(source: Path, target: Path) -> Row:
    return _keras(source, target, "tf_keras")


def _cp(source: Path, target: Path) -> Row:
    return Row(measured(["cp", str(source), str(target)]), {})


def _cp_and_sync(source: Path, target: Path) -> Row:
    return Row(measured(["sh", "-c", 'cp "$0" "$1" && sync "$1"', str(source), str(target)]), {})


def _import(source: Path, target: Path) -> Row:
    return Row(measured([sys.executable, "-c", "import tensorflow"], QUIET), {})


WAYS: dict[str, Callable[[Path, Path], Row]] = {
    "cp": _cp, "cp+sync": _cp_and_sync, "import": _import, "kconvert-no-verify": _no_verify, "keras": _keras,
    "kconvert": _kconvert, "tf_keras": _tf_keras,
}  # fmt: skip


if __name__ == "__main__":
    main()
