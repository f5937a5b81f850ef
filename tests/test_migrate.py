"""`kconvert migrate` on layers in the styles of their time: the new module computes what the old framework computed.

`tests/migrate/cases/*.py` are sources as people wrote them, `cases.json` says how the layer is made, `truth/*.npz` holds inputs,
weights and outputs of the real framework (`make_truth.py`).
"""

import importlib.util
import json
import sys

import numpy as np
import pytest
from conftest import ROOT

from kconvert.migrate import Migrated, migrate_source

FOLDER = ROOT / "tests" / "migrate"
CASES = json.loads((FOLDER / "cases.json").read_text())


def imported(name, text, tmp_path):
    path = tmp_path / f"{name}_today.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_every_case_has_its_truth():
    assert sorted(CASES) == sorted(p.stem for p in (FOLDER / "cases").glob("*.py"))
    assert sorted(CASES) == sorted(p.stem for p in (FOLDER / "truth").glob("*.npz"))
    assert len(CASES) >= 25


@pytest.mark.parametrize("name", ["k03_highway", "k10_scale_shift", "k12_recurrent", "k22_capsule", "tf113_cross_net"])
def test_a_migrated_module_is_left_as_it_is(name):  # the others: below
    once = migrate_source((FOLDER / "cases" / f"{name}.py").read_text())
    again = migrate_source(once.text)
    assert again.text == once.text
    assert again.remarks == once.remarks


@pytest.mark.framework
@pytest.mark.parametrize("name", CASES)
def test_a_migrated_layer_computes_what_the_old_one_did(name, tmp_path):
    import keras

    case = CASES[name]
    truth = np.load(FOLDER / "truth" / f"{name}.npz")
    migrated = migrate_source((FOLDER / "cases" / f"{name}.py").read_text(), filename=name)
    assert migrate_source(migrated.text) == Migrated(migrated.text, migrated.remarks, ())
    module = imported(name, migrated.text, tmp_path)
    layer = eval(case.get("today", case["make"]), vars(module))
    inputs = [keras.Input(tuple(shape)) for shape in case["inputs"]]
    tensors = [keras.layers.Masking()(t) for t in inputs] if case.get("masked") else inputs
    model = keras.Model(inputs, layer(tensors if len(tensors) > 1 else tensors[0]))
    values = [truth[f"in_{n}"] for n in range(len(inputs))]

    weights = [*layer.trainable_weights, *layer.non_trainable_weights]
    stored = [truth[f"w_{n}"] for n in range(len(truth["names"]))]
    assert [tuple(w.shape) for w in weights] == [w.shape for w in stored]
    if not case.get("unnamed"):
        assert [w.name for w in weights] == [plain_name(n) for n in truth["names"]]
    for weight, value in zip(weights, stored, strict=True):
        weight.assign(value)
    agree(model, values, truth)

    model.save(tmp_path / "layer.keras")
    agree(keras.models.load_model(tmp_path / "layer.keras"), values, truth)


def plain_name(name):
    """`the_layer/the_layer_W:0` -> `the_layer_W`."""
    name = name.decode() if isinstance(name, bytes) else name  # Python 2 wrote it
    last = name.rpartition("/")[2].partition(":")[0]
    return last.rstrip("0123456789").rstrip("_") if last.rpartition("_")[2].isdigit() else last


def agree(model, values, truth):
    outputs = model(values if len(values) > 1 else values[0])
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    expected = [truth[f"out_{n}"] for n in range(len(outputs))]
    for output, wanted in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(np.asarray(output), wanted, rtol=2e-5, atol=2e-6)


@pytest.mark.framework
def test_the_public_names_are_those_of_this_keras():
    from migrate import record_names

    recorded = (ROOT / "kconvert" / "migrate" / "keras3_names.txt").read_text().split()
    assert recorded == [*record_names.names(), *record_names.reserved()]


@pytest.mark.framework
def test_every_operation_that_a_row_names_is_there():
    import keras

    from kconvert.migrate import operations
    from kconvert.migrate.definitions import definitions
    from kconvert.upgrade.operations.table import operation_table

    table = operation_table()
    sources = [s for row in (*table.functions.values(), *table.sources.values()) if (s := operations.source_of(row))]
    assert {s.helper for s in sources if s.helper} <= set(definitions())
    for whole in sorted({operations.whole_name(s.becomes) for s in sources if s.becomes}):
        found = keras
        for part in whole.split(".")[1:]:
            found = getattr(found, part)
        assert callable(found)
