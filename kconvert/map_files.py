"""Where the built-in maps are, and which layer classes they name: what can be said without making sense of them."""

from __future__ import annotations

import functools
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from kconvert.spec import Dialect

OP_LAYERS = frozenset(
    ["TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty"]
)
"""Layers that call a function of TensorFlow, which has a table of its own."""
_SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is several times faster


def layer_maps_folder() -> Path:
    """Where the built-in maps are: inside the installed package, or beside it in a checkout."""
    installed = Path(str(files("kconvert"))) / "layer_maps"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[1] / "layer_maps"


def map_folder(old: Dialect) -> Path:
    """The folder of the maps from `old` to the next dialect, or from keras3 to the keras3 of today."""
    new = Dialect(old + 1) if old < Dialect.keras3 else old
    return layer_maps_folder() / f"{old.name}_to_{new.name}"


def known_layers(dialect: Dialect) -> frozenset[str]:
    """The layer classes that the built-in maps of this dialect know, op layers included."""
    op_layers = OP_LAYERS if dialect == Dialect.keras2 else frozenset()
    return op_layers | _known(dialect, "layers")


def known_activations(dialect: Dialect) -> frozenset[str]:
    """The functions that the built-in maps of this dialect know as activations."""
    return _known(dialect, "activations")


@functools.cache
def _known(dialect: Dialect, section: str) -> frozenset[str]:
    maps = [yaml.load(p.read_bytes(), Loader=_SAFE_LOADER) for p in map_folder(dialect).glob("*.yaml")]
    return frozenset().union(*(m.get(section) or {} for m in maps))


class StrictLoader(_SAFE_LOADER):  # type: ignore[misc, valid-type]
    """Refuses a mapping with the same key twice, where PyYAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are all different."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping
