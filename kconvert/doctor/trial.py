"""TensorFlow, tried: imported as kconvert's processes import it, and given a convolution that some releases compute wrongly."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kconvert.doctor.finding import Finding
from kconvert.workers.environment import environment, interpreter

PROGRAM = Path(__file__).with_name("trial_program.py")
LONGEST = 300.0  # seconds; a cold disk takes a minute for TensorFlow's files


def tried(packages: Mapping[str, str]) -> Iterator[Finding]:
    """What came of it; `packages` are the releases that pip names."""
    command = [*interpreter(), str(PROGRAM)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", env=environment(), timeout=LONGEST
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        yield Finding(
            "error", "tensorflow", f"was not imported within {LONGEST:.0f} s", "look at the disk, or the machine's load"
        )
        return
    yield from judged(done.returncode, done.stdout, done.stderr, packages)


def judged(status: int, printed: str, complained: str, packages: Mapping[str, str]) -> Iterator[Finding]:
    """The findings for what the program left."""
    if status < 0:
        name = signal.Signals(-status).name
        yield Finding(
            "error", "tensorflow", f"ended with {name} when it was imported{SIGNALS.get(name, '')}", REINSTALL
        )
        return
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if status or not lines:
        last = (complained.strip().splitlines() or ["it said nothing"])[-1]
        yield Finding("error", "tensorflow", f"cannot be imported: {last[:500]}", REINSTALL)
        return
    said: dict[str, Any] = json.loads(lines[-1])
    text = f"tensorflow {said['tensorflow']} with keras {said['keras']} came up in {said['seconds']:.1f} s and {said['bytes'] / 2**20:.0f} MiB"
    yield Finding("note", "tensorflow", text)
    for name in ("tensorflow", "keras"):
        if name in packages and packages[name] != said[name]:
            text = f"{said[name]} is imported, while pip names {packages[name]}: another package writes into the same folder"
            yield Finding("warning", name, text, REINSTALL)
    if said["wrong"] > 1e-3:
        text = f"one of the convolutions named under oneDNN came out wrong here, by {said['wrong']:.2g}"
        yield Finding("warning", "oneDNN, tried", text, "set TF_ENABLE_ONEDNN_OPTS=0 where such a model runs")


REINSTALL = "pip install --force-reinstall tensorflow keras h5py numpy, in an environment of its own"
SIGNALS = {
    "SIGILL": ": the processor lacks instructions that it was built for",
    "SIGKILL": ": the system gave it no more memory",
    "SIGSEGV": ": packages that do not belong together, as a rule",
}
