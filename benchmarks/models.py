"""HDF5 files as Keras 2.2.4 wrote them, of architectures that people know, with random weights: made without any Keras.

Sources of the layout and of the configs: keras 2.2.4 engine/saving.py; keras_applications 1.0.6 vgg16.py, resnet50.py, mobilenet.py.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Shape = tuple[int, ...]
GATES = 4  # of an LSTM


class Net:
    """A model in the words of Keras 2.2.4, layer by layer; each layer follows the one before unless `after` says otherwise."""

    def __init__(self, shape: Sequence[int | None], dtype: str = "float32") -> None:
        self.layers: list[dict[str, Any]] = []
        self.weights: dict[str, dict[str, Shape]] = {}
        self.last = self.add(
            "InputLayer", {"batch_input_shape": [None, *shape], "dtype": dtype, "sparse": False}, after=()
        )
        self.first = self.last

    def add(
        self,
        class_name: str,
        config: dict[str, Any],
        weights: dict[str, Shape] | None = None,
        after: Sequence[str] | None = None,
    ) -> str:
        """The name of the new layer."""
        name = f"{class_name.lower()}_{1 + sum(la['class_name'] == class_name for la in self.layers)}"
        sources = (self.last,) if after is None else after
        self.layers.append(
            {
                "name": name,
                "class_name": class_name,
                "config": {"name": name, **({} if class_name == "InputLayer" else {"trainable": True}), **config},
                "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else [],
            }
        )
        self.weights[name] = weights or {}
        self.last = name
        return name

    def conv(self, channels: int, filters: int, size: int = 3, strides: int = 1, padding: str = "same",
             activation: str = "linear", use_bias: bool = True, after: Sequence[str] | None = None) -> str:  # fmt: skip
        """A Conv2D."""
        weights = {"kernel": (size, size, channels, filters)} | ({"bias": (filters,)} if use_bias else {})
        config = {"filters": filters, "kernel_size": [size, size], "strides": [strides, strides], "padding": padding,
                  "data_format": "channels_last", "dilation_rate": [1, 1], "activation": activation, "use_bias": use_bias,
                  **KERNEL, **BIAS}  # fmt: skip
        return self.add("Conv2D", config, weights, after)

    def depthwise(self, channels: int, strides: int) -> str:
        """A DepthwiseConv2D of MobileNet."""
        config = {"kernel_size": [3, 3], "strides": [strides, strides], "padding": "same" if strides == 1 else "valid",
                  "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear", "use_bias": False,
                  "depth_multiplier": 1, "depthwise_initializer": UNIFORM, "depthwise_regularizer": None,
                  "depthwise_constraint": None, **BIAS}  # fmt: skip
        return self.add("DepthwiseConv2D", config, {"depthwise_kernel": (3, 3, channels, 1)})

    def norm(self, channels: int) -> str:
        """A BatchNormalization."""
        config = {"axis": -1, "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True,
                  "beta_initializer": ZEROS, "gamma_initializer": ONES, "moving_mean_initializer": ZEROS,
                  "moving_variance_initializer": ONES, "beta_regularizer": None, "gamma_regularizer": None,
                  "beta_constraint": None, "gamma_constraint": None}  # fmt: skip
        return self.add(
            "BatchNormalization",
            config,
            dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (channels,)),
        )

    def dense(self, channels: int, units: int, activation: str = "linear") -> str:
        """A Dense."""
        config = {"units": units, "activation": activation, "use_bias": True, **KERNEL, **BIAS}
        return self.add("Dense", config, {"kernel": (channels, units), "bias": (units,)})

    def lstm(self, channels: int, units: int, return_sequences: bool) -> str:
        """An LSTM."""
        config = {"return_sequences": return_sequences, "return_state": False, "go_backwards": False, "stateful": False,
                  "unroll": False, "units": units, "activation": "tanh", "recurrent_activation": "hard_sigmoid",
                  "use_bias": True, "unit_forget_bias": True, "recurrent_initializer": UNIFORM,
                  "recurrent_regularizer": None, "recurrent_constraint": None, "dropout": 0.0, "recurrent_dropout": 0.0,
                  "implementation": 1, **KERNEL, **BIAS}  # fmt: skip
        wide = GATES * units
        return self.add(
            "LSTM", config, {"kernel": (channels, wide), "recurrent_kernel": (units, wide), "bias": (wide,)}
        )

    def pool(self, size: int, strides: int, after: Sequence[str] | None = None) -> str:
        """A MaxPooling2D."""
        return self.add("MaxPooling2D", {"pool_size": [size, size], "padding": "valid", "strides": [strides, strides],
                                         "data_format": "channels_last"}, after=after)  # fmt: skip

    def pad(self, sides: list[list[int]]) -> str:
        """A ZeroPadding2D."""
        return self.add("ZeroPadding2D", {"padding": sides, "data_format": "channels_last"})

    def relu(self) -> str:
        """An Activation."""
        return self.add("Activation", {"activation": "relu"})

    def write(self, path: Path) -> None:
        """The file, its numbers small enough that a deep model stays finite."""
        layers = self._as_listed()
        config = {"name": "model_1", "layers": layers, "input_layers": [[self.first, 0, 0]],
                  "output_layers": [[self.last, 0, 0]]}  # fmt: skip
        random = np.random.default_rng(7)
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"], file.attrs["backend"] = b"2.2.4", b"tensorflow"
            file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": config}).encode()
            group = file.create_group("model_weights")
            group.attrs["layer_names"] = [layer["name"].encode() for layer in layers]
            group.attrs["keras_version"], group.attrs["backend"] = b"2.2.4", b"tensorflow"
            for layer, shapes in ((la["name"], self.weights[la["name"]]) for la in layers):
                own = group.create_group(layer)
                own.attrs["weight_names"] = [f"{layer}/{weight}:0".encode() for weight in shapes]
                for weight, shape in shapes.items():
                    own[f"{layer}/{weight}:0"] = _numbers(random, weight, shape)

    def _as_listed(self) -> list[dict[str, Any]]:
        """As Keras lists the layers of a graph: those farthest from the output first (keras 2.2.4 engine/network.py)."""
        depths = {layer["name"]: 0 for layer in self.layers}
        for layer in reversed(self.layers):
            for source, *_ in itertools.chain(*layer["inbound_nodes"]):
                depths[source] = max(depths[source], depths[layer["name"]] + 1)
        return sorted(self.layers, key=lambda layer: -depths[layer["name"]])


def _numbers(random: np.random.Generator, weight: str, shape: Shape) -> np.ndarray[Any, Any]:
    drawn = random.random(shape, dtype=np.float32)
    if weight in ("gamma", "moving_variance"):
        drawn += np.float32(0.5)
        return drawn
    drawn -= np.float32(0.5)
    drawn *= np.float32(2.0 / np.sqrt(np.prod(shape[:-1], dtype=float) or 1.0))
    return drawn


ZEROS = {"class_name": "Zeros", "config": {}}
ONES = {"class_name": "Ones", "config": {}}
UNIFORM = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
}
KERNEL = {
    "kernel_initializer": UNIFORM,
    "kernel_regularizer": None,
    "kernel_constraint": None,
    "activity_regularizer": None,
}
BIAS = {"bias_initializer": ZEROS, "bias_regularizer": None, "bias_constraint": None}


def vgg16() -> Net:
    """138 million weights, most of them in one Dense layer."""
    net, channels = Net((224, 224, 3)), 3
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            net.conv(channels, filters, activation="relu")
            channels = filters
        net.pool(2, 2)
    net.add("Flatten", {"data_format": "channels_last"})
    net.dense(7 * 7 * 512, 4096, "relu")
    net.dense(4096, 4096, "relu")
    net.dense(4096, 1000, "softmax")
    return net


def resnet50() -> Net:
    """26 million weights in 53 convolutions."""
    net = Net((224, 224, 3))
    net.pad([[3, 3], [3, 3]])
    net.conv(3, 64, 7, 2, "valid")
    net.norm(64)
    net.relu()
    net.pad([[1, 1], [1, 1]])
    begin, channels = net.pool(3, 2), 64
    for width, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for number in range(blocks):
            strides = first if number == 0 else 1
            net.conv(channels, width, 1, strides, "valid", after=[begin])
            net.norm(width)
            net.relu()
            net.conv(width, width)
            net.norm(width)
            net.relu()
            net.conv(width, 4 * width, 1, 1, "valid")
            main = net.norm(4 * width)
            if number == 0:
                net.conv(channels, 4 * width, 1, strides, "valid", after=[begin])
                shortcut = net.norm(4 * width)
            else:
                shortcut = begin
            net.add("Add", {}, after=[main, shortcut])
            begin, channels = net.relu(), 4 * width
    net.add("GlobalAveragePooling2D", {"data_format": "channels_last"})
    net.dense(2048, 1000, "softmax")
    return net


def mobilenet() -> Net:
    """4 million weights in many small tensors."""
    net = Net((224, 224, 3))
    net.pad([[0, 1], [0, 1]])
    net.conv(3, 32, 3, 2, "valid", use_bias=False)
    channels = 32
    _bounded(net, channels)
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for filters, strides in plan:
        if strides == 2:
            net.pad([[0, 1], [0, 1]])
        net.depthwise(channels, strides)
        _bounded(net, channels)
        net.conv(channels, filters, 1, use_bias=False)
        _bounded(net, channels := filters)
    net.add("GlobalAveragePooling2D", {"data_format": "channels_last"})
    net.dense(1024, 1000, "softmax")
    return net


def _bounded(net: Net, channels: int) -> None:
    net.norm(channels)
    net.add("ReLU", {"max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0})


def lstm() -> Net:
    """Three LSTMs of 1024 units upon each other: 22 million weights."""
    net = Net((20, 256))
    net.lstm(256, 1024, True)
    net.lstm(1024, 1024, True)
    net.lstm(1024, 1024, False)
    net.dense(1024, 100, "softmax")
    return net


def dense() -> Net:
    """Eight Dense layers of 268 MB each: 2.1 GB."""
    net = Net((8192,))
    for _ in range(8):
        net.dense(8192, 8192, "relu")
    return net


MODELS: dict[str, Callable[[], Net]] = {
    "vgg16": vgg16, "resnet50": resnet50, "mobilenet": mobilenet, "lstm": lstm, "dense": dense
}  # fmt: skip


def made(name: str, folder: Path) -> Path:
    """The file of this model, made if it is not there yet."""
    path = folder / f"{name}.h5"
    if not path.exists():
        partial = path.with_suffix(".partial")
        MODELS[name]().write(partial)
        partial.rename(path)
    return path
