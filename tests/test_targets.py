"""What is written: the same bytes every time, names and dtypes kept, nothing half done, nothing of the user's changed."""

import hashlib
import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from conftest import SAMPLES, source_of

import kconvert
from kconvert import cli
from kconvert.errors import ConversionFailed, TargetError, UsageError, VerificationFailed

pytestmark = pytest.mark.framework
MNIST = SAMPLES / "mnist_cnn"
SEQ2SEQ = SAMPLES / "seq2seq"


def run(*words):
    with pytest.raises(SystemExit) as exited:
        cli.main([str(w) for w in words])
    return exited.value.code


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    target = tmp_path_factory.mktemp("converted") / "new.keras"
    return target, kconvert.convert(SEQ2SEQ / "model.h5", target)


@pytest.fixture
def wrong_probe(tmp_path):
    with np.load(MNIST / "io.npz") as right:
        arrays = dict(right)
    arrays["out_0"] = arrays["out_0"] + 0.01
    np.savez(tmp_path / "wrong.npz", **arrays)
    return tmp_path / "wrong.npz"


def test_the_same_model_gives_the_same_bytes_in_another_process(converted, tmp_path):
    target, report = converted
    again = tmp_path / "again.keras"
    command = [sys.executable, "-m", "kconvert", SEQ2SEQ / "model.h5", "-o", again, "--no-verify", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sha256(again) == sha256(target) == report.target["sha256"]


@pytest.mark.parametrize("name", ["tagger", "local_filters", "sentiment_lstm", "addition_rnn"])
def test_rules_and_dropout_give_the_same_bytes_again(name, tmp_path):
    for target in ("a.keras", "b.keras"):
        kconvert.convert(SAMPLES / name / "model.h5", tmp_path / target, verify=False)
    assert sha256(tmp_path / "a.keras") == sha256(tmp_path / "b.keras")


def test_a_keras_json_and_environment_of_2016_neither_matter_nor_change(converted, tmp_path):
    target, _ = converted
    settings = {"backend": "theano", "image_data_format": "channels_first", "floatx": "float16", "epsilon": 1e-3}
    home = tmp_path / "home"
    (home / ".keras").mkdir(parents=True)
    (home / ".keras" / "keras.json").write_text(json.dumps(settings))
    environment = os.environ | {"HOME": str(home), "KERAS_BACKEND": "theano", "TF_USE_LEGACY_KERAS": "1"}
    environment.pop("KERAS_HOME", None)
    command = [sys.executable, "-m", "kconvert", SEQ2SEQ / "model.h5", "-o", tmp_path / "new.keras", "-q",
               "--probe", SEQ2SEQ / "io.npz"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sha256(tmp_path / "new.keras") == sha256(target)
    assert json.loads((home / ".keras" / "keras.json").read_text()) == settings
    assert [p.name for p in (home / ".keras").iterdir()] == ["keras.json"]


def test_a_home_without_settings_gets_none(tmp_path):
    environment = os.environ | {"HOME": str(tmp_path)}
    environment.pop("KERAS_HOME", None)
    program = (
        "import sys, kconvert; kconvert.load(sys.argv[1]); import os; print(os.environ.get('KERAS_BACKEND')); "
        "import keras; print(keras.config.image_data_format())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, MNIST / "model.h5"], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == [os.environ.get("KERAS_BACKEND", "None"), "channels_last"]
    assert list(tmp_path.iterdir()) == []


def test_settings_of_the_process_are_put_back():
    import keras

    keras.saving.get_custom_objects().clear()  # what other tests have registered
    keras.config.set_image_data_format("channels_first")
    keras.saving.get_custom_objects()["relu"] = abs
    try:
        model = kconvert.load(MNIST / "model.h5")
        assert keras.config.image_data_format() == "channels_first"
        assert keras.saving.get_custom_objects() == {"relu": abs}
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.saving.get_custom_objects().clear()
    assert model.get_layer("conv2d_1").activation is keras.activations.relu


def test_names_order_shapes_dtypes_and_kind_are_kept():
    words = kconvert.load(SEQ2SEQ / "model.h5")
    assert [i.name for i in words.inputs] == ["encoder_inputs", "decoder_inputs"]
    assert [tuple(i.shape) for i in words.inputs] == [(None, None, 5), (None, None, 4)]
    assert words.output_names == ["words"]
    digits = kconvert.load(MNIST / "model.h5")
    towers = kconvert.load(SAMPLES / "shared_towers" / "model.h5")
    kinds = [type(m).__name__ for m in (words, digits, towers.get_layer("tower"))]
    assert kinds == ["Functional", "Functional", "Sequential"]  # `same` of Theano needs a graph for its pooling
    assert type(kconvert.load(SAMPLES / "sentiment_lstm" / "model.h5")).__name__ == "Sequential"


def test_a_saved_model_has_the_models_own_names_and_dtypes(tmp_path):
    import tensorflow as tf

    report = kconvert.convert(SEQ2SEQ / "model.h5", tmp_path / "served", probe=SEQ2SEQ / "io.npz", version_dir=3)
    assert report.verification.status == "passed"
    assert report.target["path"] == str(tmp_path / "served" / "3")
    served = tf.saved_model.load(str(tmp_path / "served" / "3")).signatures["serving_default"]
    inputs = served.structured_input_signature[1]
    assert {n: (s.dtype.name, s.shape.as_list()) for n, s in inputs.items()} == {
        "encoder_inputs": ("float32", [None, None, 5]), "decoder_inputs": ("float32", [None, None, 4]),
    }  # fmt: skip
    assert {n: s.dtype.name for n, s in served.structured_outputs.items()} == {"words": "float32"}
    with np.load(SEQ2SEQ / "io.npz") as io:
        got = served(encoder_inputs=tf.constant(io["in_0"]), decoder_inputs=tf.constant(io["in_1"]))["words"]
        np.testing.assert_allclose(got.numpy(), io["out_0"], atol=1e-6)


def test_outputs_are_compared_without_a_probe_too(converted, tmp_path):
    assert converted[1].verification.status == "passed"
    assert {check.against for check in converted[1].verification.outputs} == {"reference"}
    assert run(SEQ2SEQ / "model.h5", "-o", tmp_path / "b.keras", "--no-verify") == 0


def test_a_difference_fails_and_leaves_nothing(wrong_probe, tmp_path, capfd):
    target = tmp_path / "out" / "new.keras"
    assert run(MNIST / "model.h5", "-o", target, "--probe", wrong_probe) == 4
    assert "verification failed: it differs from those recorded in" in capfd.readouterr().err
    assert not target.parent.exists()
    assert run(MNIST / "model.h5", "-o", target, "--probe", wrong_probe, "--atol", "0.011") == 0


def test_a_failed_file_is_kept_only_where_that_is_asked(wrong_probe, tmp_path):
    target = tmp_path / "new.keras"
    assert run(MNIST / "model.h5", "-o", target, "--probe", wrong_probe, "--keep-failed") == 4
    assert target.stat().st_size > 1000


def test_an_existing_target_stays_unless_it_may_be_replaced(tmp_path):
    target = tmp_path / "new.keras"
    target.write_text("precious")
    with pytest.raises(TargetError, match="--overwrite"):
        kconvert.convert(MNIST / "model.h5", target)
    assert target.read_text() == "precious"
    kconvert.convert(MNIST / "model.h5", target, overwrite=True, verify=False)
    assert target.read_bytes()[:2] == b"PK"


def test_a_failed_conversion_leaves_the_existing_target(wrong_probe, tmp_path):
    target = tmp_path / "new.keras"
    target.write_text("precious")
    with pytest.raises(VerificationFailed):
        kconvert.convert(MNIST / "model.h5", target, overwrite=True, probe=wrong_probe)
    assert target.read_text() == "precious"


def test_the_source_is_never_the_target(tmp_path):
    source = tmp_path / "model.keras"
    source.write_bytes((MNIST / "model.h5").read_bytes())
    with pytest.raises(TargetError, match="never overwritten"):
        kconvert.convert(source, source, overwrite=True)
    link = tmp_path / "link.keras"
    link.symlink_to(source)
    with pytest.raises(TargetError, match="never overwritten"):
        kconvert.convert(source, link, overwrite=True)


def test_a_folder_with_other_things_in_it_is_not_replaced(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(TargetError, match="other things in it"):
        kconvert.convert(MNIST / "model.h5", tmp_path, format="savedmodel", overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_ending_that_says_no_format_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"the ending \.h5 says no format"):
        kconvert.convert(MNIST / "model.h5", tmp_path / "new.h5")


def test_a_changed_weight_is_found(tmp_path):
    """Verification compares with the source's tensors, so what export does wrong shows."""
    from pathlib import Path

    from kconvert.read import read
    from kconvert.verify import Verifier, verified

    target = tmp_path / "new.keras"
    spec = read(SAMPLES / "autoencoder" / "model.json")
    kconvert.convert(SAMPLES / "autoencoder" / "model.json", target, verify=False)
    with Verifier() as verifier, pytest.raises(VerificationFailed, match="weights of the file are not what was meant"):
        verified(verifier, Path(target), "keras", {"encoder/0:kernel": "0" * 64}, original=spec, renamed={})


def test_sources_may_be_urls_and_open_files(tmp_path):
    import fsspec

    content = (MNIST / "model.h5").read_bytes()
    with fsspec.open("memory://zoo/model.h5", "wb") as remote:
        remote.write(content)
    kconvert.convert("memory://zoo/model.h5", tmp_path / "a.keras", verify=False)
    with (MNIST / "model.h5").open("rb") as file:
        report = kconvert.convert(file, tmp_path / "b.keras", verify=False)
    assert sha256(tmp_path / "a.keras") == sha256(tmp_path / "b.keras")
    assert report.source["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_source_is_not_touched(tmp_path):
    source = tmp_path / "model.h5"
    source.write_bytes((MNIST / "model.h5").read_bytes())
    source.chmod(0o400)
    before = (sha256(source), source.stat().st_mtime_ns)
    kconvert.convert(source, tmp_path / "new.keras", verify=False)
    assert (sha256(source), source.stat().st_mtime_ns) == before


def test_training_that_nobody_can_go_on_with_is_left_out_and_the_report_says_so(tmp_path):
    source = tmp_path / "model.h5"
    source.write_bytes((MNIST / "model.h5").read_bytes())
    with h5py.File(source, "a") as file:
        file.attrs["training_config"] = json.dumps(
            {"loss": "my_loss", "optimizer_config": {"class_name": "SGD", "config": {}}}
        )
    report = kconvert.convert(source, tmp_path / "new.keras", verify=False)
    assert report.training["kept"] is False
    assert "'my_loss' is not one of Keras's own" in report.training["because"]
    assert any("optimizer" in note.text for note in report.notes)
    with pytest.raises(ConversionFailed, match="my_loss"):
        kconvert.convert(source, tmp_path / "b.keras", training="keep")
    with pytest.raises(UsageError, match="training='later'"):
        kconvert.convert(source, tmp_path / "b.keras", training="later")


def test_the_report_accounts_for_every_tensor_and_is_json(tmp_path):
    target, path = tmp_path / "new.keras", tmp_path / "report.json"
    assert run(MNIST / "model.h5", "-o", target, "--probe", MNIST / "io.npz", "--report", path) == 0
    report = json.loads(path.read_text())
    with h5py.File(MNIST / "model.h5") as file:
        stored = []
        file["model_weights"].visititems(lambda n, o: stored.append(n) if isinstance(o, h5py.Dataset) else None)
    assert sorted(t["name"] for layer in report["layers"] for t in layer["tensors"]) == sorted(stored)
    assert report["source"]["backend"] == "theano"
    assert report["verification"]["status"] == "passed"
    assert set(report["versions"]) == {"python", "kconvert", "keras", "tensorflow", "h5py", "numpy"}
    assert {"read", "upgrade", "rebuild", "export", "verify", "all"} <= set(report["seconds"])


def test_every_form_of_a_sample_loads_in_memory():
    shapes = {p.name: kconvert.load(source_of(p)).output_shape for p in (MNIST, SAMPLES / "old_defaults")}
    assert shapes == {"mnist_cnn": (None, 10), "old_defaults": (None, 4)}
