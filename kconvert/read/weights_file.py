"""The weights of a `.keras` file or a `.weights.h5`: groups by object path, variables by number.

`layers/conv2d_1/vars/0` is the first variable of the second Conv2D of the model's layers; the layers' own names are not
used. Inside a layer the path follows its attributes: `layers/bidirectional/forward_layer/cell/vars/0`. Keras 2.12 and 2.13
say `_layer_checkpoint_dependencies` for `layers`, and count layers with variables twice there.

Sources: keras 2.12.0 saving/saving_lib.py, engine/functional.py `_layer_checkpoint_dependencies`; keras 2.15.0
src/saving/saving_lib.py; keras 3.0.5 and 3.15.1 src/saving/saving_lib.py; all `_save_state`, `_save_container_state`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kconvert.errors import BrokenGraph, CorruptSource
from kconvert.read.hdf5 import HDF5File
from kconvert.read.stored import Stored
from kconvert.spec import LayerSpec, ModelSpec

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
OF_TRAINING = (
    "optimizer",
    "metrics",
    "_metrics",
    "compiled_metrics",
    "loss_tracker",
    "_compile_metrics",
    "compile_metrics",
)
DEEPEST = 60
VARIABLES = "vars"
OPERATION = "Operation>"  # one of Keras 3 that is no layer


def is_by_path(file: HDF5File) -> bool:
    """True for a file of this layout."""
    return not file.has_weights and any(name in CONTAINERS for name in file.names(()))


def objects_of(file: HDF5File) -> Stored:
    """The model, and by attribute all objects that have a group.

    Raises:
        CorruptSource: groups that are nested too deep or hold something else.
    """
    return _object(file, (), 0)


def training_names(root: Stored) -> list[str]:
    """The names of the tensors of optimizer and metrics."""
    found = (root.parts[name] for name in OF_TRAINING if name in root.parts)
    return [tensor.name for part in found for tensor in part.everything()]


def _object(file: HDF5File, path: tuple[str, ...], depth: int) -> Stored:
    if depth > DEEPEST:
        raise CorruptSource(f"{file.path}: groups nested deeper than {DEEPEST}, which no Keras writes")
    one = Stored()
    for name in file.names(path):
        if not file.holds_group((*path, name)):
            one.tensors[name] = file.tensor((*path, name))  # no Keras writes one here: it will be missed nowhere
        elif name == VARIABLES:
            for number in sorted(file.names((*path, name)), key=_number):
                one.tensors[number] = file.tensor((*path, name, number))
        else:
            one.parts[name] = _object(file, (*path, name), depth + 1)
    return one


def _number(name: str) -> tuple[int, str]:
    return (int(name) if name.isdigit() else -1, name)


@dataclass(slots=True)
class ByClass:
    """The layout: each class of layer is counted for itself.

    An object that is reached twice is written where it is reached first: a layer that is used both in a model and in one
    inside it has its tensors at one of the two places only, and is known by its class and name.
    """

    seen: dict[tuple[str, str], tuple[LayerSpec, Stored]] = field(default_factory=dict)

    def of_layers(self, model: ModelSpec, stored: Stored) -> Iterable[Stored | None]:
        """By the order among the layers of the same class, in the order in which Keras saves them."""
        container = next((stored.parts[name] for name in CONTAINERS if name in stored.parts), Stored())
        return self._matched(model.layers, container, model.name)

    def of_list(self, layers: Sequence[LayerSpec], stored: Stored) -> Sequence[Stored | None]:
        """Likewise."""
        return list(self._matched(layers, stored, "cells"))

    def _matched(self, layers: Sequence[LayerSpec], container: Stored, where: str) -> Iterator[Stored | None]:
        """Lazily: what an earlier layer holds has been seen when a later one is asked for.

        A layer that is left without a group will miss its tensors.
        """
        groups: dict[str, list[Stored]] = {}
        for name, part in sorted(container.parts.items(), key=lambda item: _counted(item[0])):
            groups.setdefault(_counted(name)[0], []).append(part)
        waiting: dict[str, list[LayerSpec]] = {}
        for layer in layers:
            if layer.class_name.startswith(OPERATION):
                continue
            waiting.setdefault(_group_name(layer), []).append(layer)
        for layer in layers:
            if layer.class_name.startswith(OPERATION):
                yield None
                continue
            name = _group_name(layer)
            left, seen = groups.get(name, []), None
            missing = len(waiting[name]) - len(left)
            if missing > 0:
                elsewhere = sum(self._seen(other) is not None for other in waiting[name])
                if missing < elsewhere:
                    raise BrokenGraph(
                        f"it or another layer of this name shares its tensors with a layer inside {where!r}, and the "
                        "file does not say which: give the layers different names and save again",
                        layer=layer.name, class_name=layer.class_name,
                    )  # fmt: skip
                seen = self._seen(layer)
            waiting[name].pop(0)
            if seen is None and left:
                seen = left.pop(0)
                self.seen[layer.class_name, layer.name] = (layer, seen)
            yield seen

    def _seen(self, layer: LayerSpec) -> Stored | None:
        known, found = self.seen.get((layer.class_name, layer.name), (None, None))
        return found if known is not None and _without_ids(known.config) == _without_ids(layer.config) else None


def _without_ids(config: Any) -> Any:
    """Objects that occur a second time are marked with their address in the memory of then."""
    if isinstance(config, Mapping):
        return {k: _without_ids(v) for k, v in config.items() if k != "shared_object_id"}
    return [_without_ids(v) for v in config] if isinstance(config, list) else config


def _counted(name: str) -> tuple[str, int]:
    """`conv2d_1` -> `conv2d`, 1."""
    match = re.fullmatch(r"(.+)_(\d+)", name)
    return (match[1], int(match[2])) if match else (name, 0)


def _group_name(layer: LayerSpec) -> str:
    """The class in snake case; a model is saved as what it is (keras utils/generic_utils.py `to_snake_case`)."""
    class_name = "Functional" if layer.class_name == "Model" else layer.class_name.rsplit(">", maxsplit=1)[-1]
    parted = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", parted).lower()
    return f"private{snake}" if snake.startswith("_") else snake
