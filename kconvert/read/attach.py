"""Gives each group of stored tensors to the layers that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kconvert.errors import ConversionFailed, MissingTensor, UnusedTensor
from kconvert.spec import ModelSpec, Pool, Tensor

Groups = tuple[tuple[str, ...], ...]
Stored = Mapping[str, Mapping[str, Tensor]]


def with_tensors(model: ModelSpec, groups: Groups, stored: Stored, is_positional: bool) -> ModelSpec:
    """The model with its tensors at its top-level layers, or in pools where several layers share a group.

    Groups are found by name. Where the names are those of another session, Keras counts, and so does this: the n-th
    group is that of the n-th layer (keras 1.2.2 engine/topology.py `load_weights_from_hdf5_group`).

    Raises:
        ConversionFailed: there are more or fewer groups than layers, or one for a layer that is not there.
    """
    names = {name for group in groups for name in group}
    strangers = [name for name, tensors in stored.items() if tensors and name not in names]
    if is_positional or (strangers and len(stored) == len(groups)):
        if len(stored) != len(groups):
            kind = MissingTensor if len(stored) < len(groups) else UnusedTensor
            raise ConversionFailed([kind(f"the file has {len(stored)} groups of tensors for {len(groups)} layers")])
        placed = dict(zip(groups, stored.values(), strict=True))
    elif strangers:
        raise ConversionFailed(
            UnusedTensor(f"{len(stored[name])} tensors are stored for a layer that the model does not have", layer=name)
            for name in strangers
        )
    else:
        placed = {group: stored.get(group[0], {}) for group in groups}
    own = {group[0]: tensors for group, tensors in placed.items() if len(group) == 1}
    pools = tuple(Pool(group, tensors) for group, tensors in placed.items() if len(group) > 1)
    layers = tuple(replace(layer, tensors=own.get(layer.name, {})) for layer in model.layers)
    return replace(model, layers=layers, pools=pools)
