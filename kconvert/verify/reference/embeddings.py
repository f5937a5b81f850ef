"""Embedding, and the pair of them in WordContextProduct.

Sources: keras 0.2.0, 0.3.3, 1.2.2, 2.0.8, 2.2.4 layers/embeddings.py; tensorflow 2.4 keras/layers/embeddings.py; keras 3.0.5
src/layers/core/embedding.py.
"""

from __future__ import annotations

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.activations import activation
from kconvert.verify.reference.layer import Layer, Rule, slots
from kconvert.verify.reference.values import Value


def embedded(layer: Layer, x: Value) -> Value:
    """`Embedding`: a row for each number. Keras 0.3 drops rows in training and makes all smaller at test time."""
    table = layer.tensor("embeddings" if layer.facts.dialect >= Dialect.keras2 else "W")
    if layer.facts.dialect is Dialect.keras0:
        table = table * (1.0 - float(layer.get("dropout") or 0.0))
    mask = np.not_equal(x.array, 0) if layer.get("mask_zero", False) else None
    return Value(table[_rows(x.array, len(table))], mask)


def word_context_product(layer: Layer, x: Value) -> Value:
    """`WordContextProduct` of Keras 0.2: the dot product of two embeddings of a pair of words."""
    words = _rows(x.array, len(layer.tensor("W_w")))
    pair = layer.tensor("W_w")[words[:, 0]] * layer.tensor("W_c")[words[:, 1]]
    return Value(activation(layer, default="sigmoid")(pair.sum(axis=1, keepdims=True)))


def _rows(array: Array, count: int) -> Array:
    rows = array.astype(np.int64)
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        raise ValueError(f"a number outside of the vocabulary of {count}")
    return rows


KERAS0: dict[str, Rule] = {
    "Embedding": Rule(embedded, slots("W")),
    "WordContextProduct": Rule(word_context_product, slots("W_w", "W_c")),
}
KERAS1: dict[str, Rule] = {"Embedding": Rule(embedded, slots("W"))}
KERAS2: dict[str, Rule] = {"Embedding": Rule(embedded, slots("embeddings"))}
KERAS3: dict[str, Rule] = {**KERAS2}
