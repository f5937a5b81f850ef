"""What `layer_maps/layouts.yaml` says, read once."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kconvert.map_files import StrictLoader, layer_maps_folder


@dataclass(frozen=True, slots=True)
class Facts:
    """The words of the file; `spatial` and the like are turned round: class -> number of spatial axes."""

    spatial: Mapping[str, int]
    global_pooling: Mapping[str, int]
    convolutional_recurrent: Mapping[str, int]
    spatial_dropout: Mapping[str, int]
    elementwise: frozenset[str]
    dropout: frozenset[str]
    merges: frozenset[str]
    by_axis: Mapping[str, tuple[str, ...]]
    on_last_axis: Mapping[str, str]
    activations: frozenset[str]
    operations: Mapping[str, frozenset[str]]

    def is_elementwise(self, activation: Any) -> bool:
        """Does an activation, as a config names it, look at each number by itself? What is not known may not."""
        if isinstance(activation, Mapping):
            return activation.get("class_name") in self.elementwise
        return activation is None or activation in self.activations


@functools.cache
def facts() -> Facts:
    """Those of the file."""
    said = yaml.load((layer_maps_folder() / "layouts.yaml").read_bytes(), Loader=StrictLoader)
    return Facts(
        spatial=_turned_round(said["spatial"]),
        global_pooling=_turned_round(said["global_pooling"]),
        convolutional_recurrent=_turned_round(said["convolutional_recurrent"]),
        spatial_dropout=_turned_round(said["spatial_dropout"]),
        elementwise=frozenset(said["elementwise"]),
        dropout=frozenset(said["dropout"]),
        merges=frozenset(said["merges"]),
        by_axis={name: tuple(tensors) for name, tensors in said["by_axis"].items()},
        on_last_axis=said["on_last_axis"],
        activations=frozenset(said["activations"]["elementwise"]),
        operations={word: frozenset(names) for word, names in said["operations"].items()},
    )


def _turned_round(said: Mapping[int, list[str]]) -> dict[str, int]:
    return {name: axes for axes, names in said.items() for name in names}
