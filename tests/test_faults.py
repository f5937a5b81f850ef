"""Verification finds faults: those put into conversions, and those of today's Keras loading old files by itself."""

import json
import random

import h5py
import loaded_by_keras
import mutations
import numpy as np
import pytest
from conftest import SAMPLES, source_of

import kconvert
from kconvert import cli, pipeline
from kconvert.errors import VerificationFailed

pytestmark = pytest.mark.framework
FAULTY = [
    "mnist_cnn",
    "sentiment_lstm",
    "mobilenet_block",
    "small_unet",
    "tagger",
    "mutants",
    "old_defaults",
    "seq2seq",
]


@pytest.fixture(scope="module")
def verifier():
    from kconvert.verify import Verifier

    with Verifier() as process:
        yield process


def test_every_fault_that_changes_the_recorded_outputs_is_found(verifier):
    """A real fault is one that moves the recorded outputs by more than the tolerance."""
    chance = random.Random(7)
    found = [mutations.check(SAMPLES / name, verifier, chance, 1e-4) for name in FAULTY]
    real = [result for result in found if result is not None and result.real]
    assert [result for result in real if not result.found] == []
    assert len(real) >= len(FAULTY) // 2
    assert any(result.first for result in real)


def test_what_changes_only_training_is_no_fault(verifier):
    chance = random.Random(1)
    result = None
    while result is None or result.fault.kind != "only training changed":
        result = mutations.check(SAMPLES / "mobilenet_block", verifier, chance, 1e-4)
    assert (result.real, result.found) == (False, False)


@pytest.mark.parametrize("name", ["small_unet", "strided_cnn", "mobilenet_block"])
def test_what_todays_keras_loads_wrong_is_told_from_what_it_loads_right(name, tmp_path):
    pair = loaded_by_keras.judged(SAMPLES / name, tmp_path / "new.keras")
    assert pair is not None
    assert pair.is_told, pair


@pytest.fixture
def with_wrong_weights(monkeypatch):
    """Conversions in this process forget the last bias."""
    right = pipeline.built

    def wrong(spec, *further, **options):
        last = spec.layers[-1]
        zero = mutations._with_tensor(last, "bias", np.zeros_like)
        return right(mutations._with(spec, zero), *further, **options)

    monkeypatch.setattr(pipeline, "built", wrong)


def test_a_wrong_conversion_leaves_nothing_and_names_the_layer(with_wrong_weights, tmp_path):
    source = source_of(SAMPLES / "autoencoder")
    target = tmp_path / "new.keras"
    with pytest.raises(VerificationFailed, match="the first layer that differs is") as failed:
        kconvert.convert(source, target, isolation="none")
    check = failed.value.verification
    assert list(tmp_path.iterdir()) == []
    assert check.status == "failed"
    assert [layer.passed for layer in check.layers].index(False) == len(check.layers) - 1
    with pytest.raises(VerificationFailed):
        kconvert.convert(source, target, isolation="none", keep_failed=True)
    assert list(tmp_path.iterdir()) == [target]


def test_a_model_of_no_layers_is_checked_as_any_other(tmp_path):
    source = tmp_path / "none.h5"
    place = {"name": "x", "batch_input_shape": [None, 3], "dtype": "float32", "sparse": False}
    config = {"name": "none", "layers": [{"class_name": "InputLayer", "config": place}]}
    with h5py.File(source, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.2.4", "tensorflow"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"x"]
        group.create_group("x").attrs["weight_names"] = np.zeros(0, "S1")
    assert kconvert.convert(source, tmp_path / "new.keras", isolation="none").verification.status == "passed"


def test_what_the_reference_lacks_is_named_and_what_comes_before_is_compared(monkeypatch, tmp_path):
    from kconvert.spec import Dialect
    from kconvert.verify.reference import registry

    monkeypatch.delitem(registry.RULES[Dialect.keras2], "Dense")
    report = kconvert.convert(source_of(SAMPLES / "mnist_cnn"), tmp_path / "new.keras", isolation="none")
    check = report.verification
    assert (check.status, check.outputs) == ("partial", ())
    assert [missing.class_name for missing in check.missing] == ["Dense"]
    assert {layer.class_name for layer in check.layers} == {"Conv2D", "MaxPooling2D", "Dropout", "Flatten"}


def test_a_probe_of_wrong_outputs_fails_and_one_of_another_model_is_refused(tmp_path):
    folder = SAMPLES / "mnist_cnn"
    with np.load(folder / "io.npz") as recorded:
        arrays = dict(recorded)
    np.savez(tmp_path / "wrong.npz", **{**arrays, "out_0": arrays["out_0"][:, ::-1]})
    with pytest.raises(VerificationFailed, match=r"differs from those recorded in wrong\.npz"):
        kconvert.convert(folder / "model.h5", tmp_path / "new.keras", probe=tmp_path / "wrong.npz")
    np.savez(tmp_path / "few.npz", in_0=arrays["in_0"])
    with pytest.raises(kconvert.errors.UsageError, match="holds out_0 too"):
        kconvert.convert(folder / "model.h5", tmp_path / "new.keras", probe=tmp_path / "few.npz")


def run(*words):
    with pytest.raises(SystemExit) as exited:
        cli.main([str(w) for w in words])
    return exited.value.code


def test_the_command_line_tells_right_from_wrong_by_its_exit_status(tmp_path, capsys):
    source = source_of(SAMPLES / "small_unet")
    assert run(source, "-o", tmp_path / "new.keras", "-q") == 0
    assert run("verify", source, tmp_path / "new.keras", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["status"] == "passed"
    assert [o["against"] for o in said["outputs"]] == ["reference"]
    assert run(source, "-o", tmp_path / "served", "-q") == 0
    assert run("verify", source, tmp_path / "served") == 0
    assert loaded_by_keras.loaded_and_saved(SAMPLES / "small_unet", tmp_path / "wrong.keras")
    assert run("verify", source, tmp_path / "wrong.keras") == 4
    captured = capsys.readouterr()
    assert "the first layer that differs is conv2d_1 (Conv2D)" in " ".join(captured.err.split())
    assert run("verify", source, tmp_path / "none.keras") == 2
