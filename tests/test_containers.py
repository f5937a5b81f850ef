"""Containers that keep tensors by object: whose a tensor is, and that no damage goes unnoticed."""

import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from conftest import ROOT, SAMPLES
from hypothesis import given
from hypothesis import strategies as st

import kconvert
from kconvert.errors import BrokenGraph, ConversionFailed, CorruptSource, KConvertError
from kconvert.read import read
from kconvert.read.crc32c import crc32c
from kconvert.read.messages import OBJECT_GRAPH, SAVED_OBJECTS
from kconvert.read.stored import Stored
from kconvert.read.weights_file import ByClass
from kconvert.read.wire import message_of
from kconvert.spec import Dialect, LayerSpec, ModelSpec, Origin, walk
from kconvert.tensor import Tensor

PRICES = SAMPLES / "price_model" / "saved_model"
TAGGER = SAMPLES / "word_tagger" / "model.keras"
COUNTER = SAMPLES / "counter" / "model.json"


def addresses(model):
    return {"/".join((*above, la.name)): list(la.tensors) for above, la in walk(model) if la.tensors}


def test_the_checksum_is_the_published_one():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4
    assert crc32c(b"") == 0


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_the_checksum_of_two_parts_is_known_from_both(data, place):
    place = min(place, len(data))
    changed = bytearray(data)
    if data:
        changed[place % len(data)] ^= 16
        assert crc32c(bytes(changed)) != crc32c(data)
    assert crc32c(data[:place] + data[place:]) == crc32c(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_one_clear_error(data):
    for table in (OBJECT_GRAPH, SAVED_OBJECTS):
        try:
            message_of(data, table, "x.pb")
        except CorruptSource as error:
            assert "x.pb: a damaged protocol buffer" in str(error)


def test_a_saved_model_of_before_2_5_has_its_architecture_in_the_object_graph():
    model = read(PRICES)
    assert model.origin.evidence["architecture"] == "the object graph"
    assert addresses(model) == {"price": ["kernel", "bias"], "kind": ["kernel", "bias"]}
    assert set(model.signature.inputs) == {"rooms", "area"}
    assert set(model.signature.outputs) == {"price", "kind"}
    assert [p.layer for p in model.inputs] == ["rooms", "area"]
    assert len(model.training.tensors) == 13


def test_a_keras_archive_brings_tensors_to_the_inner_layers_and_the_vocabulary_into_the_config():
    model = read(TAGGER)
    assert addresses(model)["time_distributed/dense"] == ["0", "1"]
    lookup = next(la for _, la in walk(model) if la.class_name == "StringLookup")
    assert lookup.config["vocabulary"] == ["", "[UNK]", "the", "sat", "dog", "cat"]
    inner = next(la for _, la in walk(model) if la.class_name == "Bidirectional").inner
    assert {role: list(la.tensors) for role, la in inner.items()} == {
        "forward_layer": ["cell/0", "cell/1", "cell/2"],
        "backward_layer": ["cell/0", "cell/1", "cell/2"],
    }


def test_a_checkpoint_is_found_beside_its_architecture_and_gives_a_shared_layer_its_tensors_twice():
    model = read(COUNTER)
    assert model.origin.kind == "json+checkpoint"
    tensors = addresses(model)
    assert tensors["scale"] == tensors["inner/scale"] == ["kernel", "bias"]
    cells = next(la for _, la in walk(model) if la.class_name == "StackedRNNCells").inner["cells"]
    assert [list(c.tensors) for c in cells] == [["kernel", "recurrent_kernel", "bias"]] * 2


@pytest.mark.parametrize("name", ["weights", "weights.index", "weights.data-00000-of-00001", "."])
def test_a_checkpoint_may_be_named_by_prefix_file_or_folder(name):
    assert addresses(read(COUNTER, weights=COUNTER.parent / name)) == addresses(read(COUNTER))


def test_a_folder_with_one_version_of_a_model_is_that_model(tmp_path):
    shutil.copytree(PRICES, tmp_path / "prices" / "3")
    assert addresses(read(tmp_path / "prices")) == addresses(read(PRICES))


def test_a_compressed_archive_is_the_same_model(tmp_path):
    with zipfile.ZipFile(TAGGER) as old, zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert [t.read().tolist() for t in tensors_of(read(tmp_path / "m.keras"))] == [
        t.read().tolist() for t in tensors_of(read(TAGGER))
    ]


@pytest.mark.parametrize("step", range(0, 100, 7))
def test_a_file_that_is_cut_short_or_changed_anywhere_is_the_same_model_or_one_error(step, tmp_path):
    whole = TAGGER.read_bytes()
    right = [t.read().tobytes() for t in tensors_of(read(TAGGER))]
    place = len(whole) * step // 100
    for content in (whole[:place], whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]):
        file = tmp_path / "m.keras"
        file.write_bytes(content)
        try:
            found = [t.read().tobytes() for t in tensors_of(read(file))]
        except KConvertError:
            continue
        assert found == right


@pytest.mark.parametrize(
    "part", ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
)
def test_a_saved_model_that_is_changed_anywhere_is_the_same_model_or_one_error(part, tmp_path):
    shutil.copytree(PRICES, tmp_path / "m")
    right = [t.read().tobytes() for t in tensors_of(read(PRICES))]
    file = tmp_path / "m" / part
    whole = file.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 8]) + whole[place + 1 :])
        try:
            found = [t.read().tobytes() for t in tensors_of(read(tmp_path / "m"))]
        except KConvertError:
            continue
        assert found == right


@pytest.mark.parametrize("source", [PRICES, TAGGER, COUNTER], ids=lambda p: p.name)
def test_inspecting_needs_no_tensorflow(source):
    script = (
        "import sys, kconvert; found = kconvert.inspect_model(sys.argv[1]); print(found.tensors);"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(source)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 3


def dense(name):
    return LayerSpec("Dense", name, {"units": 2})


def groups(*names):
    return Stored(parts={"layers": Stored(parts={n: Stored(tensors={"0": tensor(n)}) for n in names})})


def tensor(name):
    return Tensor.of_file(name, (1,), "f4", lambda: np.zeros(1, "f4"))


def matched(layout, layers, stored):
    model = ModelSpec(Dialect.keras2, "m", tuple(layers), (), (), Origin("", ""))
    return [s and s.tensors["0"].name for s in layout.of_layers(model, stored)]


def test_groups_are_counted_by_class_whatever_the_gaps():
    """Keras 2.12 counts layers with variables twice: dense, dense_2, ..., dense_10."""
    stored = groups("dense", "dense_10", "dense_2", "batch_normalization")
    layers = [dense("z"), LayerSpec("BatchNormalization", "b", {}), dense("y"), dense("x")]
    assert matched(ByClass(), layers, stored) == ["dense", "batch_normalization", "dense_2", "dense_10"]


def test_a_layer_that_an_earlier_model_holds_is_not_written_again():
    layout = ByClass()
    assert matched(layout, [dense("shared"), dense("own")], groups("dense", "dense_1")) == ["dense", "dense_1"]
    assert matched(layout, [dense("shared"), dense("last")], groups("dense_1")) == ["dense", "dense_1"]


def test_which_of_two_layers_is_the_shared_one_is_not_guessed():
    layout = ByClass()
    matched(layout, [dense("a"), dense("b")], groups("dense", "dense_1"))
    with pytest.raises(BrokenGraph, match="does not say which"):
        matched(layout, [dense("a"), dense("b")], groups("dense"))


@pytest.mark.framework
def test_a_saved_model_becomes_one_with_the_same_serving_signature(tmp_path):
    import tensorflow as tf

    kconvert.convert(PRICES, tmp_path / "new", probe=PRICES.parent / "io.npz")
    served = tf.saved_model.load(tmp_path / "new").signatures["serving_default"]
    before = read(PRICES).signature
    inputs = {k: s.dtype.name for k, s in served.structured_input_signature[1].items()}
    assert inputs == dict(before.inputs)
    assert {k: s.dtype.name for k, s in served.structured_outputs.items()} == dict(before.outputs)


@pytest.mark.framework
def test_open_steps_are_refused_where_a_saved_model_would_compute_something_else(tmp_path):
    import keras

    source = keras.Input((None, 4))
    model = keras.Model(source, keras.layers.TimeDistributed(keras.layers.Dense(2), name="each")(source))
    model.save(tmp_path / "old.keras")
    with pytest.raises(ConversionFailed, match="TimeDistributed 'each': the number of steps is open"):
        kconvert.convert(tmp_path / "old.keras", tmp_path / "new")


@pytest.mark.framework
def test_what_todays_keras_saves_comes_back_as_it_was(tmp_path):
    import keras

    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()])
    source = keras.Input((5, 4), name="steps")
    x = keras.layers.TimeDistributed(inner)(source)
    x = keras.layers.Bidirectional(keras.layers.LSTM(2, dropout=0.1), name="both")(x)
    model = keras.Model(source, keras.layers.Dense(2)(x))
    model.save(tmp_path / "old.keras")
    steps = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("f4")
    again = kconvert.load(tmp_path / "old.keras")
    assert np.array_equal(again.predict(steps, verbose=0), model.predict(steps, verbose=0))


def tensors_of(model):
    return [t for _, la in walk(model) for t in la.tensors.values()]
