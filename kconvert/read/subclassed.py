"""A subclassed model in a SavedModel: what only its code could say, its serving signature says from outside.

The sources are those of `saved_model.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kconvert.definitions import Definitions
from kconvert.read.saved_model import SIGNATURE_DTYPES, SavedModel, has_layers

NO_CONFIG = "layer was saved without config"


def subclassed(saved: SavedModel, custom: Definitions) -> dict[str, Any] | None:
    """A subclassed model whose class the user's code defines, as a model that has it for its only layer; or else None.

    It takes and gives what the signature says, which numbers them: `input_1`, `output_1`.
    """
    found = saved.description()
    name, config = found.get("class_name"), found.get("config")
    if has_layers(config) or custom.layer(name) is None or (data := saved.served()) is None:
        return None
    own = config if isinstance(config, dict) and NO_CONFIG not in config else {}
    inputs = sorted((i for i in data["inputs"] if i["info"]), key=lambda i: _number(i["key"]))
    outputs = sum(1 for o in data["outputs"] if o["info"])
    layer = legal_name(str(name))
    sources = [_source(i["key"], i["info"]) for i in inputs]
    called = {"class_name": name, "name": layer, "config": {**own, "name": layer},
              "inbound_nodes": [[[s["name"], 0, 0, {}] for s in sources]]}  # fmt: skip
    ends = [[layer, 0, n] for n in range(outputs)]
    graph = {"name": f"{layer}_model", "layers": [*sources, called],
             "input_layers": [[s["name"], 0, 0] for s in sources], "output_layers": ends}  # fmt: skip
    said = {k: saved.root.metadata[k] for k in ("keras_version", "backend") if k in saved.root.metadata}
    return {**said, "class_name": "Functional", "config": graph}


def _number(key: str) -> tuple[str, int]:
    """`input_10` behind `input_2`."""
    name, _, number = key.rpartition("_")
    return (name, int(number)) if number.isdigit() else (key, 0)


def _source(key: str, info: Mapping[str, Any]) -> dict[str, Any]:
    """The InputLayer of one input of a signature."""
    dims = info["shape"]["dims"] if info["shape"] else []
    shape = [None if d["size"] in (-1, 2**64 - 1) else d["size"] for d in dims]
    config = {"name": key, "batch_input_shape": shape, "dtype": SIGNATURE_DTYPES.get(info["dtype"], "float32")}
    return {"class_name": "InputLayer", "name": key, "config": config, "inbound_nodes": []}


def legal_name(class_name: str) -> str:
    """What Keras calls a layer of this class: `MyModel` -> `my_model`."""
    parts = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", class_name.rpartition(">")[2])
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parts).lower()
