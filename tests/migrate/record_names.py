"""Writes kconvert/migrate/keras3_names.txt: what today's Keras offers in public, one path a line."""

import inspect
import sys
from pathlib import Path

import keras

MODULES = ("activations", "applications", "backend", "callbacks", "config", "constraints", "datasets", "initializers", "layers", "losses",
           "metrics", "models", "ops", "optimizers", "random", "regularizers", "saving", "utils")  # fmt: skip


def names():
    """All paths: functions, classes and modules."""
    found = {f"keras.{n}" for n in dir(keras) if not n.startswith("_")}
    for module in MODULES:
        found |= {f"keras.{module}.{n}" for n in dir(getattr(keras, module)) if not n.startswith("_")}
    return sorted(found)


def reserved():
    """Attributes of a layer or model that cannot be set."""
    kinds = (keras.layers.Layer, keras.Model)
    return sorted(
        {f"Layer.{n}" for k in kinds for n, v in inspect.getmembers(k, lambda v: isinstance(v, property))
         if v.fset is None and not n.startswith("_")}
    )  # fmt: skip


if __name__ == "__main__":
    text = "\n".join([*names(), *reserved()]) + "\n"
    sys.stdout.write(text) if "-" in sys.argv else Path(__file__).parents[2].joinpath(
        "kconvert/migrate/keras3_names.txt"
    ).write_text(text)
