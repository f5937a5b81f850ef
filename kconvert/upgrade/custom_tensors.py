"""The tensors of a group that classes of the user's have a part in: how many, no map says.

Those of Keras's own layers are found by name; what is left over belongs to the user's. Where there are several of these,
their names or those of what holds them stand in the tensors' names; or else, being of one class, they have equal parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kconvert.errors import UnusedTensor
from kconvert.spec import LayerSpec
from kconvert.tensor import Tensor
from kconvert.upgrade.map_format import CustomEntry
from kconvert.upgrade.maps import HopMaps

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One slot of one leaf below a top-level layer; `owners` are the names that its tensor may carry as prefix."""

    path: Path
    slot: str
    owners: tuple[str, ...]
    trainable: bool


@dataclass(frozen=True, slots=True)
class CustomLayer:
    """A layer of the user's below a top-level layer, and the names that its tensors may carry."""

    path: Path
    class_name: str
    owners: tuple[str, ...]


def custom_layers(layer: LayerSpec, maps: HopMaps, above: Path = (), owners: Path = ()) -> Iterator[CustomLayer]:
    """All of them at every depth, in order."""
    path = (*above, layer.name)
    nested = layer.inner_model
    if nested is not None:
        for inner in nested.layers:
            yield from custom_layers(inner, maps, path)
        return
    owners = (layer.name, *owners)
    if isinstance(maps.find("layers", layer.class_name), CustomEntry):
        yield CustomLayer(path, layer.class_name, owners)
    for role, held in held_by(layer):
        prefix = {"forward_layer": "forward_", "backward_layer": "backward_"}.get(role, "")
        yield from custom_layers(held, maps, (*path, role), (prefix + held.name, *owners) if prefix else owners)


def divided(
    known: Sequence[Place], custom: Sequence[CustomLayer], stored: Sequence[Tensor]
) -> dict[tuple[Path, str], Tensor]:
    """Place -> tensor; a layer of the user's has its tensors under their own names.

    Args:
        known: the slots of Keras's own layers, in the file's order.

    Raises:
        UnusedTensor: there is no telling whose a tensor is.
    """
    found: dict[tuple[Path, str], Tensor] = {}
    rest = list(stored)
    for place in known:
        wanted = [f"{owner}{sign}{place.slot}" for owner in place.owners for sign in "/_"]
        matches = next((m for name in wanted if (m := [t for t in rest if name in names_in(t.name)])), [])
        if len(matches) != 1:
            raise _unclear(custom, stored, f"the {place.slot} of {place.path[-1]} is not found among them by name")
        found[place.path, place.slot] = matches[0]
        rest.remove(matches[0])
    for one, tensors in zip(custom, _parts(custom, rest), strict=True):
        found |= {(one.path, tensor.name): tensor for tensor in tensors}
    return found


def _parts(custom: Sequence[CustomLayer], rest: Sequence[Tensor]) -> Sequence[Sequence[Tensor]]:
    if len(custom) == 1:
        return [rest]
    by_name: list[list[Tensor]] = [[] for _ in custom]
    for tensor in rest:
        scopes = set(re.sub(r":\d+$", "", tensor.name).split("/")[:-1])
        nearest = [min((n for n, o in enumerate(one.owners) if o in scopes), default=99) for one in custom]
        if nearest.count(min(nearest)) != 1:
            break
        by_name[nearest.index(min(nearest))].append(tensor)
    else:
        return by_name
    if len({one.class_name for one in custom}) == 1 and len(rest) % len(custom) == 0:
        size = len(rest) // len(custom)
        return [rest[n * size : (n + 1) * size] for n in range(len(custom))]
    raise _unclear(custom, rest, "there is no telling by their names which of them has which")


def _unclear(custom: Sequence[CustomLayer], stored: Sequence[Tensor], because: str) -> UnusedTensor:
    layers = ", ".join(f"{one.class_name} {one.path[-1]}" for one in custom)
    return UnusedTensor(f"the file has {', '.join(t.name for t in stored)} for it and the custom {layers}; {because}")


def held_by(layer: LayerSpec) -> Iterator[tuple[str, LayerSpec]]:
    """The layers that a wrapper holds; a Bidirectional stores one, or names its two, and trains two."""
    if layer.class_name == "Bidirectional" and "layer" in layer.inner:
        held = next(layer.inner_layers())
        backward = layer.inner.get("backward_layer", held)
        assert isinstance(backward, LayerSpec)
        yield "forward_layer", held
        yield "backward_layer", backward
        return
    for role, held_by_role in layer.inner.items():
        if isinstance(held_by_role, LayerSpec):
            yield role, held_by_role
        elif isinstance(held_by_role, tuple):
            yield from ((f"{role}{i}", cell) for i, cell in enumerate(held_by_role))


def names_in(stored: str) -> tuple[str, str]:
    """`scope/dense_1/kernel:0` -> `dense_1/kernel` (Theano's scopes leak, TensorFlow adds the output's number); of Keras 1
    `dense_1/dense_1_W` -> `dense_1_W`."""
    parts = re.sub(r":\d+$", "", stored).split("/")
    return "/".join(parts[-2:]), parts[-1]
