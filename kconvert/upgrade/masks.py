"""Masks where Keras 2 and today's Keras hand them on differently, made explicit.

Keras 2 joins the masks of merged branches with AND and passes over branches without one; today's Add and the like take OR
and lose the mask if one branch has none, and Concatenate takes OR. Today's Bidirectional also sets masked steps to zero.
Where a layer that reads a mask would get another one than it used to, the mask is computed by stock operations and passed
as an argument.

Sources: keras 2.2.4 layers/merge.py, wrappers.py, embeddings.py, core.py `compute_mask`; keras 3.15
src/layers/merging/base_merge.py, concatenate.py, rnn/bidirectional.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kconvert.errors import Rejected
from kconvert.spec import Call, LayerSpec, ModelSpec, Port, ports_in, walk

MERGES = frozenset(["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
RECURRENT = frozenset(["SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM2D", "ConvRNN2D", "CuDNNLSTM", "CuDNNGRU"])
READERS = RECURRENT | {"Bidirectional", "GlobalAveragePooling1D", "Softmax", "TimeDistributed"}
STOP = "ops.copy"  # hands no mask on, as no operation does
WITHOUT = frozenset(["Dot", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "InputLayer"])


@dataclass(frozen=True, slots=True)
class Source:
    """A mask that a layer makes from its input: an Embedding's ids, or Masking's `value`."""

    port: Port
    value: float | None  # None: an Embedding, id 0 is masked


@dataclass(frozen=True, slots=True)
class Joined:
    """Several masks as one; `how`: and, or, or something that neither Keras computes from them alone."""

    how: str
    parts: tuple[Mask, ...]


@dataclass(frozen=True, slots=True)
class Inherited:
    """The mask that the surrounding model hands to the n-th input."""

    number: int


Mask = Source | Joined | Inherited | None


def makes_masks(model: ModelSpec) -> bool:
    """True where any layer at any depth makes a mask."""
    return any(_makes_mask(layer) for _, layer in walk(model))


def with_explicit_masks(model: ModelSpec, inherited: Sequence[Mask] = ()) -> ModelSpec:
    """The model with `mask` arguments, and the operations that compute them, wherever today's Keras would do otherwise.

    Raises:
        Rejected: the mask that a layer used to get cannot be computed where it stands.
    """
    return _Explicit(model, inherited).model() if makes_masks(model) or any(inherited) else model


class _Explicit:
    """Follows both Keras's rules through one graph, call by call, in an order in which inputs come first."""

    def __init__(self, model: ModelSpec, inherited: Sequence[Mask]) -> None:
        self._model = model
        self._then: dict[Port, Mask] = {}
        self._now: dict[Port, Mask] = {}
        self._kwargs: dict[tuple[str, int], Mask] = {}
        self._inner: dict[str, ModelSpec] = {}
        self._added: dict[Mask, LayerSpec] = {}
        for number, port in enumerate(ports_in(model.inputs)):
            if number < len(inherited) and inherited[number] is not None:
                self._then[port] = self._now[port] = Inherited(number)

    def model(self) -> ModelSpec:
        for layer, number in _in_order(self._model):
            self._follow(layer, number)
        layers = tuple(self._with_kwargs(layer) for layer in self._model.layers)
        added = tuple(self._added.values())
        return (
            replace(self._model, layers=(*layers, *added))
            if added or self._inner
            else replace(self._model, layers=layers)
        )

    def outputs(self) -> list[Mask]:
        """What the model's outputs carried (after `model`)."""
        return [self._then.get(port) for port in ports_in(self._model.outputs)]

    def _follow(self, layer: LayerSpec, number: int) -> None:
        inputs = list(ports_in(layer.calls[number].args))
        then = [self._then.get(p) for p in inputs]
        now = [self._now.get(p) for p in inputs]
        if layer.inner_model is not None:
            then_out = now_out = self._nested(layer, then, now)
        else:
            if layer.class_name in READERS and _reads(layer, self._model):
                wanted = then[0] if then else None
                if wanted is not None and (wanted != now[0] or _is_replaced(layer, self._model)):
                    self._kwargs[layer.name, number] = wanted
                    now = [wanted, *now[1:]]
                elif wanted is None and now and now[0] is not None:
                    raise Rejected("today's Keras would mask it", layer=layer.name, class_name=layer.class_name)
            then_out = _then(layer, inputs, then, self._model)
            now_out = _now(layer, inputs, now)
        for output, mask in enumerate(then_out):
            self._then[Port(layer.name, number, output)] = mask
        for output, mask in enumerate(now_out):
            self._now[Port(layer.name, number, output)] = mask

    def _nested(self, layer: LayerSpec, then: list[Mask], now: list[Mask]) -> list[Mask]:
        nested = layer.inner_model
        assert nested is not None
        if then != now:
            raise Rejected(
                "a mask reaches this model that today's Keras would not hand on",
                layer=layer.name,
                class_name=layer.class_name,
            )
        inside = _Explicit(nested, then)
        changed = inside.model()
        if layer.name in self._inner and self._inner[layer.name] != changed and changed is not nested:
            raise Rejected("its calls carry different masks", layer=layer.name, class_name=layer.class_name)
        self._inner[layer.name] = changed
        return [then[m.number] if isinstance(m, Inherited) else _opaque(m, layer) for m in inside.outputs()]

    def _with_kwargs(self, layer: LayerSpec) -> LayerSpec:
        calls = tuple(
            Call(call.args, {**call.kwargs, "mask": self._computed(self._kwargs[layer.name, n], layer)})
            if (layer.name, n) in self._kwargs
            else call
            for n, call in enumerate(layer.calls)
        )
        if layer.name in self._inner:
            return replace(layer, calls=calls, inner={"model": self._inner[layer.name]})
        return replace(layer, calls=calls)

    def _computed(self, mask: Mask, reader: LayerSpec) -> Port:
        """The port of an operation that computes this mask; one operation serves all readers."""
        if mask not in self._added:
            self._added[mask] = self._operation(mask, reader)
        return Port(self._added[mask].name)

    def _operation(self, mask: Mask, reader: LayerSpec) -> LayerSpec:
        name = f"{reader.name}_mask{len(self._added) or ''}"
        if isinstance(mask, Source):
            differs = LayerSpec(
                "ops.not_equal", name, {}, (Call((mask.port, 0 if mask.value is None else mask.value)),)
            )
            if mask.value is None:
                return differs
            differs = replace(differs, name=f"{name}_steps")
            self._added[Joined("steps", (mask,))] = differs
            return LayerSpec("ops.any", name, {"axis": -1}, (Call((Port(differs.name),)),))
        if isinstance(mask, Joined) and mask.how == "and":
            ports = [self._computed(part, reader) for part in mask.parts]
            first = ports[0]
            for i, port in enumerate(ports[1:-1]):
                step = LayerSpec("ops.logical_and", f"{name}_{i}", {}, (Call((first, port)),))
                self._added[Joined(step.name, ())] = step
                first = Port(step.name)
            return LayerSpec("ops.logical_and", name, {}, (Call((first, ports[-1])),))
        raise Rejected("the mask that it used cannot be computed here", layer=reader.name, class_name=reader.class_name)


def _in_order(model: ModelSpec) -> list[tuple[LayerSpec, int]]:
    """All calls, each after the calls whose outputs it takes."""
    waiting = [(layer, n) for layer in model.layers for n in range(len(layer.calls))]
    done: set[tuple[str, int]] = set()
    order = []
    while waiting:
        ready = [(la, n) for la, n in waiting if all((p.layer, p.call) in done for p in la.calls[n].ports())]
        if not ready:
            break  # a cycle or a missing layer: `read` has named it already
        order += ready
        done.update((layer.name, n) for layer, n in ready)
        waiting = [(la, n) for la, n in waiting if (la.name, n) not in done]
    return order


def _makes_mask(layer: LayerSpec) -> bool:
    return layer.class_name == "Masking" or (layer.class_name == "Embedding" and bool(layer.config.get("mask_zero")))


def _reads(layer: LayerSpec, model: ModelSpec) -> bool:
    """A TimeDistributed reads a mask only for a recurrent layer inside."""
    if layer.class_name != "TimeDistributed":
        return True
    return any(h.class_name in RECURRENT | {"Bidirectional"} for h in layer.inner_layers())


def _is_replaced(layer: LayerSpec, model: ModelSpec) -> bool:
    """Layers whose rules must know that a mask comes: a Softmax, a Bidirectional of sequences, an LSTM on CNTK."""
    on_cntk = layer.class_name == "LSTM" and model.origin.backend == "cntk"
    return layer.class_name == "Softmax" or on_cntk or _is_zeroing(layer)


def _is_zeroing(layer: LayerSpec) -> bool:
    """Today's Bidirectional gives zeros at masked steps; its rule replaces it where a mask is passed."""
    return layer.class_name == "Bidirectional" and any(h.config.get("return_sequences") for h in layer.inner_layers())


def _then(layer: LayerSpec, inputs: Sequence[Port], masks: list[Mask], model: ModelSpec) -> list[Mask]:
    """The masks of a call's outputs by Keras 2's rules."""
    first = masks[0] if masks else None
    if _makes_mask(layer):
        return [_made(layer, inputs)]
    if layer.class_name in WITHOUT or layer.class_name in ("Embedding", STOP):
        return [None]
    if layer.class_name in MERGES or (layer.class_name == "Concatenate" and _joins_features(layer)):
        return [_and(masks)]
    if layer.class_name == "Concatenate":
        return [None if all(m is None for m in masks) else Joined("concatenated", tuple(masks))]
    if layer.class_name in RECURRENT or layer.class_name == "Bidirectional":
        return _recurrent(layer, first)
    if layer.class_name == "TimeDistributed" and any(
        h.class_name in RECURRENT and not h.config.get("return_sequences") for h in layer.inner_layers()
    ):
        return [None if first is None else Joined("any step", (first,))]
    return [first]


def _now(layer: LayerSpec, inputs: Sequence[Port], masks: list[Mask]) -> list[Mask]:
    """The masks of a call's outputs by today's rules."""
    first = masks[0] if masks else None
    if _makes_mask(layer):
        return [_made(layer, inputs)]
    if layer.class_name in WITHOUT | {"Embedding", "Softmax"} or layer.class_name.startswith("ops."):
        return [None]  # Softmax: its rule makes it an operation
    if layer.class_name in MERGES:
        return [None if None in masks else _or(masks)]
    if layer.class_name == "Concatenate":
        if all(m is None for m in masks):
            return [None]
        return [_or(masks) if _joins_features(layer) else Joined("concatenated", tuple(masks))]
    if layer.class_name in RECURRENT:
        return _recurrent(layer, first)
    if layer.class_name == "Bidirectional":
        return [None if _is_zeroing(layer) else m for m in _recurrent(layer, first)]
    return [first]


def _made(layer: LayerSpec, inputs: Sequence[Port]) -> Mask:
    value = float(layer.config.get("mask_value", 0.0)) if layer.class_name == "Masking" else None
    return Source(inputs[0], value)


def _recurrent(layer: LayerSpec, mask: Mask) -> list[Mask]:
    held: LayerSpec = next(layer.inner_layers(), layer) if layer.class_name == "Bidirectional" else layer
    config: Mapping[str, Any] = held.config
    first = mask if config.get("return_sequences") else None
    both = layer.class_name == "Bidirectional" and layer.config.get("merge_mode") is None
    return [first, first] if both else [first]


def _joins_features(layer: LayerSpec) -> bool:
    return int(layer.config.get("axis", -1)) != 1


def _and(masks: Sequence[Mask]) -> Mask:
    parts = tuple(dict.fromkeys(m for m in masks if m is not None))
    return None if not parts else parts[0] if len(parts) == 1 else Joined("and", parts)


def _or(masks: Sequence[Mask]) -> Mask:
    parts = tuple(dict.fromkeys(masks))
    return parts[0] if len(parts) == 1 else Joined("or", parts)


def _opaque(mask: Mask, layer: LayerSpec) -> Mask:
    return None if mask is None else Joined(f"inside {layer.name}", (mask,))


def without_merged_masks(model: ModelSpec) -> ModelSpec:
    """Keras 0.x: no Merge hands a mask on (0.3.3 layers/core.py `Merge.get_output_mask`); an operation after it says so."""
    if not makes_masks(model):
        return model
    layers: list[LayerSpec] = []
    for layer in model.layers:
        if layer.class_name == "Merge":
            source = f"{layer.name}_with_mask"
            layers.append(replace(layer, name=source))
            calls = tuple(Call((Port(source, number),)) for number in range(len(layer.calls)))
            layers.append(LayerSpec(STOP, layer.name, {}, calls))
        else:
            layers.append(layer)
    return replace(model, layers=tuple(layers))
