"""Which vocabulary is a config written in? The version says it; without one, the words do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.version import Version

from kconvert.read.architecture import is_keras0
from kconvert.spec import Dialect

KERAS1_CLASSES = frozenset({
    "Convolution1D", "Convolution2D", "Convolution3D", "AtrousConvolution1D", "AtrousConvolution2D", "Deconvolution2D",
    "SeparableConvolution2D", "Merge", "Graph", "SReLU", "ParametricSoftplus", "TimeDistributedDense",
})  # fmt: skip
KERAS1_ARGUMENTS = frozenset({
    "init", "inner_init", "nb_filter", "border_mode", "W_regularizer", "W_constraint", "dim_ordering", "consume_less",
    "input_dtype", "inner_activation", "pool_length", "p", "sigma",
})  # fmt: skip
KERAS2_ARGUMENTS = frozenset({
    "kernel_initializer", "units", "filters", "rate", "padding", "data_format", "recurrent_initializer",
    "embeddings_initializer", "dtype",
})  # fmt: skip


def dialect_of(data: Mapping[str, Any], version: str | None) -> Dialect:
    """The dialect of an architecture.

    MaxoutDense and Highway have the same arguments in Keras 1 and 2, so the first word that belongs to one alone counts.
    """
    if is_keras0(data):
        return Dialect.keras0
    if version is not None:
        release = Version(version.split("-")[0])
        return Dialect.keras1 if release < Version("2") else Dialect[f"keras{min(release.major, 3)}"]
    for class_name, config in layers_in(data):
        if class_name == "InputLayer" and "batch_shape" in config:
            return Dialect.keras3
        if class_name in KERAS1_CLASSES or KERAS1_ARGUMENTS & config.keys():
            return Dialect.keras1
        if KERAS2_ARGUMENTS & config.keys():
            return Dialect.keras2
    return Dialect.keras3 if "registered_name" in data else Dialect.keras2


def layers_in(data: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Class and config of every layer at every depth, in order."""
    waiting = [data]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Mapping):
            class_name, config = value.get("class_name"), value.get("config")
            if isinstance(class_name, str) and isinstance(config, Mapping):
                yield class_name, config
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
