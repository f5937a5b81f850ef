"""The table of numbers: docs/scores.yaml, per era, the loaders side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version

FILE = Path(__file__).parents[1] / "scores.yaml"


def part() -> str:
    """The table of the data file."""
    return table(yaml.safe_load(FILE.read_text()))


def table(loaders: dict[str, Any]) -> str:
    """A row per release line: of how many models the outputs are those recorded, and of how many silently not."""
    eras = sorted(next(iter(loaders.values()))["eras"], key=_age)
    names = [f"{name} {loader['version']}" for name, loader in loaders.items()]
    lines = [f"| written by | models | {' | '.join(names)} |", f"|---|---:|{'---:|' * len(loaders)}"]
    for era in eras:
        counts = [loader["eras"][era] for loader in loaders.values()]
        lines.append(f"| {_name(era)} | {counts[0]['models']} | {' | '.join(map(_cell, counts))} |")
    sums = [
        {k: sum(c[k] for c in loader["eras"].values()) for k in ("models", "same", "different")}
        for loader in loaders.values()
    ]
    lines.append(f"| **all** | **{sums[0]['models']}** | {' | '.join(f'**{_cell(s)}**' for s in sums)} |")
    training = [loader["training"] for loader in loaders.values()]
    lines.append(
        f"| training goes on as recorded | {training[0]['models']} | {' | '.join(str(t['same']) for t in training)} |"
    )
    return "\n".join(lines)


def _cell(count: dict[str, int]) -> str:
    return f"{count['same']}" + (f" ({count['different']} wrong)" if count["different"] else "")


def _name(era: str) -> str:
    package, _, release = era.partition("-")
    return f"tf.keras of TensorFlow {release}" if package == "tfkeras" else f"Keras {release}"


def _age(era: str) -> tuple[bool, Version]:
    package, _, release = era.partition("-")
    return (package == "tfkeras", Version(release))
