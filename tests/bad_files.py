"""Makers of the files of bad_inputs.yaml: each writes into a folder and returns the path to hand in."""

import json
import pickle
import shutil
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np

SAMPLES = Path(__file__).parents[1] / "sample_models"
DENSE = {
    "name": "dense_1", "trainable": True, "batch_input_shape": [None, 5], "dtype": "float32", "units": 3,
    "activation": "linear", "use_bias": True, "kernel_initializer": {"class_name": "Zeros", "config": {}},
    "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None, "bias_regularizer": None,
    "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None,
}  # fmt: skip
TENSORS = {"dense_1/kernel:0": np.ones((5, 3), "f4"), "dense_1/bias:0": np.ones(3, "f4")}


def sequential(class_name="Dense", **changes):
    return {"class_name": "Sequential", "config": [{"class_name": class_name, "config": {**DENSE, **changes}}]}


def functional(*layers, outputs=("dense_1",)):
    entries = [
        {"class_name": "InputLayer", "name": "in", "inbound_nodes": [],
         "config": {"name": "in", "batch_input_shape": [None, 5], "dtype": "float32", "sparse": False}}
    ]  # fmt: skip
    for name, source in layers:
        nodes = [[[source, 0, 0, {}]]]
        entries.append({"class_name": "Dense", "name": name, "config": {**DENSE, "name": name}, "inbound_nodes": nodes})
    ends = [[name, 0, 0] for name in outputs]
    return {
        "class_name": "Model",
        "config": {"name": "m", "layers": entries, "input_layers": [["in", 0, 0]], "output_layers": ends},
    }


def write_h5(path, model=None, tensors=TENSORS, backend="tensorflow", version="2.2.4", listed=None):
    with h5py.File(path, "w") as file:
        if model is not None:
            file.attrs["model_config"] = model if isinstance(model, str) else json.dumps(model)
        for name, value in (("backend", backend), ("keras_version", version)):
            if value is not None:
                file.attrs[name] = value
        weights = file.create_group("model_weights") if model is not None else file
        weights.attrs["layer_names"] = [b"dense_1"]
        group = weights.create_group("dense_1")
        group.attrs["weight_names"] = [n.encode() for n in (listed or tensors)]
        for name, value in tensors.items():
            group[name] = value
    return path


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def missing(folder):
    return folder / "model.h5"


def empty(folder):
    return write(folder / "model.h5", "")


def folder(folder):
    (folder / "model.h5").mkdir()
    return folder / "model.h5"


def lfs_pointer(folder):
    return write(folder / "model.h5", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 83886080\n")


def web_page(folder):
    return write(folder / "model.h5", "<!DOCTYPE html><html><head><title>Sign in</title></head></html>")


def pickle(folder, dumps=pickle.dumps):
    return write(folder / "model.h5", dumps({"weights": [1, 2]}))


def text(folder):
    return write(folder / "model.h5", "Dear all, please find the model attached.\n")


def zip_of_photos(folder):
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        archive.writestr("cat.jpg", b"\xff\xd8\xff")
    return folder / "model.keras"


def good(folder):
    return write_h5(folder / "model.h5", sequential())


def truncated(folder):
    path = good(folder)
    return write(path, path.read_bytes()[:-1000])


def damaged(folder):
    path = good(folder)
    content = bytearray(path.read_bytes())
    content[8:400] = bytes(392)
    return write(path, bytes(content))


def weights_only(folder):
    return write_h5(folder / "model.h5")


def architecture_alone(folder):
    return write(folder / "model.json", json.dumps(sequential()))


def json_without_model(folder):
    return write(folder / "model.json", json.dumps({"epochs": 10, "loss": [0.3, 0.2]}))


def json_cut_short(folder):
    return write(folder / "model.json", json.dumps(sequential())[:-30])


def json_too_deep(folder):
    return write(folder / "model.json", "[" * 100_000)


def yaml_with_code(folder):
    return write(folder / "model.yaml", "class_name: Sequential\nconfig: !!python/object/apply:os.system [exit 1]\n")


def config_not_json(folder):
    return write_h5(folder / "model.h5", "{'class_name': 'Sequential'}")


def unknown_layer(folder):
    return write_h5(folder / "model.h5", sequential("FancyDense"))


def unknown_argument(folder):
    return write_h5(folder / "model.h5", sequential(colour="red"))


def lambda_layer(folder):
    return write_h5(folder / "model.h5", sequential("Lambda"))


def missing_tensor(folder):
    return write_h5(folder / "model.h5", sequential(), {"dense_1/kernel:0": TENSORS["dense_1/kernel:0"]})


def listed_but_not_there(folder):
    some = {"dense_1/kernel:0": TENSORS["dense_1/kernel:0"]}
    return write_h5(folder / "model.h5", sequential(), some, listed=["dense_1/kernel:0", "dense_1/bias:0"])


def surplus_tensor(folder):
    return write_h5(folder / "model.h5", sequential(), {**TENSORS, "dense_1/extra:0": np.ones(3, "f4")})


def wrong_shape(folder):
    return write_h5(folder / "model.h5", sequential(), {**TENSORS, "dense_1/kernel:0": np.ones((5, 4), "f4")})


def tensor_of_text(folder):
    return write_h5(folder / "model.h5", sequential(), {**TENSORS, "dense_1/bias:0": np.array([b"a", b"b", b"c"])})


def _with_bias(folder, make):
    path = missing_tensor(folder)
    with h5py.File(path, "a") as file:
        group = file["model_weights/dense_1"]
        group.attrs["weight_names"] = [b"dense_1/kernel:0", b"dense_1/bias:0"]
        make(group, folder)
    return path


def external_link(folder):
    def make(group, folder):
        write_h5(folder / "secret.h5")
        group["dense_1/bias:0"] = h5py.ExternalLink("secret.h5", "dense_1/dense_1/bias:0")

    return _with_bias(folder, make)


def external_data(folder):
    def make(group, folder):
        write(folder / "secret.bin", b"secret numbers!!")
        group.create_dataset("dense_1/bias:0", (3,), "f4", external=[(str(folder / "secret.bin"), 0, 12)])

    return _with_bias(folder, make)


def dangling_input(folder):
    return write_h5(folder / "model.h5", functional(("dense_1", "nowhere")))


def cycle(folder):
    return write_h5(folder / "model.h5", functional(("dense_1", "dense_2"), ("dense_2", "dense_1")))


def twice_the_same_name(folder):
    return write_h5(folder / "model.h5", functional(("dense_1", "in"), ("dense_1", "in")))


def unknown_backend(folder):
    return write_h5(folder / "model.h5", sequential(), backend="abacus")


def unknown_version(folder):
    return write_h5(folder / "model.h5", sequential(), version="newest")


def no_backend(folder):
    """A kernel that Theano would have stored turned round."""
    conv = {k: v for k, v in DENSE.items() if k != "units"} | {
        "filters": 3, "kernel_size": [2], "strides": [1], "padding": "valid", "dilation_rate": [1], "batch_input_shape": [None, 7, 5],
    }  # fmt: skip
    model = {"class_name": "Sequential", "config": [{"class_name": "Conv1D", "config": conv}]}
    tensors = {**TENSORS, "dense_1/kernel:0": np.ones((2, 5, 3), "f4")}
    return write_h5(folder / "model.h5", model, tensors, backend=None)


def sample(folder, *path):
    """A copy of a sample's file or folder."""
    source = SAMPLES.joinpath(*path)
    target = folder / source.name
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return target


def rezipped(folder, change=lambda members: None, compression=zipfile.ZIP_STORED):
    """The sample archive with other members."""
    with zipfile.ZipFile(SAMPLES / "word_tagger" / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(folder / "model.keras", "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return folder / "model.keras"


def keras_cut_short(folder):
    path = sample(folder, "word_tagger", "model.keras")
    return write(path, path.read_bytes()[:-1000])


def keras_without_config(folder):
    return rezipped(folder, lambda members: members.pop("config.json"))


def keras_without_weights(folder):
    return rezipped(folder, lambda members: members.pop("model.weights.h5"))


def keras_with_npz(folder):
    return rezipped(folder, lambda members: members.update({"model.weights.npz": members.pop("model.weights.h5")}))


def keras_with_damaged_weights(folder):
    return rezipped(folder, lambda members: members.update({"model.weights.h5": members["model.weights.h5"][:9000]}))


def keras_with_other_weights(folder):
    """The weights of a model with one layer more."""

    def change(members):
        config = json.loads(members["config.json"])
        last = config["config"]["layers"].pop()
        before = last["inbound_nodes"][0][0][0]
        config["config"]["output_layers"] = [[before, 0, 0]]
        members["config.json"] = json.dumps(config)

    return rezipped(folder, change)


def zip_bomb(folder):
    """Hundreds of megabytes of nothing."""
    return rezipped(folder, lambda members: members.update({"config.json": bytes(80 << 20)}), zipfile.ZIP_DEFLATED)


def zip_with_false_size(folder):
    path = rezipped(folder)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"model.weights.h5"))
    struct.pack_into("<I", content, entry + 24, 1 << 30)
    return write(path, bytes(content))


def several_versions(folder):
    for version in "12":
        shutil.copytree(SAMPLES / "price_model" / "saved_model", folder / "served" / version)
    return folder / "served"


def saved_model_without_keras(folder):
    """Functions of TensorFlow alone: the object graph has no Keras object."""
    path = sample(folder, "price_model", "saved_model") / "saved_model.pb"
    write(path, path.read_bytes().replace(b"_tf_keras_", b"_tf_other_"))
    return path.parent


def field(number, content):
    """One field of a protocol buffer, with a length below 128."""
    return bytes([number << 3 | 2, len(content)]) + content


def saved_model_without_metadata(folder):
    """As of TensorFlow 2.5 and later, keras_metadata.pb forgotten."""
    model = field(1, field(4, field(1, b"_tf_keras_network")))
    info = field(1, field(4, b"serve") + field(5, b"2.10.1"))
    return write(folder / "saved_model.pb", field(2, info + field(7, model))).parent


def saved_model_subclassed(folder):
    """No config, as of a model that is a class of its own."""
    path = sample(folder, "price_model", "saved_model") / "saved_model.pb"
    write(path, path.read_bytes().replace(b'"layers"', b'"pieces"'))
    return path.parent


def saved_model_cut_short(folder):
    path = sample(folder, "price_model", "saved_model") / "saved_model.pb"
    write(path, path.read_bytes()[:20_000])
    return path.parent


def saved_model_without_shard(folder):
    path = sample(folder, "price_model", "saved_model")
    (path / "variables" / "variables.data-00000-of-00001").unlink()
    return path


def saved_model_with_short_shard(folder):
    path = sample(folder, "price_model", "saved_model")
    shard = path / "variables" / "variables.data-00000-of-00001"
    write(shard, shard.read_bytes()[:100])
    return path


def saved_model_with_changed_weight(folder):
    """One bit of one number, in a model that is otherwise whole."""
    path = sample(folder, "price_model", "saved_model")
    shard = path / "variables" / "variables.data-00000-of-00001"
    return _changed(shard, 2) and path


def saved_model_with_damaged_index(folder):
    path = sample(folder, "price_model", "saved_model")
    return _changed(path / "variables" / "variables.index", 50) and path


def _changed(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    return write(path, bytes(content))


def checkpoint_alone(folder):
    sample(folder, "counter", "weights.data-00000-of-00001")
    return sample(folder, "counter", "weights.index")


def checkpoint_of_another_model(folder):
    sample(folder, "counter", "weights.data-00000-of-00001")
    sample(folder, "counter", "weights.index")
    return write(folder / "model.json", json.dumps(functional(("dense_1", "in"), ("dense_2", "dense_1"))))


def weights_by_path_alone(folder):
    with zipfile.ZipFile(SAMPLES / "word_tagger" / "model.keras") as archive:
        return write(folder / "model.weights.h5", archive.read("model.weights.h5"))
