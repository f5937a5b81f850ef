"""Masks where Keras 2 and today's Keras hand them on and read them differently, made explicit.

Keras 2 joins the masks of merged branches with AND and passes over branches without one; today's Add and the like take OR
and lose the mask if one branch has none, and Concatenate takes OR. Today's Bidirectional also sets masked steps to zero.
Where a layer that reads a mask would get another one than it used to, the mask is computed by stock operations and passed
as an argument; where none used to arrive and one would, an operation in front of the layer keeps it away.

tf.keras drops a mask at a layer that does not support it (Keras 2 refuses such a model), and its Bidirectional sets masked
steps to zero from 1.13 on, as today's does.

Sources: keras 2.2.4 layers/merge.py, wrappers.py, embeddings.py, core.py `compute_mask`; `supports_masking` of every layer of
tensorflow 1.8 to 2.15, its engine/base_layer.py `_set_mask_metadata`; keras 3.15 src/layers/merging/base_merge.py,
concatenate.py, rnn/bidirectional.py, attention/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kconvert.definitions import Definition
from kconvert.errors import Rejected
from kconvert.spec import Call, LayerSpec, ModelSpec, Nest, Origin, Port, map_ports, ports_in, walk
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.order import calls_in_order

MERGES = frozenset(["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
RECURRENT = frozenset(
    [
        "SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "ConvRNN2D", "CuDNNLSTM", "CuDNNGRU",
        "LSTMV1", "LSTMV2", "UnifiedLSTM", "GRUV1", "GRUV2", "UnifiedGRU",
    ]
)  # fmt: skip
ATTENTION = frozenset(["Attention", "AdditiveAttention"])
READERS = RECURRENT | {"Bidirectional", "GlobalAveragePooling1D", "Softmax", "TimeDistributed"}
STOP = "ops.copy"  # hands no mask on, as no operation does
WITHOUT = frozenset(["Dot", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "InputLayer"])
PASSING = frozenset(
    [
        "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "BatchNormalizationV1",
        "BatchNormalizationV2", "SyncBatchNormalization", "Dense", "Dropout", "FixedDropout", "ELU", "GaussianDropout",
        "GaussianNoise", "GroupNormalization", "LayerNormalization", "LeakyReLU", "PReLU", "ReLU", "Softmax",
        "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "ThresholdedReLU", "TimeDistributed",
        "UnitNormalization",
    ]
)  # fmt: skip
"""Layers behind which their input's mask is there again, in tf.keras and today."""
PASSING_SINCE = {"ReLU": ">=2.5", "BatchNormalization": ">=2.1.6"}
"""Where tf.keras's earlier releases did not."""
PASSING_TODAY = frozenset(["Identity", "Normalization", "Rescaling", "RandomHeight", "RandomWidth"])
"""What tf.keras did not pass at all."""


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
class Attended:
    """What MultiHeadAttention makes of several masks: (is it the query's?, mask), and of the call's own."""

    parts: tuple[tuple[bool, Mask], ...]
    given: Port | None


@dataclass(frozen=True, slots=True)
class Inherited:
    """The mask that the surrounding model hands to the n-th input."""

    number: int


Mask = Source | Joined | Attended | Inherited | None


def makes_masks(model: ModelSpec) -> bool:
    """True where any layer at any depth makes a mask."""
    return any(_makes_mask(layer) or _may_make_mask(layer, model.origin) for _, layer in walk(model))


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
        self._kwargs: dict[tuple[str, int], dict[str, Mask | list[Mask]]] = {}
        self._unmasked: set[tuple[str, int]] = set()
        self._inner: dict[str, ModelSpec] = {}
        self._added: list[LayerSpec] = []
        self._ports: dict[Mask | Port, Port] = {}
        for number, port in enumerate(ports_in(model.inputs)):
            if number < len(inherited) and inherited[number] is not None:
                self._then[port] = self._now[port] = Inherited(number)

    def model(self) -> ModelSpec:
        for layer, number in calls_in_order(self._model):
            self._follow(layer, number)
        layers = tuple(self._with_kwargs(layer) for layer in self._model.layers)
        added = tuple(self._added)
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
            elif layer.class_name in READERS and _reads(layer, self._model):
                wanted = then[0] if then and _read_then(layer, self._model.origin) else None
                if "mask" in layer.calls[number].kwargs:
                    pass  # the file says it
                elif wanted is not None and (wanted != now[0] or _is_replaced(layer, self._model)):
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
                then_out, now_out = _of_custom(own, layer, then), _of_custom(own, layer, now)
            else:
                then_out = _then(layer, inputs, then, self._model)
                now_out = _now(layer, inputs, now, self._model.origin)
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
        return [then[m.number] if isinstance(m, Inherited) else _opaque(m, layer) for m in inside.outputs()]

    def _with_kwargs(self, layer: LayerSpec) -> LayerSpec:
        calls = tuple(self._with_masks(layer, n) for n in range(len(layer.calls)))
        if layer.name in self._inner:
            return replace(layer, calls=calls, inner={"model": self._inner[layer.name]})
        return replace(layer, calls=calls)

    def _with_masks(self, layer: LayerSpec, number: int) -> Call:
        call = layer.calls[number]
        if (layer.name, number) in self._unmasked:
            args, kwargs = map_ports((call.args, dict(call.kwargs)), lambda port: self._without_mask(port, layer))
            call = Call(args, kwargs)
        masks: dict[str, Nest] = {
            name: [None if m is None else self._computed(m, layer) for m in mask]
            if isinstance(mask, list)
            else self._computed(mask, layer)
            for name, mask in self._kwargs.get((layer.name, number), {}).items()
        }
        return Call(call.args, {**call.kwargs, **masks}) if masks else call

    def _without_mask(self, port: Port, reader: LayerSpec) -> Port:
        """The same values behind an operation, which hands no mask on."""
        if self._now.get(port) is None:
            return port
        if port not in self._ports:
            self._ports[port] = self._add("ops.copy", {}, (port,), f"{reader.name}_unmasked")
        return self._ports[port]

    def _computed(self, mask: Mask, reader: LayerSpec) -> Port:
        """The port of an operation that computes this mask; one operation serves all readers."""
        if mask not in self._ports:
            self._ports[mask] = self._operation(mask, reader)
        return self._ports[mask]

    def _operation(self, mask: Mask, reader: LayerSpec) -> Port:
        name = f"{reader.name}_mask"
        if isinstance(mask, Source):
            differs = self._add("ops.not_equal", {}, (mask.port, mask.value or 0), name)
            return differs if mask.value is None else self._add("ops.any", {"axis": -1}, (differs,), name)
        if isinstance(mask, Joined) and mask.how == "and":
            return self._all_of([self._computed(part, reader) for part in mask.parts], name)
        if isinstance(mask, Joined) and mask.how == "any step":
            return self._add("ops.any", {"axis": -1}, (self._computed(mask.parts[0], reader),), name)
        if isinstance(mask, Attended):
            ports = [
                self._add("ops.expand_dims", {"axis": -1 if is_query else -2}, (self._computed(part, reader),), name)
                for is_query, part in mask.parts
            ]
            if isinstance(mask.given, Port):
                ports.append(self._add("ops.cast", {"dtype": "bool"}, (mask.given,), name))
            return self._all_of(ports, name)
        raise Rejected("the mask that it used cannot be computed here", layer=reader.name, class_name=reader.class_name)

    def _all_of(self, ports: Sequence[Port], name: str) -> Port:
        result = ports[0]
        for port in ports[1:]:
            result = self._add("ops.logical_and", {}, (result, port), name)
        return result

    def _add(self, operation: str, config: Mapping[str, Any], args: tuple[Nest, ...], name: str) -> Port:
        taken = {layer.name for layer in (*self._model.layers, *self._added)}
        number = 0
        while (free := f"{name}{number or ''}") in taken:
            number += 1
        self._added.append(LayerSpec(operation, free, config, (Call(args),)))
        return Port(free)


def _may_make_mask(layer: LayerSpec, origin: Origin) -> bool:
    own = origin.custom.layer(layer.class_name)
    return own is not None and own.masks == "its own" and "compute_mask" in own.methods


def _of_custom(own: Definition, layer: LayerSpec, masks: Sequence[Mask]) -> list[Mask]:
    """The mask of the output of a class of the user's; one that its code computes is known to nobody else."""
    first = masks[0] if masks else None
    if own.masks == "its own":
        return [Joined(f"by {layer.name}", tuple(masks))] if any(masks) or "compute_mask" in own.methods else [None]
    return [first if own.masks == "passed" else None]


def _makes_mask(layer: LayerSpec) -> bool:
    return layer.class_name == "Masking" or (layer.class_name == "Embedding" and bool(layer.config.get("mask_zero")))


def _reads(layer: LayerSpec, model: ModelSpec) -> bool:
    """A TimeDistributed reads a mask only for a recurrent layer inside."""
    if layer.class_name != "TimeDistributed":
        return True
    return any(h.class_name in RECURRENT | {"Bidirectional"} for h in layer.inner_layers())


def _read_then(layer: LayerSpec, origin: Origin) -> bool:
    """tf.keras's layers learned to read masks: GlobalAveragePooling1D with 1.13, Softmax with TensorFlow 2.4.

    Raises:
        Rejected: a Softmax of TensorFlow 2.3 or 2.4, which both call themselves Keras 2.4.0.
    """
    if origin.package != "tf.keras":
        return True
    if layer.class_name == "GlobalAveragePooling1D":
        return keras_is(origin, ">=2.2.4")
    return layer.class_name != "Softmax" or keras_is(origin, ">=2.4.0")


def _is_replaced(layer: LayerSpec, model: ModelSpec) -> bool:
    """Layers whose rules must know that a mask comes: a Softmax, a Bidirectional that differs, an LSTM on CNTK."""
    on_cntk = layer.class_name == "LSTM" and model.origin.backend == "cntk"
    return layer.class_name in ("Softmax", "Bidirectional") or on_cntk


def _hands_no_mask_on(layer: LayerSpec, origin: Origin) -> bool:
    """A Bidirectional that its rule takes apart where a mask is passed ends in a merge of sequences without masks."""
    (held, *_) = layer.inner_layers()
    zero = all(zeroes_masked_steps(direction, origin) for direction in layer.inner_layers())
    return bool(held.config.get("return_sequences")) and (not zero or has_unequal_directions(layer))


def has_unequal_directions(layer: LayerSpec) -> bool:
    """A Bidirectional whose two layers have different numbers of units, which today's cannot infer a shape for."""
    units = {held.config.get("units", held.config.get("filters")) for held in layer.inner_layers()}
    return len(units) > 1


def zeroes_masked_steps(direction: LayerSpec, origin: Origin) -> bool:
    """Does this layer of a Bidirectional that returns sequences give zeros at masked steps, as today's does?

    tf.keras tells it to from 1.13 on, but the LSTM and GRU of TensorFlow 2.0 and 2.1 do not listen where they could run on
    CuDNN (2.1 python/keras/layers/recurrent_v2.py `standard_lstm`). Those of 2.2 do, and name their tensors after the cell;
    those of 1.x, whose initializers say their dtype, are others.
    """
    if origin.package != "tf.keras" or not keras_is(origin, ">=2.2.4"):
        return False
    if not keras_is(origin, "<2.4") or not direction.class_name.startswith(("LSTM", "GRU", "Unified")):
        return True
    config = direction.config
    could_run_on_cudnn = (
        (config.get("activation"), config.get("recurrent_activation")) == ("tanh", "sigmoid")
        and not config.get("recurrent_dropout")
        and not config.get("unroll")
        and config.get("use_bias", True)
        and config.get("reset_after", True)
    )
    initializer = config.get("kernel_initializer") or {}
    is_of_tensorflow_1 = "dtype" in (initializer.get("config") or {})
    is_named_after_cell = any("_cell" in tensor.name for tensor in direction.tensors.values())
    return not could_run_on_cudnn or is_of_tensorflow_1 or is_named_after_cell


def _then(layer: LayerSpec, inputs: Sequence[Port], masks: list[Mask], model: ModelSpec) -> list[Mask]:
    """The masks of a call's outputs by Keras 2's rules."""
    first = masks[0] if masks else None
    if layer.class_name.startswith("ops."):  # an op layer of tf.keras hands no mask on
        is_part_of_a_layer = model.origin.package == "keras" and layer.class_name != STOP
        return [first if is_part_of_a_layer else None]
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
    if layer.class_name in ATTENTION:
        return [first]
    if layer.class_name == "TimeDistributed" and any(_makes_mask(h) for h in layer.inner_layers()):
        return [Joined(f"inside {layer.name}", ())]
    return [first if _passed_then(layer, model.origin) else None]


def _passed_then(layer: LayerSpec, origin: Origin) -> bool:
    if origin.package != "tf.keras":
        return True  # a layer that cannot take a mask refused it
    if layer.class_name == "MultiHeadAttention":
        return keras_is(origin, ">=2.10")
    if layer.class_name in PASSING_SINCE:
        return keras_is(origin, PASSING_SINCE[layer.class_name])
    return layer.class_name in PASSING


def _now(layer: LayerSpec, inputs: Sequence[Port], masks: list[Mask], origin: Origin) -> list[Mask]:
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
        return [None if _hands_no_mask_on(layer, origin) else m for m in _recurrent(layer, first)]
    return [first if layer.class_name in PASSING | PASSING_TODAY | ATTENTION | {"MultiHeadAttention"} else None]


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
