"""Is a batch the same as its models one by one? All cases of a corpus in one command, and each alone, compared byte for byte.

    python benchmarks/one_batch.py ../shared/corpus [--jobs 2] [--every 1]

A case is a folder with a model and `case.json`, whose `hints` become a `kconvert.yaml`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import yaml

import kconvert
from kconvert.errors import KConvertError
from kconvert.files.content import digest_of

OPTIONS = {
    "backend": "backend",
    "keras_version": "keras_version",
    "data_format": "source_data_format",
    "input_shape": "input_shape",
}


def main() -> None:
    """Prints how many outcomes are the same; exits with 1 where one is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="convert only every so many of them alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        zoo, out = Path(name) / "zoo", Path(name) / "out"
        shutil.copytree(asked.corpus, zoo)
        for case in zoo.rglob("case.json"):
            (case.parent / "kconvert.yaml").write_text(yaml.safe_dump(settings(case)))
        begin = time.perf_counter()
        command = [sys.executable, "-m", "kconvert", str(zoo), "-o", str(out), "--jobs", str(asked.jobs), "-q"]
        status = subprocess.run(command, check=False).returncode
        seconds = time.perf_counter() - begin
        records = {r["model"]: r for r in json.loads((out / "report.json").read_text())["models"]}
        print(f"one command: {len(records)} models in {seconds:.0f} s, exit status {status}")
        print(", ".join(f"{count} {what}" for what, count in Counter(r["status"] for r in records.values()).items()))
        differing = []
        compared = list(records.items())[:: asked.every]
        for relative, record in compared:
            target = Path(record["target"])
            there = digest_of(target) if record["status"] == "converted" else ""
            if converted_alone(zoo / relative, Path(name) / "alone" / target.name) != there:
                differing.append(relative)
    print("the same one by one, byte for byte:", len(compared) - len(differing), "of", len(compared))
    print("\n".join(differing))
    sys.exit(bool(differing))


def settings(case: Path) -> dict[str, object]:
    """The options that a case's files do not say themselves."""
    hints = json.loads(case.read_text()).get("hints", {})
    found: dict[str, object] = {OPTIONS[key]: value for key, value in hints.items() if key in OPTIONS}
    if (case.parent / "custom.py").exists():
        found["custom"] = "custom.py"
    return found


def converted_alone(source: Path, target: Path) -> str:
    """The digest of what a model becomes; empty where it is refused."""
    options = yaml.safe_load((source.parent / "kconvert.yaml").read_text())
    if "custom" in options:
        options["custom"] = str(source.parent / options["custom"])
    try:
        kconvert.convert(source, target, overwrite=True, **options)
    except KConvertError:
        return ""
    return digest_of(target)


if __name__ == "__main__":
    main()
