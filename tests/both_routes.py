"""Do the original and what `upgrade` made of it compute the same? NumPy on both sides, so thousands of models take minutes.

    python tests/both_routes.py FOLDER...        # cases as in the corpus: model, io.npz, case.json

The reference computes the original by the legacy frameworks' sources, and the upgraded model as one of Keras 3, whose stock operations
are layers of their own (`ops.add`). What neither the reference nor today's Keras can hold is counted, not compared. This proves nothing
about the real Keras of today; that is what `verify` is for.
"""

import argparse
import collections
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from reference_table import facts_of, inputs_of, spec_of  # noqa: E402

from kconvert.errors import ConversionFailed  # noqa: E402
from kconvert.spec import Call, LayerSpec, ModelSpec  # noqa: E402
from kconvert.upgrade import upgrade  # noqa: E402
from kconvert.verify.reference import reference  # noqa: E402

FROM_CALL = {"key", "constant_values", "subscripts", "fill_value"}
"""Arguments that stand in the config of our operation layers, and in the call of Keras's own."""


def as_keras3(model):
    """An upgraded model as the reference takes one of Keras 3: addressed, its operations under Keras's names."""
    return replace(model, layers=tuple(map(renamed, model.layers)), addressed=True)


def renamed(layer):
    """The layer, and what it holds."""
    inner = {
        role: as_keras3(held) if isinstance(held, ModelSpec)
        else renamed(held) if isinstance(held, LayerSpec) else tuple(map(renamed, held))
        for role, held in layer.inner.items()
    }  # fmt: skip
    layer = replace(layer, inner=inner)
    if layer.class_name == "MultiHeadAttention":
        tensors = {
            k.replace("/", "_dense/", 1).replace("attention_output_", "output_"): t for k, t in layer.tensors.items()
        }
        return replace(layer, tensors=tensors)
    if not layer.class_name.startswith("ops."):
        return layer
    plain = layer.class_name.rpartition(".")[2]
    name = "GetItem" if plain == "getitem" else "".join(part.capitalize() for part in plain.split("_"))
    moved = {key: value for key, value in layer.config.items() if key in FROM_CALL}
    calls = layer.calls
    if plain in ("getitem", "full_like"):
        calls = tuple(Call((*call.args, *moved.values()), call.kwargs) for call in calls)
    elif plain == "pad":
        calls = tuple(Call(call.args, {**call.kwargs, **moved}) for call in calls)
    else:
        moved = {}
    config = {key: value for key, value in layer.config.items() if key not in moved}
    return replace(layer, class_name=f"Operation>{name}", config=config, calls=calls)


def compared(folder):
    """A state and a sentence: equal, differs, lacking (not comparable) or refused."""
    inputs, _ = inputs_of(folder, facts_of(folder))
    return routes(spec_of(folder), inputs)


def routes(spec, inputs):
    """The same of a model that was read."""
    try:
        upgraded = upgrade(spec).spec
    except ConversionFailed as failure:
        return "refused", str(failure.problems[0])
    before, after = (reference(model).run(inputs, keep=False) for model in (spec, as_keras3(upgraded)))
    missing = [*before.missing, *after.missing]
    if any(o is None for o in (*before.outputs, *after.outputs)):
        return "lacking", "; ".join(f"{m.class_name} {m.layer}: {m.reason}" for m in missing[:3])
    for n, (old, new) in enumerate(zip(before.outputs, after.outputs, strict=True)):
        if old.shape != new.shape:
            return "differs", f"output {n} has the shape {new.shape}, the original's is {old.shape}"
        if old.dtype.kind in "USO":
            if (old.astype(str) != new.astype(str)).any():
                return "differs", f"output {n}: other texts"
        elif not np.allclose(old.astype(float), new.astype(float), rtol=1e-4, atol=1e-5, equal_nan=True):
            return "differs", f"output {n} differs by {np.nanmax(np.abs(old.astype(float) - new.astype(float))):.3g}"
    return "equal", ""


def main():
    """Prints what is not equal, and how many are what."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    states = collections.Counter()
    for root in parser.parse_args().folders:
        for folder in sorted(p.parent for p in root.rglob("case.json") if (p.parent / "io.npz").exists()):
            try:
                state, text = compared(folder)
            except Exception as error:
                state, text = "error", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            states[state] += 1
            if state != "equal":
                print(f"{state:8} {folder.parent.name}/{folder.name}: {text[:300]}", flush=True)
    print(", ".join(f"{state} {count}" for state, count in states.most_common()))


if __name__ == "__main__":
    main()
