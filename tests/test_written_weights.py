"""The weights file that is written in blocks is the one that Keras's own `save` writes, and takes no more memory than a block."""

import contextlib
import copy
import io
import json
import os
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kconvert
from kconvert.export.sparse import PAGE, SparseFile
from kconvert.framework import keras_on_tensorflow, neutral_settings
from kconvert.tensor import Tensor
from kconvert.variables import digest

pytestmark = pytest.mark.framework
KINDS = ("float32", "float16", "float64", "bfloat16")


def model_of(kind):
    """Weights above and below the size from which they are written in blocks, a layer used twice, a model inside, an optimizer."""
    keras = keras_on_tensorflow()
    keras.utils.set_random_seed(3)
    inner = keras.Sequential([keras.Input((300,), dtype=kind), keras.layers.Dense(300, dtype=kind)], name="inner")
    twice = keras.layers.Dense(300, dtype=kind, name="twice")
    source = keras.Input((300,), dtype=kind)
    x = keras.layers.BatchNormalization(dtype=kind)(twice(inner(twice(source))))
    return keras.Model(source, keras.layers.Dense(2, dtype=kind)(x), name="whole")


def values_of(model):
    """The variables' own values, as if they came from a file."""
    from kconvert.transfer.values import Pair, Values

    values = Values()
    arrays = [(v, np.asarray(v)) for v in model.variables if v.dtype != "bfloat16"]
    values.add(Pair("", "", v, Tensor.of_file(v.path, a.shape, a.dtype, lambda a=a: a)) for v, a in arrays)
    return values


def json_of(layers, width):
    """The layers with so many units."""
    found = copy.deepcopy(layers)
    found[0]["config"]["batch_input_shape"] = [None, width]
    for layer in found[1:]:
        layer["config"]["units"] = width
    return found


def weights_of(path):
    """Name -> bytes, dtype, shape and attributes of all that a weights file holds."""
    found = {}

    def take(name, one):
        found[name] = dict(one.attrs)
        if isinstance(one, h5py.Dataset):
            found[name] |= {"dtype": one.dtype, "shape": one.shape, "bytes": one[()].tobytes()}

    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as entry, h5py.File(entry) as file:
        file.visititems(take)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_it_holds_what_keras_writes(kind, tmp_path):
    from kconvert.export.keras_file import write_keras_file

    with neutral_settings():
        model = model_of(kind)
        if kind == "float32":
            model.compile("adam", "mse")
            model.optimizer.build(model.trainable_variables)
        model.save(tmp_path / "keras.keras")
        write_keras_file(model, tmp_path / "ours.keras", None, values_of(model))
        ours, theirs = weights_of(tmp_path / "ours.keras"), weights_of(tmp_path / "keras.keras")
        assert ours == theirs
        assert sum("bytes" in one for one in theirs.values()) >= 10
        again = keras_on_tensorflow().models.load_model(tmp_path / "ours.keras")
        for one, other in zip(again.variables, model.variables, strict=True):
            np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@given(st.lists(st.tuples(st.integers(0, 3 * PAGE), st.binary(max_size=99)), max_size=9), st.integers(0, 4 * PAGE))
def test_a_sparse_file_is_a_file(writes, size):
    ours, theirs = SparseFile(), io.BytesIO()
    for place, data in writes:
        for file in (ours, theirs):
            assert file.seek(place) == place
            assert file.write(data) == len(data)
            assert file.tell() == place + len(data)
    length = theirs.seek(0, os.SEEK_END) if any(data for _, data in writes) else 0
    assert ours.seek(0, os.SEEK_END) == ours.size == length
    ours.seek(0)
    assert ours.read(length + 1) == theirs.getvalue()[:length]
    assert ours.truncate(size) == size
    ours.seek(0)
    assert len(ours.read(size)) == size


@pytest.mark.parametrize("is_late", [True, False])
def test_a_variable_is_filled_block_by_block(is_late, monkeypatch):
    from kconvert.late import Late, late_variables
    from kconvert.transfer import values as module

    keras, value = keras_on_tensorflow(), np.random.default_rng(2).random((70, 3, 5), dtype="float32")
    with late_variables() if is_late else contextlib.nullcontext():
        variable = keras.Variable(Late(), shape=value.shape, dtype="float32")
    monkeypatch.setattr(module, "BLOCK", 200)
    values = module.Values()
    values.add([module.Pair("", "", variable, Tensor.of_file("v", value.shape, value.dtype, lambda: value))])
    np.testing.assert_array_equal(variable.numpy(), value if is_late else 0.0)
    values.fill()
    assert variable._value is not None
    np.testing.assert_array_equal(variable.numpy(), value)
    assert values.digests([("key", variable)]) == {"key": digest(value)}


def test_a_large_model_takes_no_memory(tmp_path):
    """Eight matrices of 36 MB: TensorFlow alone, and the blocks."""
    count, width = 8, 3000
    layers = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [None, width], "dtype": "float32"}}
    ]
    for number in range(count):
        layers.append({"class_name": "Dense", "config": {"name": f"d{number}", "units": width, "use_bias": False}})
    path, small = tmp_path / "large.h5", tmp_path / "small.h5"
    for target, shape in ((path, width), (small, 3)):
        config = {"name": "s", "layers": json_of(layers, shape)}
        with h5py.File(target, "w") as file:
            file.attrs["keras_version"], file.attrs["backend"] = "2.2.4", "tensorflow"
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
            weights = file.create_group("model_weights")
            weights.attrs["layer_names"] = [f"d{n}".encode() for n in range(count)]
            for number in range(count):
                group = weights.create_group(f"d{number}")
                group.attrs["weight_names"] = [b"k"]
                group["k"] = np.full((shape, shape), number, "float32")
    report, least = (
        kconvert.convert(source, source.with_suffix(".keras"), verify=False, timeout=300) for source in (path, small)
    )
    assert path.with_suffix(".keras").stat().st_size > count * width * width * 4
    assert report.peak_memory - least.peak_memory < width * width * 4
