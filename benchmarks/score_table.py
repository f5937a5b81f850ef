"""Counts of scores, for the page of numbers: what each loader makes of a corpus of models whose outputs were recorded.

    python benchmarks/score_table.py kconvert==0.1.0:kconvert.json keras==3.15.1:keras.json tf_keras==2.21.0:tf_keras.json > docs/scores.yaml

Each JSON file lists one loader's results: `case`, `era`, `error` (null where the outputs are the recorded ones), and `resume` (`ok` where
training went on as recorded) for the models that have it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

WRONG = "outputs differ by"
"""How an error begins where a model was loaded without a word and computes something else."""


def counted(results: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """era -> how many `models`, of them with the `same` outputs, with `different` ones without a word."""
    eras: dict[str, Counter[str]] = {}
    for result in results:
        count = eras.setdefault(result["era"], Counter(models=0, same=0, different=0))
        count["models"] += 1
        count["same"] += result["error"] is None
        count["different"] += (result["error"] or "").startswith(WRONG)
    return {era: dict(count) for era, count in eras.items()}


def loader(results: list[dict[str, Any]]) -> dict[str, Any]:
    """All counts of one loader; `training`: of the models whose training was recorded, too."""
    resumed = [result["resume"] == "ok" for result in results if "resume" in result]
    return {"training": {"models": len(resumed), "same": sum(resumed)}, "eras": counted(results)}


def main(arguments: Iterable[str]) -> str:
    """The data file as text; an argument is NAME==VERSION:FILE."""
    loaders = {}
    for argument in arguments:
        name, _, rest = argument.partition("==")
        number, _, path = rest.partition(":")
        loaders[name] = {"version": number, **loader(json.loads(Path(path).read_text()))}
    head = "# Written by benchmarks/score_table.py; the page of numbers is made of it.\n"
    return head + yaml.safe_dump(loaders, sort_keys=False, default_flow_style=None, width=120)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
