"""Names that today's Keras takes: `/`, spaces and other characters replaced, without two layers ending up the same.

Keras 3.15 refuses `/` when a layer is made and anything outside `[A-Za-z0-9_.\\/>-]` when it is called.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kconvert.spec import LayerSpec, ModelSpec, Port

LONGEST = 100


def with_legal_names(model: ModelSpec) -> tuple[ModelSpec, dict[str, str]]:
    """The model with legal names at every depth, and the table old -> new of those that changed (`outer/inner`)."""
    table: dict[str, str] = {}
    return _renamed_model(model, (), table), table


def legal_names(names: Iterable[str]) -> dict[str, str]:
    """Old -> new for the names of one model: legal ones stay, others never take a name that is there."""
    wanted = list(dict.fromkeys(names))
    taken = {n.lower() for n in wanted if legal(n) == n}
    result = {}
    for name in wanted:
        new = legal(name)
        if new != name:
            number = 1
            while new.lower() in taken:
                number += 1
                new = f"{legal(name)[: LONGEST - 6]}_{number}"
            taken.add(new.lower())
        result[name] = new
    return result


def legal(name: str) -> str:
    """The nearest legal name, whatever others there are."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    clean = re.sub(r"[^A-Za-z0-9_.-]", "_", ascii_name)[:LONGEST]
    return clean if re.match(r"[A-Za-z0-9]", clean) else f"layer_{clean.lstrip('_.-')}".rstrip("_") or "layer"


def _renamed_model(model: ModelSpec, parents: tuple[str, ...], table: dict[str, str]) -> ModelSpec:
    names = legal_names(layer.name for layer in model.layers)
    own = legal(model.name)
    if own != model.name and not parents:
        table[model.name] = own

    def port(old: Port) -> Port:
        return replace(old, layer=names[old.layer])

    layers = []
    for layer in model.layers:
        if names[layer.name] != layer.name:
            table["/".join((*parents, layer.name))] = "/".join((*parents, names[layer.name]))
        renamed = replace(layer, name=names[layer.name])
        layers.append(_renamed_inside(renamed, (*parents, layer.name), table))
    return replace(model, name=own, layers=tuple(layers)).on(port)


def _renamed_inside(layer: LayerSpec, parents: tuple[str, ...], table: dict[str, str]) -> LayerSpec:
    inner: dict[str, Any] = {}
    for role, held in layer.inner.items():
        if isinstance(held, ModelSpec):
            inner[role] = replace(_renamed_model(held, parents, table), name=layer.name)
        elif isinstance(held, LayerSpec):
            inner[role] = _renamed_inside(replace(held, name=legal(held.name)), parents, table)
        else:
            inner[role] = tuple(_renamed_inside(replace(c, name=legal(c.name)), parents, table) for c in held)
    return replace(layer, inner=inner)
