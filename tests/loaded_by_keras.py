"""What today's Keras makes of old files by itself, and whether `kconvert verify` tells the right ones from the wrong ones.

    python tests/loaded_by_keras.py CORPUS [--only 'keras-2.2/*'] [--json FILE] [--keep FOLDER]

Each file is loaded with `keras.models.load_model` and saved; that the result is right or wrong is decided by the recorded
outputs (`io.npz`), which verification is not shown. The exit status is 1 if a wrong file passes or a right one fails.
"""

import argparse
import collections
import fnmatch
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from conftest import hints_of, source_of, weights_of

import kconvert
from kconvert.errors import KConvertError, VerificationFailed


@dataclass(frozen=True)
class Pair:
    """An old file, and what today's Keras made of it."""

    case: str
    is_right: bool
    worst: float
    status: str
    said: str = ""

    @property
    def is_told(self) -> bool:
        return self.status == ("passed" if self.is_right else "failed")


def loaded_and_saved(folder: Path, target: Path) -> bool:
    """False where today's Keras cannot."""
    from kconvert.framework import neutral_settings

    source, weights = source_of(folder), weights_of(folder)
    with neutral_settings() as keras:
        keras.backend.clear_session()
        try:
            if source.suffix == ".json":
                model = keras.models.model_from_json(source.read_text())
                model.load_weights(weights)
            else:
                model = keras.models.load_model(source, compile=False)
            model.save(target)
        except Exception:
            return False
    return True


def truth(folder: Path, target: Path, tolerance: float, keys: list[str] | None) -> float | None:
    """The largest difference from the recorded outputs, as a multiple of the tolerance; None where it cannot be run."""
    import tensorflow as tf

    from kconvert.framework import neutral_settings

    with np.load(folder / "io.npz") as recorded, neutral_settings() as keras:
        inputs = [recorded[f"in_{n}"] for n in range(sum(k.startswith("in_") for k in recorded.files))]
        wanted = [recorded[f"out_{n}"] for n in range(sum(k.startswith("out_") for k in recorded.files))]
        given = [tf.constant(x.astype(object)) if x.dtype.kind == "U" else tf.constant(x) for x in inputs]
        try:
            model = keras.models.load_model(target, compile=False)
            got = model(dict(zip(keys, given, strict=True)) if keys else given if len(given) > 1 else given[0])
        except Exception:
            return None
    outputs = [got[key] for key in sorted(got)] if isinstance(got, dict) else got if isinstance(got, list) else [got]
    made = [np.asarray(v, np.float64) for v in outputs]
    if [a.shape for a in made] != [b.shape for b in wanted]:
        return np.inf
    apart = [np.abs(a - b) / (tolerance * (1.0 + np.abs(b))) for a, b in zip(made, wanted, strict=True)]
    return max(float(np.max(np.nan_to_num(d, nan=np.inf), initial=0.0)) for d in apart)


def judged(folder: Path, target: Path) -> Pair | None:
    """None where today's Keras gives nothing that could be compared."""
    facts = json.loads(next(folder / n for n in ("case.json", "sample.json") if (folder / n).exists()).read_text())
    tolerance = max(float(facts.get("tolerance") or 1e-4), 1e-6)
    if not loaded_and_saved(folder, target):
        return None
    worst = truth(folder, target, tolerance, facts.get("input_keys"))
    if worst is None:
        return None
    name = "/".join(folder.parts[-2:])
    try:
        found = kconvert.verify_model(
            source_of(folder), target, weights=weights_of(folder), isolation="none", **hints_of(folder)
        )
    except VerificationFailed as error:
        return Pair(name, worst <= 1.0, worst, "failed", str(error))
    except KConvertError as error:
        return Pair(name, worst <= 1.0, worst, "refused", str(error))
    missing = "; ".join(f"{m.layer} ({m.class_name}): {m.reason}" for m in found.missing)
    return Pair(name, worst <= 1.0, worst, found.status, missing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--only", default="*")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder for the files that Keras wrote")
    asked = parser.parse_args()
    place = asked.keep or Path(tempfile.mkdtemp(prefix="loaded-"))
    place.mkdir(parents=True, exist_ok=True)
    pairs = []
    for folder in [f.parent for f in sorted(asked.corpus.glob("*/*/io.npz"))]:
        name = "/".join(folder.parts[-2:])
        if not fnmatch.fnmatch(name, asked.only):
            continue
        pair = judged(folder, place / f"{name.replace('/', '__')}.keras")
        if pair is not None:
            pairs.append(pair)
            word = "" if pair.is_told else "UNTOLD " if pair.status in ("partial", "weights-only") else "MISTAKEN "
            print(
                f"{word}{'right' if pair.is_right else 'wrong'} {pair.status} {pair.worst:.3g} {name} {pair.said[:300]}",
                flush=True,
            )
    table = collections.Counter(("right" if p.is_right else "wrong", p.status) for p in pairs)
    for (is_right, status), count in sorted(table.items()):
        print(f"{is_right:6} {status:13} {count}")
    if asked.json:
        asked.json.write_text(json.dumps([p.__dict__ for p in pairs], indent=1))
    sys.exit(any(p.status in ("passed", "failed") and not p.is_told for p in pairs))


if __name__ == "__main__":
    main()
