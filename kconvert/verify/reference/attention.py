"""Attention, AdditiveAttention, MultiHeadAttention and EinsumDense.

What a mask hides gets -1e9 added in single precision before the softmax; where everything is hidden the shares are equal.
Sources: tensorflow 2.1, 2.4 keras/layers/dense_attention.py, multi_head_attention.py, einsum_dense.py; keras 2.15
src/layers/attention/*.py, core/einsum_dense.py; keras 3.0.5 src/layers/attention/*.py, core/einsum_dense.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation, softmax
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.values import Result, Value, wide

Scores = Callable[[Layer, Array, Array], Array]


def attended(scores_of: Scores) -> Callable[..., Result]:
    """The function of a class whose scores are computed by `scores_of`."""

    def call(
        layer: Layer,
        inputs: Sequence[Value],
        mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
        **kwargs: Any,
    ) -> Result:
        q, v, k = (inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else inputs[1])
        given = [None if m is None else m.array.astype(bool) for m in mask] if mask else [x.mask for x in inputs]
        scores = scores_of(layer, wide(q.array), wide(k.array))
        hidden: Array | None = None
        if given[1] is not None:
            if layer.facts.dialect is Dialect.keras3:
                raise Lacking("Keras 3 treats the mask of the value in several ways, and the file does not say which")
            hidden = ~given[1][:, None, :]
        if layer.get("causal", False) or use_causal_mask:
            later = ~np.tril(np.ones(scores.shape[-2:], bool))[None]
            hidden = later if hidden is None else hidden | later
        weights = softmax(_without(scores, hidden))
        result = weights @ wide(v.array)
        if given[0] is not None:
            result = result * given[0][..., None]
        output = Value(result, given[0])
        return (output, Value(weights)) if return_attention_scores else output

    return call


def _without(scores: Array, hidden: Array | None) -> Array:
    if hidden is None:
        return scores
    return (scores.astype(np.float32) - np.float32(1e9) * hidden.astype(np.float32)).astype(np.float64)


def dot_scores(layer: Layer, q: Array, k: Array) -> Array:
    """`Attention`: products, or from Keras 2.10 on also sums (`score_mode`)."""
    scale = layer.tensor("scale") if layer.has("scale") else 1.0
    if layer.get("score_mode", "dot") == "dot":
        scores: Array = q @ np.swapaxes(k, -1, -2) * scale
        return scores
    summed: Array = np.tanh(scale * (q[..., :, None, :] + k[..., None, :, :])).sum(axis=-1)
    return layer.tensor("concat_score_weight") * summed


def sum_scores(layer: Layer, q: Array, k: Array) -> Array:
    """`AdditiveAttention`."""
    scale = layer.tensor("scale") if layer.has("scale") else 1.0
    scores: Array = (scale * np.tanh(q[..., :, None, :] + k[..., None, :, :])).sum(axis=-1)
    return scores


def attention_slots(layer: Layer) -> tuple[Slot, ...]:
    """`scale` if asked for, and the weight of summed scores."""
    names = ["scale"] if layer.get("use_scale", False) else []
    return tuple(Slot(n) for n in [*names, *(["concat_score_weight"] if layer.get("score_mode") == "concat" else [])])


def multi_head(
    layer: Layer,
    query: Value,
    value: Value,
    key: Value | None = None,
    attention_mask: Value | None = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
    **kwargs: Any,
) -> Result:
    """`MultiHeadAttention`. It heeds the masks of its inputs from Keras 2.10 on."""
    allowed = None if attention_mask is None else attention_mask.array.astype(bool)
    heeds = layer.facts.dialect is Dialect.keras3 or layer.facts.since("2.10.0")
    if heeds:
        parts = [m[:, None, :] for m in (value.mask, None if key is None else key.mask) if m is not None]
        parts += [query.mask[:, :, None]] if query.mask is not None else []
        if use_causal_mask:
            parts.append(np.tril(np.ones((query.shape[1], value.shape[1]), bool))[None])
        for part in parts:
            allowed = part if allowed is None else allowed & part
    if layer.get("attention_axes") not in (None, [1], (1,), 1) or query.array.ndim != 3:
        return _several_axes(layer, query, value, key or value, allowed, return_attention_scores, heeds)
    q, k, v = _projected(layer, query, value, key or value)
    q = q / np.sqrt(float(layer.get("key_dim")))
    scores = np.einsum("btnh,bsnh->bnts", q, k)
    if allowed is not None and allowed.ndim < 4:
        allowed = allowed[:, None]
    weights = softmax(_without(scores, None if allowed is None else ~allowed))
    heads = np.einsum("bnts,bsnh->btnh", weights, v)
    y = np.tensordot(heads, layer.tensor("output_dense/kernel"), 2)
    y = y + layer.tensor("output_dense/bias") if layer.has("output_dense/bias") else y
    output = Value(y, query.mask if heeds else None)
    return (output, Value(weights)) if return_attention_scores else output


def _several_axes(
    layer: Layer, query: Value, value: Value, key: Value, allowed: Array | None, with_scores: bool, heeds: bool
) -> Result:
    """Attention along several axes at once: they are brought together behind the others."""
    rank = query.array.ndim
    axes = layer.get("attention_axes") or list(range(1, rank - 1))
    axes = [axes] if isinstance(axes, int) else list(axes)
    if allowed is not None or with_scores:
        raise Lacking("a mask or scores along several axes of attention")
    rest = [n for n in range(1, rank - 1) if n not in axes]
    q, k, v = _projected(layer, query, value, key)
    order = [0, *rest, rank - 1, *axes, rank]  # batch, free axes, heads, attended axes, size of a head
    moved = [np.transpose(a, order) for a in (q, k, v)]
    flat = [a.reshape(*a.shape[: 2 + len(rest)], -1, a.shape[-1]) for a in moved]
    weights = softmax(flat[0] / np.sqrt(float(layer.get("key_dim"))) @ np.swapaxes(flat[1], -1, -2))
    heads = (weights @ flat[2]).reshape(*moved[0].shape[:-1], flat[2].shape[-1])
    y = np.tensordot(np.transpose(heads, np.argsort(order)), layer.tensor("output_dense/kernel"), 2)
    return Value(
        y + layer.tensor("output_dense/bias") if layer.has("output_dense/bias") else y, query.mask if heeds else None
    )


def _projected(layer: Layer, query: Value, value: Value, key: Value) -> list[Array]:
    made = []
    for name, x in (("query", query), ("key", key), ("value", value)):
        y = np.tensordot(wide(x.array), layer.tensor(f"{name}_dense/kernel"), 1)
        made.append(y + layer.tensor(f"{name}_dense/bias") if layer.has(f"{name}_dense/bias") else y)
    return made


def einsum_dense(layer: Layer, x: Value) -> Value:
    """`EinsumDense`."""
    y = np.einsum(layer.get("equation").replace(" ", ""), wide(x.array), layer.tensor("kernel"))
    y = y + layer.tensor("bias") if layer.has("bias") else y
    return Value(activation(layer)(y), x.mask if layer.facts.dialect is Dialect.keras3 else None)


def _einsum_slots(layer: Layer) -> tuple[Slot, ...]:
    return (Slot("kernel"), *([Slot("bias")] if layer.get("bias_axes") else []))


HEADS = slots(*(f"{n}_dense/{t}" for n in ("query", "key", "value", "output") for t in ("kernel", "bias?use_bias")))

KERAS2: dict[str, Rule] = {
    "AdditiveAttention": Rule(
        attended(sum_scores), lambda layer: (Slot("scale"),) if layer.get("use_scale", True) else ()
    ),
    "Attention": Rule(attended(dot_scores), attention_slots),
    "EinsumDense": Rule(einsum_dense, _einsum_slots),
    "MultiHeadAttention": Rule(multi_head, HEADS),
}
KERAS3: dict[str, Rule] = {**KERAS2}
