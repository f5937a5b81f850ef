"""Files of Keras 0.x and 1.x: what they do not say is found in them, or asked for, but only where it matters."""

import json

import h5py
import numpy as np
import pytest

from kconvert.errors import AmbiguousOrigin, ConversionFailed
from kconvert.read import read
from kconvert.spec import Dialect
from kconvert.upgrade import upgrade

CONVOLUTION = {
    "nb_filter": 2, "nb_row": 3, "nb_col": 3, "init": "uniform", "activation": "linear", "border_mode": "valid",
    "subsample": [1, 1], "dim_ordering": "th", "W_regularizer": None, "b_regularizer": None,
    "activity_regularizer": None, "W_constraint": None, "b_constraint": None,
}  # fmt: skip


def layer(class_name, **config):
    return class_name, config


def convolution(size=3):
    return layer("Convolution2D", **{**CONVOLUTION, "nb_row": size, "nb_col": size})


def keras0(folder, *layers, tensors=()):
    """An architecture of Keras 0.3 and its tensors: no version, no backend, no names."""
    entries = [{"name": name, "custom_name": name.lower(), "trainable": True, **config} for name, config in layers]
    entries[0]["input_shape"] = [1, 6, 6]
    (folder / "model.json").write_text(json.dumps({"name": "Sequential", "layers": entries}))
    with h5py.File(folder / "model_weights.h5", "w") as file:
        file.attrs["nb_layers"] = len(layers)
        for number in range(len(layers)):
            group = file.create_group(f"layer_{number}")
            own = tensors if number == 0 else ()
            group.attrs["nb_params"] = len(own)
            for n, value in enumerate(own):
                group[f"param_{n}"] = value
    return folder / "model.json"


def keras1(folder, *layers, names=("W", "b"), version="1.2.2", tensors=()):
    """A whole model of Keras 1, whose first layer has the tensors."""
    entries = [
        {"class_name": name, "config": {"name": f"{name.lower()}_{n}", "trainable": True, **config}}
        for n, (name, config) in enumerate(layers)
    ]
    entries[0]["config"] |= {"batch_input_shape": [None, 1, 6, 6], "input_dtype": "float32"}
    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": entries})
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [e["config"]["name"].encode() for e in entries]
        for number, entry in enumerate(entries):
            group = weights.create_group(entry["config"]["name"])
            own = list(zip(names, tensors, strict=True)) if number == 0 and tensors else []
            group.attrs["weight_names"] = [name.encode() for name, _ in own]
            for name, value in own:
                group[name] = value
    return folder / "model.h5"


def kernels(size=3):
    return np.arange(2 * size * size, dtype="f4").reshape(2, 1, size, size), np.ones(2, "f4")


def problems_of(source, **hints):
    with pytest.raises(ConversionFailed) as refused:
        upgrade(read(source, **hints))
    return refused.value.problems


def test_the_backend_is_asked_for_where_a_kernel_would_be_turned(tmp_path):
    source = keras0(tmp_path, convolution(), layer("Flatten"), tensors=kernels())
    (problem,) = problems_of(source)
    assert isinstance(problem, AmbiguousOrigin)
    assert problem.option == "--backend theano|tensorflow"
    assert problem.layer == "convolution2d"


def test_the_problem_names_the_layer_of_the_file_whatever_it_becomes(tmp_path):
    """Theano's `same` pooling takes several layers."""
    pooling = layer("MaxPooling2D", pool_size=[2, 2], strides=[1, 1], border_mode="same", dim_ordering="th")
    (problem,) = problems_of(keras1(tmp_path, pooling))
    assert problem.layer == "maxpooling2d_0"


@pytest.mark.parametrize(("backend", "steps"), [("theano", "flip"), ("tensorflow", "transpose")])
def test_what_the_user_says_of_the_backend_decides(tmp_path, backend, steps):
    source = keras0(tmp_path, convolution(), tensors=kernels())
    model = upgrade(read(source, backend=backend)).spec
    assert model.layer("convolution2d").tensors["kernel"].steps[-1].startswith(steps)


def test_the_backend_is_not_asked_for_where_it_makes_no_difference(tmp_path):
    """A kernel of one by one is the same turned round."""
    model = upgrade(read(keras0(tmp_path, convolution(1), layer("Flatten"), tensors=kernels(1)))).spec
    assert model.dialect is Dialect.keras3
    assert model.origin.backend in ("theano", "tensorflow")


@pytest.mark.parametrize(("names", "backend"), [(("c_W", "c_b"), "theano"), (("c_W:0", "c_b:0"), "tensorflow")])
def test_the_names_of_keras_1_tensors_prove_the_backend(tmp_path, names, backend):
    origin = read(keras1(tmp_path, convolution(), names=names, tensors=kernels())).origin
    assert origin.backend == backend
    assert ":0" in origin.evidence["backend"]


def test_the_user_knows_better_than_names(tmp_path):
    """Kernels may have been turned on purpose, for the other backend."""
    source = keras1(tmp_path, convolution(), names=("c_W", "c_b"), tensors=kernels())
    assert read(source, backend="tensorflow").origin.backend == "tensorflow"


def test_tensors_without_names_prove_no_backend(tmp_path):
    source = keras1(tmp_path, convolution(), names=("param_0", "param_1"), tensors=kernels())
    assert read(source).origin.backend is None


def test_words_of_keras_0_2_prove_theano(tmp_path):
    """There was no other backend before 0.3."""
    _, config = convolution()
    old = layer("Convolution2D", **{k: v for k, v in config.items() if k != "dim_ordering"})
    source = keras0(tmp_path, old, tensors=kernels())
    data = json.loads(source.read_text())
    del data["layers"][0]["trainable"]
    source.write_text(json.dumps(data))
    origin = read(source).origin
    assert origin.backend == "theano"
    assert str(origin.keras[1]) < "0.3"


def test_the_order_of_axes_is_asked_for_where_nothing_says_it(tmp_path):
    (problem,) = problems_of(keras1(tmp_path, layer("UpSampling2D", size=[2, 2])))
    assert problem.option == "--source-data-format channels_first|channels_last"


@pytest.mark.parametrize("said", ["channels_first", "channels_last"])
def test_the_order_of_axes_that_the_user_says_counts(tmp_path, said):
    model = upgrade(read(keras1(tmp_path, layer("UpSampling2D", size=[2, 2])), data_format=said)).spec
    assert model.layer("upsampling2d_0").config["data_format"] == said


def test_the_order_of_axes_comes_from_the_neighbours(tmp_path):
    source = keras1(tmp_path, convolution(), layer("UpSampling2D", size=[2, 2]), tensors=kernels())
    assert upgrade(read(source)).spec.layer("upsampling2d_1").config["data_format"] == "channels_first"


def test_a_spatial_dropout_alone_is_not_worth_a_question(tmp_path):
    model = upgrade(read(keras1(tmp_path, layer("SpatialDropout2D", p=0.5)), backend="theano")).spec
    assert "data_format" not in model.layer("spatialdropout2d_0").config


def test_tensors_of_another_generation_are_refused(tmp_path):
    source = keras0(tmp_path, convolution(), tensors=kernels())
    with h5py.File(tmp_path / "model_weights.h5", "a") as file:
        file.attrs["keras_version"] = "2.1.6"
    (problem,) = problems_of(source)
    assert "saved by Keras 2.1.6" in problem.message


def test_more_groups_of_tensors_than_layers_are_refused(tmp_path):
    source = keras0(tmp_path, convolution(), tensors=kernels())
    data = json.loads(source.read_text())
    data["layers"].append(dict(data["layers"][0]))
    source.write_text(json.dumps(data))
    (problem,) = problems_of(source)
    assert "1 groups of tensors for 2 layers" in problem.message


def test_a_decoder_that_nothing_uses_is_reported(tmp_path):
    """Keras 0.3 stores it with an AutoEncoder that gives out its code."""

    def container(inputs, outputs):
        dense = {"name": "Dense", "output_dim": outputs, "init": "uniform", "activation": "linear"}
        return {"name": "Sequential", "layers": [{**dense, "input_shape": [inputs]}]}

    parts = {"encoder_config": container(6, 2), "decoder_config": container(2, 6)}
    both = {"name": "AutoEncoder", "output_reconstruction": False, **parts}
    (tmp_path / "model.json").write_text(json.dumps({"name": "Sequential", "layers": [both]}))
    with h5py.File(tmp_path / "model_weights.h5", "w") as file:
        file.attrs["nb_layers"] = 1
        group = file.create_group("layer_0")
        group.attrs["nb_params"] = 4
        for n, shape in enumerate([(6, 2), (2,), (2, 6), (6,)]):
            group[f"param_{n}"] = np.ones(shape, "f4")
    upgraded = upgrade(read(tmp_path / "model.json"))
    assert [n.text.split(":")[0] for n in upgraded.notes] == [
        "left out, for no output depends on it", "layer_0/param_2 is not used", "layer_0/param_3 is not used",
    ]  # fmt: skip
    assert [layer.class_name for layer in upgraded.spec.layers] == ["InputLayer", "Sequential"]


def test_numpy_scalars_in_yaml_are_numbers(tmp_path, sample):
    """`!!python/object/apply:numpy.core.multiarray.scalar` is read as bytes, and nothing is applied."""
    source = sample("words_with_gaps")
    scalar = """!!python/object/apply:numpy.core.multiarray.scalar
  - !!python/object/apply:numpy.dtype
    args: [i8, 0, 1]
    state: !!python/tuple [3, <, null, null, null, -1, -1, 0]
  - "\\x05\\0\\0\\0\\0\\0\\0\\0\""""
    text = (source / "model.yaml").read_text()
    assert "output_dim: 5" in text
    (tmp_path / "model.yaml").write_text(text.replace("  output_dim: 5", f"  output_dim: {scalar}", 1))
    model = read(tmp_path / "model.yaml", weights=source / "model_weights.h5")
    assert model.layers[1].config["output_dim"] == 5
