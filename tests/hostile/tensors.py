"""Tensors that do not fit the architecture, or whose list is wrong (section E of the table)."""

import h5py
import numpy as np
from bad_files import TENSORS, functional, sequential, write_h5

KERNEL, BIAS = TENSORS


def of_tensors(folder, tensors):
    return write_h5(folder / "model.h5", sequential(), tensors)


def group_missing(folder):
    """Two layers, tensors for one."""
    return write_h5(folder / "model.h5", functional(("dense_1", "in"), ("dense_2", "dense_1"), outputs=("dense_2",)))


def extra_group(folder):
    path = of_tensors(folder, TENSORS)
    with h5py.File(path, "a") as file:
        weights = file["model_weights"]
        weights.attrs["layer_names"] = [b"dense_1", b"dense_9"]
        group = weights.create_group("dense_9")
        group.attrs["weight_names"] = [b"x"]
        group["x"] = np.ones(3, "f4")
    return path


def kernel_of(folder, *shape):
    return of_tensors(folder, {KERNEL: np.ones(shape, "f4"), BIAS: np.ones(3, "f4")})


def bias_of(folder, *shape):
    return of_tensors(folder, {KERNEL: np.ones((5, 3), "f4"), BIAS: np.ones(shape, "f4")})


def names_as(folder, kind):
    path = of_tensors(folder, TENSORS)
    with h5py.File(path, "a") as file:
        attributes = file["model_weights/dense_1"].attrs
        del attributes["weight_names"]
        if kind != "missing":
            attributes["weight_names"] = {
                "text": "dense_1/kernel:0",
                "table": np.array([[KERNEL.encode(), BIAS.encode()]]),
                "numbers": np.arange(2),
                "not UTF-8": np.array([b"\xff\xfe", BIAS.encode()]),
                "fixed": np.array([KERNEL.encode(), BIAS.encode()], "S40"),
                "NUL padded": np.array([KERNEL.encode() + b"\0\0", BIAS.encode()], "S60"),
                "variable": np.array([KERNEL, BIAS], dtype=object),
            }[kind]
    return path


def names_in_parts(folder, kind):
    path = of_tensors(folder, TENSORS)
    parts = {
        "two": {"weight_names0": [KERNEL], "weight_names1": [BIAS]},
        "reverse": {"weight_names1": [BIAS], "weight_names0": [KERNEL]},
        "a gap": {"weight_names0": [KERNEL], "weight_names2": [BIAS]},
        "not from zero": {"weight_names1": [KERNEL], "weight_names2": [BIAS]},
        "both": {"weight_names": [KERNEL, BIAS], "weight_names0": [KERNEL]},
    }[kind]
    with h5py.File(path, "a") as file:
        attributes = file["model_weights/dense_1"].attrs
        del attributes["weight_names"]
        for name, values in parts.items():
            attributes[name] = [v.encode() for v in values]
    return path


def listed_as(folder, name):
    return write_h5(folder / "model.h5", sequential(), listed=[KERNEL, name])


def of_dtype(folder, dtype):
    return of_tensors(folder, {name: value.astype(dtype) for name, value in TENSORS.items()})


def bfloat16(folder):
    """Two opaque bytes, and an attribute that says what they are (keras 3.0 saving_lib.py)."""
    path = of_tensors(folder, TENSORS)
    with h5py.File(path, "a") as file:
        group = file["model_weights/dense_1"]
        for name, value in TENSORS.items():
            del group[name]
            group[name] = (value.view(np.uint32) >> 16).astype(np.uint16).view("V2")
            group[name].attrs["dtype"] = "bfloat16"
    return path


def with_nan(folder):
    return of_tensors(folder, {KERNEL: np.full((5, 3), np.nan, "f4"), BIAS: np.array([np.inf, -np.inf, 1e-45], "f4")})


def zero_size(folder):
    model = sequential(units=0)
    return write_h5(folder / "model.h5", model, {KERNEL: np.ones((5, 0), "f4"), BIAS: np.ones(0, "f4")})


def no_bias(folder):
    """A scalar where a vector should be."""
    return of_tensors(folder, {KERNEL: TENSORS[KERNEL], BIAS: np.float32(1)})


def layers_listed(folder, *names):
    path = of_tensors(folder, TENSORS)
    with h5py.File(path, "a") as file:
        file["model_weights"].attrs["layer_names"] = [n.encode() for n in names]
    return path


def optimizer_weights(folder, kind):
    path = of_tensors(folder, TENSORS)
    with h5py.File(path, "a") as file:
        group = file.create_group("optimizer_weights")
        group.attrs["weight_names"] = {"gone": [b"gone"], "numbers": np.arange(3), "group": [b"inner"]}[kind]
        group.create_group("inner")
    return path


def positional(folder, layers, params):
    """Keras 0.x counts its groups; the numbers here are those of a liar."""
    path = folder / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = '{"name": "Sequential", "layers": [{"name": "Dense", "input_shape": [5]}]}'
        file.attrs["nb_layers"] = layers
        file.create_group("layer_0").attrs["nb_params"] = params
    return path
