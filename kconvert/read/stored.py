"""Tensors that a container keeps by object: which object of the model, and which attribute of it, is in the path.

HDF5 of Keras 1 and 2 lists a layer's tensors flat. A checkpoint's object graph and the weights of a `.keras` file say for
each tensor whose it is: here every layer at every depth receives its own, under the attribute (`cell/kernel`) or the
number (`cell/0`) that the path ends with. Which slot that is, the layer maps know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from kconvert.errors import BrokenGraph, Problem
from kconvert.read.vocabulary import is_learned, with_vocabulary
from kconvert.spec import Inner, LayerSpec, ModelSpec
from kconvert.tensor import Tensor

LISTS = frozenset(
    ["variables", "trainable_variables", "non_trainable_variables", "regularization_losses", "metrics",
     "layer_metrics", "layer_regularization_losses"]
)  # fmt: skip
"""Attributes under which an object's variables are listed a second time."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What is kept for one object: its own tensors, texts, and the objects that it holds, each by attribute or number."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: dict[str, Stored] = field(default_factory=dict)

    def everything(self) -> Iterator[Tensor]:
        """All tensors of this object and of what it holds, each once."""
        seen: set[str] = set()
        for _, tensor in self.addressed():
            if tensor.name not in seen:
                seen.add(tensor.name)
                yield tensor

    def addressed(self) -> Iterator[tuple[str, Tensor]]:
        """Path from here and tensor, the nearest first; an object that is held twice is passed once."""
        for path, one in self.walk():
            yield from ((f"{path}{key}", tensor) for key, tensor in one.tensors.items())

    def walk(self) -> Iterator[tuple[str, Stored]]:
        """Path from here (`cell/`) and object, this one (``) first, lists of what is elsewhere left out."""
        waiting: list[tuple[str, Stored]] = [("", self)]
        seen = {id(self)}
        while waiting:
            path, one = waiting.pop(0)
            yield path, one
            for key, part in one.parts.items():
                if id(part) not in seen and key not in LISTS:
                    seen.add(id(part))
                    waiting.append((f"{path}{key}/", part))


class Layout(Protocol):
    """How a container addresses the objects in a list of them."""

    def of_layers(self, model: ModelSpec, stored: Stored) -> Iterable[Stored | None]:
        """For each layer of a model what is stored for it; the next is asked for when the one before is dealt with."""
        ...

    def of_list(self, layers: Sequence[LayerSpec], stored: Stored) -> Sequence[Stored | None]:
        """For each layer of a list (the cells of StackedRNNCells) what is stored for it."""
        ...


def with_stored(model: ModelSpec, stored: Stored, layout: Layout) -> ModelSpec:
    """The model, each layer at every depth with its own tensors.

    Raises:
        Problem: the container does not have the layers that the architecture says.
    """
    layers = [
        layer if found is None else _with_own(layer, found, layout)
        for layer, found in zip(model.layers, layout.of_layers(model, stored), strict=True)
    ]
    return replace(model, layers=tuple(layers), addressed=True)


def _with_own(layer: LayerSpec, stored: Stored, layout: Layout) -> LayerSpec:
    nested = layer.inner_model
    if nested is not None:
        try:
            return replace(layer, inner={"model": with_stored(nested, stored, layout)})
        except Problem as problem:
            raise problem.inside(layer.name) from None
    inner: dict[str, Inner] = {}
    taken: list[Stored] = []
    for role, held in _roles(layer).items():
        part = stored.parts.get(role)
        if part is None or isinstance(held, ModelSpec):
            inner[role] = held
            continue
        taken.append(part)
        if isinstance(held, LayerSpec):
            inner[role] = _with_own(held, part, layout)
        else:
            found = layout.of_list(held, part)
            inner[role] = tuple(c if p is None else _with_own(c, p, layout) for c, p in zip(held, found, strict=True))
    rest = replace(stored, parts={k: p for k, p in stored.parts.items() if not any(p is t for t in taken)})
    elsewhere = {t.name for part in taken for t in part.everything()}
    own: dict[str, Tensor] = {}
    for path, tensor in rest.addressed():
        if tensor.name not in elsewhere:
            elsewhere.add(tensor.name)
            own[path] = tensor
    learned = {a: t for a, t in own.items() if is_learned(a)}
    words = next((one.texts["vocabulary"] for _, one in rest.walk() if "vocabulary" in one.texts), None)
    try:
        config = with_vocabulary(layer.class_name, layer.config, words, learned)
    except Problem as problem:
        problem.class_name = layer.class_name
        raise problem.inside(layer.name) from None
    return replace(layer, config=config, tensors={a: t for a, t in own.items() if a not in learned}, inner=inner)


def _roles(layer: LayerSpec) -> Mapping[str, Inner]:
    """What a layer holds, by attribute: a Bidirectional is made of one layer (or two) and holds two."""
    if layer.class_name != "Bidirectional" or "layer" not in layer.inner:
        return layer.inner
    forward = layer.inner["layer"]
    return {"forward_layer": forward, "backward_layer": layer.inner.get("backward_layer", forward)}


@dataclass(frozen=True, slots=True)
class ByNumber:
    """The layout of checkpoints: `layer-3` is the fourth of the model's layers.

    Until TensorFlow 2.1 a Sequential's input counts as one of them, from 2.2 on it does not.
    Sources: tensorflow 2.1 python/keras/engine/network.py, 2.4 python/keras/engine/functional.py
    `_layer_checkpoint_dependencies`, 2.4 python/keras/engine/sequential.py `layers`.
    """

    def of_layers(self, model: ModelSpec, stored: Stored) -> Sequence[Stored | None]:
        """`layer-0`, `layer-1`, ..."""
        count = sum(key.startswith("layer-") for key in stored.parts)
        skipped = 1 if model.sequential and count == len(model.layers) - 1 else 0
        names = [f"layer-{n - skipped}" for n in range(len(model.layers))]
        if count != len(names) - skipped or any(name not in stored.parts for name in names[skipped:]):
            raise BrokenGraph(
                f"the architecture has {len(model.layers)} layers, the checkpoint {count}: they are not of one model",
                layer=model.name,
            )
        return [stored.parts.get(name) for name in names]

    def of_list(self, layers: Sequence[LayerSpec], stored: Stored) -> Sequence[Stored | None]:
        """`0`, `1`, ..."""
        return [stored.parts.get(str(n)) for n in range(len(layers))]
