"""Does the reference alone reproduce what the legacy frameworks computed? Prints a table per era of the corpus.

    python tests/reference_table.py [--only 'keras-1.2/*lstm*'] [--missing] [--json FILE]

NumPy only. A case is `equal`, `lacking` (the reference says what it does not have), `differs`, or an `error`.
"""

import argparse
import collections
import fnmatch
import json
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from conftest import CORPUS, hints_of, sample_folders, source_of, weights_of  # noqa: E402

from kconvert.read import read  # noqa: E402
from kconvert.verify.reference import reference  # noqa: E402


def spec_of(folder):
    """The model of a case as it was written."""
    facts = facts_of(folder)
    hints = {("data_format" if k == "source_data_format" else k): v for k, v in hints_of(folder).items()}
    shape = (facts.get("hints") or {}).get("input_shape")
    if isinstance(shape, str):
        shape = tuple(None if n.strip() in ("None", "?") else int(n) for n in shape.split(","))
    if shape:
        hints["input_shape"] = tuple(shape)
    weights = weights_of(folder)
    if weights is None and source_of(folder).suffix in (".json", ".yaml"):
        weights = next(
            (folder / n for n in ("weights.h5", "weights.hdf5", "model.weights.h5") if (folder / n).exists()), None
        ) or next((p.with_suffix("") for p in sorted(folder.glob("*.index"))), None)
    return read(source_of(folder), weights=weights, **hints)


def facts_of(folder):
    """case.json or sample.json."""
    return next(json.loads((folder / n).read_text()) for n in ("case.json", "sample.json") if (folder / n).exists())


def inputs_of(folder, facts):
    """The recorded inputs in the model's order: that of the sorted keys, where they have some."""
    with np.load(folder / "io.npz") as data:
        arrays = [data[f"in_{n}"] for n in range(sum(k.startswith("in_") for k in data.files))]
        wanted = [data[f"out_{n}"] for n in range(sum(k.startswith("out_") for k in data.files))]
    keys = facts.get("input_keys")
    if keys:
        arrays = [arrays[keys.index(key)] for key in sorted(keys)]
    return arrays, wanted


def difference(got, want, facts):
    """A sentence where they differ by more than the case allows, or None."""
    tolerance = max(float(facts.get("tolerance") or 1e-4), 1e-6)
    for n, (computed, recorded) in enumerate(zip(got, want, strict=True)):
        if computed.shape != recorded.shape:
            return f"output {n} has the shape {computed.shape}, recorded is {recorded.shape}"
        if recorded.dtype.kind in "USO":
            if (computed.astype(str) != recorded.astype(str)).any():
                return f"output {n}: other texts"
            continue
        a, b = computed.astype("float64"), recorded.astype("float64")
        if not np.isfinite(a).all():
            return f"output {n} is not finite"
        off = np.abs(a - b) if facts.get("tolerance_abs") else np.abs(a - b) / (1.0 + np.abs(b))
        worst = float(off.max()) if off.size else 0.0
        if worst > (facts.get("tolerance_abs") or tolerance):
            return f"output {n} differs by {worst:.3g} (tolerance {facts.get('tolerance_abs') or tolerance:.1g})"
    return None


def judged(folder):
    """State and sentence of one case."""
    facts = facts_of(folder)
    inputs, wanted = inputs_of(folder, facts)
    computed = reference(spec_of(folder)).run(inputs, keep=False)
    if any(output is None for output in computed.outputs):
        return "lacking", "; ".join(f"{m.class_name} {m.layer}: {m.reason}" for m in computed.missing)
    if len(computed.outputs) != len(wanted):
        return "differs", f"{len(computed.outputs)} outputs, recorded are {len(wanted)}"
    off = difference(computed.outputs, wanted, facts)
    return ("differs", off) if off else ("equal", "")


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--slow", type=float, default=20.0, help="name the cases that take longer (seconds)")
    arguments = parser.parse_args()
    rows = []
    folders = sorted(p.parent for p in arguments.corpus.glob("*/*/case.json") if (p.parent / "io.npz").exists())
    for folder in [*sample_folders(), *folders]:
        name = f"{folder.parent.name}/{folder.name}"
        if not fnmatch.fnmatch(name, arguments.only):
            continue
        start = time.perf_counter()
        try:
            state, text = judged(folder)
        except Exception as error:
            state, text = "error", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        seconds = time.perf_counter() - start
        custom = (folder / "custom.py").exists() or bool(facts_of(folder).get("custom_objects"))
        rows.append({"case": name, "era": folder.parent.name, "state": state, "text": text, "custom": custom})
        if state != "equal":
            print(f"{state:8} {name}{' (custom)' if custom else ''}: {text[:400]}", flush=True)
        if seconds > arguments.slow:
            print(f"slow     {name}: {seconds:.1f} s", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    states = ("equal", "lacking", "differs", "error")
    table = collections.defaultdict(collections.Counter)
    for row in rows:
        for era in (row["era"], "all"):
            table[era][row["state"] + ("+custom" if row["custom"] else "")] += 1
    print(f"\n{'era':18}" + "".join(f"{s:>9}" for s in states) + "   of those with custom code")
    for era, counts in sorted(table.items(), key=lambda item: (item[0] == "all", item[0])):
        custom = ", ".join(f"{s} {counts[s + '+custom']}" for s in states if counts[s + "+custom"])
        print(f"{era:18}" + "".join(f"{counts[s]:9}" for s in states) + f"   {custom}")
    counts = table["all"]
    plain = sum(counts[s] for s in states)
    print(f"equal: {counts['equal']} of {plain} without custom code ({100 * counts['equal'] / max(plain, 1):.1f} %)")


if __name__ == "__main__":
    main()
