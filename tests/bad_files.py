"""Makers of the files of bad_inputs.yaml: each writes into a folder and returns the path to hand in."""

import json
import pickle
import zipfile

import h5py
import numpy as np

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
