"""Does `--data-format channels_last` keep the legacy frameworks' outputs? Prints a table of all channels_first cases of folders.

    python tests/layout_table.py FOLDER... [--io channels_last] [--numpy] [--only 'keras-1.2/*'] [--json FILE]

Each case is converted and compared with its recorded outputs and, layer by layer, with the reference: `passed`, `refused`, or `failed`.
The last column says how many changes of the order are left in the graph, and what is still channels_first. One worker and one
TensorFlow do all cases; with `--numpy` there is none, and the reference computes both sides.
"""

import argparse
import collections
import fnmatch
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from both_routes import as_keras3  # noqa: E402
from conftest import hints_of, source_of  # noqa: E402
from reference_table import facts_of, inputs_of, spec_of  # noqa: E402

import kconvert  # noqa: E402
from kconvert.errors import KConvertError, VerificationFailed  # noqa: E402
from kconvert.layout import is_concerned, with_channels_last  # noqa: E402
from kconvert.spec import walk  # noqa: E402
from kconvert.upgrade import upgrade  # noqa: E402
from kconvert.verify.reference import reference  # noqa: E402


def upgraded_cases(roots):
    """Folder, original and upgraded model of every case that has anything to turn."""
    for root in roots:
        for folder in sorted(p.parent for p in root.rglob("case.json") if (p.parent / "io.npz").exists()):
            try:
                spec = spec_of(folder)
                upgraded = upgrade(spec).spec
            except KConvertError:
                continue
            if is_concerned(upgraded):
                yield folder, upgraded


def left_first(spec):
    """The layers that still have their channels first."""
    return [layer.name for _, layer in walk(spec) if layer.config.get("data_format") == "channels_first"]


def by_numpy(folder, upgraded, laid):
    """Both sides by the reference."""
    inputs, _ = inputs_of(folder, facts_of(folder))
    before = reference(as_keras3(upgraded)).run(inputs, keep=False).outputs
    turned = [laid.order.given(n).laid(x) for n, x in enumerate(inputs)]
    after = reference(as_keras3(laid.spec)).run(turned, keep=False).outputs
    for n, (old, new) in enumerate(zip(before, after, strict=True)):
        if old is None or new is None:
            return "lacking", ""
        back = laid.order.made(n).restored(new)
        if old.shape != back.shape or not np.allclose(old, back, rtol=1e-4, atol=1e-5, equal_nan=True):
            return "failed", f"output {n} differs"
    return "passed", ""


def by_conversion(folder, io, target):
    """What a user gets."""
    weights = next((folder / n for n in ("weights.h5", "weights.hdf5") if (folder / n).exists()), None)
    source = source_of(folder)
    own = {"weights": weights} if weights is not None and source.suffix in (".json", ".yaml") else {}
    facts = facts_of(folder)
    probe = folder / "io.npz" if not facts.get("input_keys") else None
    tolerance = {"atol": max(1e-4, float(facts.get("tolerance_abs") or facts.get("tolerance") or 0))}
    try:
        report = kconvert.convert(
            source,
            target,
            **own,
            **hints_of(folder),
            data_format="channels_last",
            io=io,
            overwrite=True,
            probe=probe,
            **tolerance,
        )
    except VerificationFailed as error:
        return "failed", str(error)
    except KConvertError as error:
        return "refused", str(error)
    check = report.verification
    wrong = [layer.name for layer in check.layers if not layer.passed]
    state = check.status if check.status != "passed" or not wrong else "inside"
    return state, f"layers that differ: {wrong}" if wrong else ""


def main():
    """Prints what is not passed, and how many are what."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--io", choices=["keep", "channels_last"], default="keep")
    parser.add_argument("--only", default="*")
    parser.add_argument("--numpy", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    states, placed, rows = collections.Counter(), collections.Counter(), []
    with tempfile.TemporaryDirectory() as scratch:
        for folder, upgraded in upgraded_cases(arguments.folders):
            name = f"{folder.parent.name}/{folder.name}"
            if not fnmatch.fnmatch(name, arguments.only):
                continue
            try:
                laid = with_channels_last(upgraded, arguments.io)
                if arguments.numpy:
                    state, text = by_numpy(folder, upgraded, laid)
                else:
                    state, text = by_conversion(folder, arguments.io, Path(scratch) / "new.keras")
                inner = sum(bool(one.asker) and one.before not in inputs_named(upgraded) for one in laid.placed)
                left = left_first(laid.spec)
            except KConvertError as error:
                state, text, inner, left = "refused", str(error), 0, []
            states[state] += 1
            placed["inside" if inner else "border only"] += 1
            rows.append({"case": name, "state": state, "text": text, "inside": inner, "first": left})
            if state != "passed" or inner or left:
                print(f"{state:8} {name}: {inner} inside, still first {left} {text[:300]}", flush=True)
    print(", ".join(f"{state} {count}" for state, count in states.most_common()), "|", dict(placed))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def inputs_named(model):
    """The names of a model's inputs."""
    return {layer.name for layer in model.layers if layer.class_name == "InputLayer"}


if __name__ == "__main__":
    main()
