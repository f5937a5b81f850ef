"""Masks where Keras 2 and today's Keras hand them on and read them differently, made explicit.

Keras 2 joins the masks of merged branches with AND and passes over branches without one; today's Add and the like take OR
and lose the mask if one branch has none, and Concatenate takes OR. Today's Bidirectional also sets masked steps to zero.
Where a layer that reads a mask would get another one than it used to, the mask is computed by stock operations and passed
as an argument; where none used to arrive and one would, an operation in front of the layer keeps it away.

tf.keras drops a mask at a layer that does not support it (Keras 2 refuses such a model), and its Bidirectional sets masked
steps to zero from 1.13 on, as today's does.
`handed_on.py` says which mask leaves a layer then and now, `readers.py` which layers read one, `computed.py` makes the operations.

Sources: keras 2.2.4 layers/merge.py, wrappers.py, embeddings.py, core.py `compute_mask`; `supports_masking` of every layer of
tensorflow 1.8 to 2.15, its engine/base_layer.py `_set_mask_metadata`; keras 3.15 src/layers/merging/base_merge.py,
concatenate.py, rnn/bidirectional.py, attention/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.spec import Call, LayerSpec, ModelSpec, Nest, Origin, Port, ports_in, walk
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.masks.computed import Computed
from kconvert.upgrade.masks.handed_on import handed_on_now, handed_on_then, of_custom, opaque
from kconvert.upgrade.masks.kinds import ATTENTION, READERS, STOP, Attended, Inherited, Mask, makes_mask
from kconvert.upgrade.masks.readers import is_replaced, read_then, reads
from kconvert.upgrade.order import calls_in_order

__all__ = ["makes_masks", "with_explicit_masks", "without_merged_masks"]


def makes_masks(model: ModelSpec) -> bool:
    """True where any layer at any depth makes a mask."""
    return any(makes_mask(layer) or _may_make_mask(layer, model.origin) for _, layer in walk(model))


def with_explicit_masks(model: ModelSpec, inherited: Sequence[Mask] = ()) -> ModelSpec:
    """The model with `mask` arguments, and the operations that compute them, wherever today's Keras would do otherwise.

    Raises:
        Rejected: the mask that a layer used to get cannot be computed where it stands.
    """
    return _Explicit(model, inherited).model() if makes_masks(model) or any(inherited) else model


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


def _may_make_mask(layer: LayerSpec, origin: Origin) -> bool:
    own = origin.custom.layer(layer.class_name)
    return own is not None and own.masks == "its own" and "compute_mask" in own.methods


class _Explicit:
    """Follows both Keras's rules through one graph, call by call, in an order in which inputs come first."""

    def __init__(self, model: ModelSpec, inherited: Sequence[Mask]) -> None:
        self._model = model
        self._then: dict[Port, Mask] = {}
        self._now: dict[Port, Mask] = {}
        self._kwargs: dict[tuple[str, int], dict[str, Mask | list[Mask]]] = {}
        self._unmasked: set[tuple[str, int]] = set()
        self._inner: dict[str, ModelSpec] = {}
        self._operations = Computed(model)
        for number, port in enumerate(ports_in(model.inputs)):
            if number < len(inherited) and inherited[number] is not None:
                self._then[port] = self._now[port] = Inherited(number)

    def model(self) -> ModelSpec:
        for layer, number in calls_in_order(self._model):
            self._follow(layer, number)
        layers = tuple(self._with_kwargs(layer) for layer in self._model.layers)
        added = tuple(self._operations.added)
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
            own = self._model.origin.custom.layer(layer.class_name)
            if own is not None:
                if own.reads_mask and then != now and "mask" not in layer.calls[number].kwargs:
                    self._kwargs[layer.name, number] = {"mask": then[0] if len(then) == 1 else then}
                    now = then
            elif layer.class_name in READERS and reads(layer, self._model):
                wanted = then[0] if then and read_then(layer, self._model.origin) else None
                if "mask" in layer.calls[number].kwargs:
                    pass  # the file says it
                elif wanted is not None and (wanted != now[0] or is_replaced(layer, self._model)):
                    self._kwargs[layer.name, number] = {"mask": wanted}
                    now = [wanted, *now[1:]]
                elif wanted is None and now and now[0] is not None:
                    self._unmasked.add((layer.name, number))
                    now = [None, *now[1:]]
            elif layer.class_name in ATTENTION:
                now = self._attended(layer, number, then, now)
            elif layer.class_name == "MultiHeadAttention":
                self._attended_by_many(layer, number)
                now = [None]
            if own is not None:  # its code decides, then as now
                then_out, now_out = of_custom(own, layer, then), of_custom(own, layer, now)
            else:
                then_out = handed_on_then(layer, inputs, then, self._model)
                now_out = handed_on_now(layer, inputs, now, self._model.origin)
        for output, mask in enumerate(then_out):
            self._then[Port(layer.name, number, output)] = mask
        for output, mask in enumerate(now_out):
            self._now[Port(layer.name, number, output)] = mask

    def _attended(self, layer: LayerSpec, number: int, then: list[Mask], now: list[Mask]) -> list[Mask]:
        """Attention and AdditiveAttention read the masks of the query and of the value."""
        if "mask" in layer.calls[number].kwargs or then[:2] == now[:2]:
            return now
        self._kwargs[layer.name, number] = {"mask": [then[0], then[1]]}
        return then

    def _attended_by_many(self, layer: LayerSpec, number: int) -> None:
        """MultiHeadAttention reads the masks of query, value and key from 2.10 on, and none before.

        Today's takes that of the query from its tensor alone, and takes it away there for all later readers: it gets
        none, but an attention mask of (batch, queries, values).
        """
        call = layer.calls[number]
        given = {"query": call.args[0], **{k: call.kwargs[k] for k in ("value", "key") if k in call.kwargs}}
        ports = {role: port for role, port in given.items() if isinstance(port, Port)}
        if any(self._now.get(port) is not None for port in ports.values()):
            self._unmasked.add((layer.name, number))
        if not keras_is(self._model.origin, ">=2.10"):
            return
        masks = {role: mask for role, port in ports.items() if (mask := self._then.get(port)) is not None}
        if masks:
            parts = tuple((role == "query", mask) for role, mask in masks.items())
            self._kwargs[layer.name, number] = {"attention_mask": Attended(parts, call.kwargs.get("attention_mask"))}

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
        return [then[m.number] if isinstance(m, Inherited) else opaque(m, layer) for m in inside.outputs()]

    def _with_kwargs(self, layer: LayerSpec) -> LayerSpec:
        calls = tuple(self._with_masks(layer, n) for n in range(len(layer.calls)))
        if layer.name in self._inner:
            return replace(layer, calls=calls, inner={"model": self._inner[layer.name]})
        return replace(layer, calls=calls)

    def _with_masks(self, layer: LayerSpec, number: int) -> Call:
        call = layer.calls[number]
        if (layer.name, number) in self._unmasked:
            call = call.on(lambda port: self._without(port, layer))
        masks: dict[str, Nest] = {
            name: [None if m is None else self._operations.port_of(m, layer) for m in mask]
            if isinstance(mask, list)
            else self._operations.port_of(mask, layer)
            for name, mask in self._kwargs.get((layer.name, number), {}).items()
        }
        return Call(call.args, {**call.kwargs, **masks}) if masks else call

    def _without(self, port: Port, reader: LayerSpec) -> Port:
        return port if self._now.get(port) is None else self._operations.without(port, reader)
