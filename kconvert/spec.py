"""A model as plain values: what `read` produces, `upgrade` rewrites and `rebuild` consumes.

Everything here is frozen and knows no framework. A stage returns a new value and never edits its input.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from packaging.version import Version

from kconvert.definitions import NO_DEFINITIONS, Definitions
from kconvert.tensor import Tensor

__all__ = [
    "Call", "Config", "Dialect", "Inner", "LayerSpec", "ModelSpec", "Nest", "Origin", "Pool", "Port", "Signature", "Tensor",
    "Training", "map_ports", "ports_in", "ports_in_keras_order", "stored_tensors", "walk",
]  # fmt: skip

Config = Mapping[str, Any]
Nest = Any  # a Port, a constant, or a list, tuple or dict of Nests


class Dialect(enum.IntEnum):
    """The vocabulary that a config is written in, not the version that wrote it."""

    keras0 = 0
    keras1 = 1
    keras2 = 2
    keras3 = 3


@dataclass(frozen=True, slots=True)
class Port:
    """One output of one call of one layer of the same model."""

    layer: str
    call: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer. Ports may stand anywhere inside `args` and `kwargs`."""

    args: tuple[Nest, ...] = ()
    kwargs: Mapping[str, Nest] = field(default_factory=dict)

    def ports(self) -> Iterator[Port]:
        """All ports that this call takes, in order."""
        yield from ports_in((self.args, dict(self.kwargs)))

    def on(self, new: Callable[[Port], Any]) -> Call:
        """The same use of `new(port)` in place of every port."""
        return Call(*map_ports((self.args, dict(self.kwargs)), new))


def ports_in(nest: Nest) -> Iterator[Port]:
    """All ports in nested lists, tuples and dicts, in order."""
    if isinstance(nest, Port):
        yield nest
    elif isinstance(nest, Mapping):
        for value in nest.values():
            yield from ports_in(value)
    elif isinstance(nest, list | tuple):
        for value in nest:
            yield from ports_in(value)


def ports_in_keras_order(nest: Nest) -> Iterator[Port]:
    """All ports as Keras flattens what a model takes or gives: a dict by its keys."""
    if isinstance(nest, Mapping):
        for key in sorted(nest):
            yield from ports_in_keras_order(nest[key])
    elif isinstance(nest, list | tuple):
        for value in nest:
            yield from ports_in_keras_order(value)
    elif isinstance(nest, Port):
        yield nest


def map_ports(nest: Nest, new: Callable[[Port], Any]) -> Nest:
    """The same nest with `new(port)` in place of every port."""
    if isinstance(nest, Port):
        return new(nest)
    if isinstance(nest, Mapping):
        return {key: map_ports(value, new) for key, value in nest.items()}
    if isinstance(nest, list | tuple):
        return type(nest)(map_ports(value, new) for value in nest)
    return nest


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer and all its uses.

    Attributes:
        class_name: the class in the model's dialect; a stock operation is a layer too: `ops.pad`.
        name: unique in its model.
        config: the arguments. Nested objects (initializers, activations) stay as the file wrote them.
        calls: the uses, in order; a layer inside a wrapper has none.
        tensors: slot -> Tensor. Before the slots are known, the file's own names in the file's order, or, where the
            model is `addressed`, attribute or number in this layer: `kernel`, `cell/kernel`, `0`, `cell/0`.
        inner: role -> what this layer holds: `model` -> ModelSpec; `layer`, `forward_layer`,
            `backward_layer`, `cell` -> LayerSpec; `cells` -> tuple of LayerSpec.
    """

    class_name: str
    name: str
    config: Config
    calls: tuple[Call, ...] = ()
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    inner: Mapping[str, Inner] = field(default_factory=dict)

    def on(self, new: Callable[[Port], Any]) -> LayerSpec:
        """The same layer, all of its calls on `new(port)` in place of every port."""
        return replace(self, calls=tuple(call.on(new) for call in self.calls))

    def inner_layers(self) -> Iterator[LayerSpec]:
        """The layers directly inside a wrapper or cell (not those of a nested model)."""
        for held in self.inner.values():
            if isinstance(held, LayerSpec):
                yield held
            elif isinstance(held, tuple):
                yield from held

    @property
    def inner_model(self) -> ModelSpec | None:
        """The nested model, if this layer is one."""
        held = self.inner.get("model")
        return held if isinstance(held, ModelSpec) else None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model comes from, as far as the file itself proves it.

    Attributes:
        path: what the user named.
        kind: `hdf5`, `keras`, `savedmodel`, `json+hdf5`, `yaml+hdf5`, `json+checkpoint`, `json+weights.h5`, ...
        keras: lowest and highest release that can have written it (equal where the file says it); None = open end.
        package: `keras` or `tf.keras`.
        backend: `theano`, `tensorflow`, `cntk`, or None where the file does not say.
        evidence: question -> what answered it, for the report.
        hints: what the user said: `data_format` (source_data_format), `input_shape`.
        is_trained_on: the model shall go on with its training: weights may be moved, but not computed with.
        custom: what the user's own code defines.
    """

    path: str
    kind: str
    keras: tuple[Version | None, Version | None] = (None, None)
    package: str = "keras"
    backend: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, Any] = field(default_factory=dict)
    is_trained_on: bool = False
    custom: Definitions = NO_DEFINITIONS


@dataclass(frozen=True, slots=True)
class Pool:
    """A flat list of tensors that belongs to several layers of one model, in their order."""

    layers: tuple[str, ...]
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a server calls: names and dtypes of inputs and outputs, as the file has them."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Training:
    """How a model was trained, as far as the file says.

    Attributes:
        config: the file's own training configuration (optimizer, losses, metrics), untouched; None where it has none.
        tensors: of the optimizer, by the file's names in the file's order.
        damage: why these cannot be read, where they cannot: nothing else needs them.
    """

    config: Any = None
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    damage: str = ""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A graph of layers.

    Attributes:
        layers: in the file's order; a Sequential's too, with an InputLayer in front and calls like any graph.
        inputs, outputs: nests of Ports, in the model's own order.
        sequential: the file had it as a Sequential; it stays one as long as its layers form a chain.
        training: how it was trained, where the file says so.
        pools: tensors that several layers share one flat list of, as Keras 0.x stores them.
        addressed: every layer at every depth holds its own tensors; otherwise a layer of the outermost model holds all
            that are below it.
        signature: the serving signature of a SavedModel.
    """

    dialect: Dialect
    name: str
    layers: tuple[LayerSpec, ...]
    inputs: Nest
    outputs: Nest
    origin: Origin
    sequential: bool = False
    config: Config = field(default_factory=dict)
    training: Training | None = None
    pools: tuple[Pool, ...] = ()
    addressed: bool = False
    signature: Signature | None = None

    def layer(self, name: str) -> LayerSpec:
        """The layer of this name (KeyError if there is none)."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def on(self, new: Callable[[Port], Port]) -> ModelSpec:
        """The same model with `new(port)` in place of every port; layers that it holds have ports of their own."""
        layers = tuple(layer.on(new) for layer in self.layers)
        return replace(self, layers=layers, inputs=map_ports(self.inputs, new), outputs=map_ports(self.outputs, new))

    @property
    def is_chain(self) -> bool:
        """True where each layer is used once, on nothing but the layer before it, from one input to one output."""
        before: Port | None = None
        for layer in self.layers:
            if len(layer.calls) != 1:
                return False
            call = layer.calls[0]
            if call.kwargs or call.args != (() if before is None else (before,)):
                return False
            before = Port(layer.name)
        return list(ports_in(self.outputs)) == [before] and len(list(ports_in(self.inputs))) == 1


Inner = LayerSpec | ModelSpec | tuple[LayerSpec, ...]


def walk(model: ModelSpec, parents: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], LayerSpec]]:
    """Every layer at every depth with the names above it: nested models, wrapped layers and cells included."""
    for layer in model.layers:
        yield from _walk_layer(layer, parents)


def stored_tensors(model: ModelSpec) -> Iterator[Tensor]:
    """Every tensor of a model, at every depth, those that layers share a list of included."""
    for _, layer in walk(model):
        yield from layer.tensors.values()
    for pool in model.pools:
        yield from pool.tensors.values()


def _walk_layer(layer: LayerSpec, parents: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], LayerSpec]]:
    yield parents, layer
    below = (*parents, layer.name)
    for held in layer.inner_layers():
        yield from _walk_layer(held, below)
    for value in layer.inner.values():
        if isinstance(value, ModelSpec):
            yield from walk(value, below)
