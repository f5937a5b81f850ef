"""Words, numbers and bins as indices, and indices as rows of ones.

Sources: tensorflow 2.3, 2.4 keras/layers/preprocessing/; keras 2.6, 2.8, 2.12, 2.15 (src/)layers/preprocessing/category_encoding.py,
discretization.py, hashing.py, index_lookup.py, preprocessing_utils.py; keras 3.0.5 src/layers/preprocessing/.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kconvert.spec import Dialect
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.fingerprints import farm, sip
from kconvert.verify.reference.layer import Layer, Rule, Slot, slots
from kconvert.verify.reference.values import Value

MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def encoded(
    indices: Array, mode: str | None, depth: int, weights: Array | None = None, counts: Array | None = None
) -> Array:
    """Indices (..., n) as they are, or as how often each of `depth` stands among the n, or whether it does at all.

    Args:
        mode: `int`, `one_hot`, `multi_hot`, `count`, `tf_idf`.
        weights: for each index (`tf_idf`).
        counts: what each place counts for.
    """
    mode = MODES.get(mode or "int", mode or "int")
    if mode == "int":
        return indices.astype(np.int64)
    if mode == "one_hot" and indices.shape[-1] != 1:
        indices = indices[..., np.newaxis]
    if mode not in ("one_hot", "multi_hot", "count", "tf_idf"):
        raise Lacking(f"the reference does not have the output mode {mode!r}")
    hits = (indices[..., np.newaxis] == np.arange(depth)).astype(np.float64)
    total: Array = (hits if counts is None else hits * counts[..., np.newaxis]).sum(axis=-2)
    if mode in ("one_hot", "multi_hot"):
        return np.minimum(total, 1.0)
    return total if weights is None else total * weights


def category_encoding(layer: Layer, x: Value, count_weights: Value | None = None) -> Value:
    """`CategoryEncoding`."""
    depth = layer.get("num_tokens", layer.get("max_tokens"))
    if depth is None:
        raise Lacking("the number of tokens is not in the file")
    counts = None if count_weights is None else count_weights.array
    return Value(encoded(x.array.astype(np.int64), layer.get("output_mode", "multi_hot"), int(depth), counts=counts))


def discretization(layer: Layer, x: Value) -> Value:
    """`Discretization`: how many boundaries are at most x.

    tf.keras 2.4 counts those below x; it writes an infinite one behind them. Keras 3 casts x to the layer's dtype where it runs in a
    graph, as `predict` does: one that counts bins with integers sees whole numbers (keras 3.0.5 preprocessing/tf_data_layer.py).
    """
    bins = layer.get("bin_boundaries", layer.get("bins"))
    array = x.array.astype(np.float32) if x.array.dtype.kind == "f" else x.array
    if layer.facts.dialect is Dialect.keras3 and str(layer.get("dtype")).startswith("int"):
        array = x.array.astype(np.int64)
    if bins is None:
        bins = _learned_bins(layer)
    edges = np.asarray(bins, dtype=np.float32)
    if "bins" in layer.config and len(edges) and np.isinf(edges[-1]):
        return Value(np.minimum(np.searchsorted(edges, array, side="left"), len(edges) - 1).astype(np.int64))
    indices = np.searchsorted(edges, array, side="right").astype(np.int64)
    return Value(encoded(indices, layer.get("output_mode"), len(edges) + 1))


def _learned_bins(layer: Layer) -> Array:
    """Boundaries from the summary of what the layer learned from: values over which equal parts of the weight lie."""
    if not layer.has("summary") or layer.get("num_bins") is None:
        raise Lacking("its bins are not in the file")
    values, weights = layer.tensors["summary"].read()
    part = 1.0 / int(layer.get("num_bins"))
    if len(values) * part < 1:
        return np.asarray(values[:-1])
    shares = part + np.arange(0.0, 1.0, part)
    total = weights.cumsum()
    bins: Array = np.interp(shares, total / total[-1], values)[:-1].astype(np.float32)
    return bins


def _summary(layer: Layer) -> tuple[Slot, ...]:
    is_learned = layer.get("num_bins") and layer.get("bin_boundaries", layer.get("bins")) is None
    return slots("~summary")(layer) if is_learned else ()


def hashing(layer: Layer, x: Value) -> Value:
    """`Hashing`: the remainder of a hash of the text; integers are written as text. Bin 0 is the mask's, where there is one."""
    bins, mask, salt = int(layer.get("num_bins")), layer.get("mask_value"), layer.get("salt")
    free = bins - 1 if mask is not None and bins > 1 else bins
    key = None if salt is None else (salt if isinstance(salt, list | tuple) else [salt, salt])

    def bin_of(value: Any) -> int:
        text = _bytes(value)
        return (farm(text) if key is None else sip(text, key)) % free

    indices = _mapped(x.array, bin_of)
    if free != bins:
        is_masked = _mapped(x.array, lambda value: _bytes(value) == _bytes(mask)).astype(bool)
        indices = np.where(is_masked, 0, indices + 1)
    return Value(encoded(indices, layer.get("output_mode"), bins))


def lookup(layer: Layer, x: Value) -> Value:
    """`StringLookup`, `IntegerLookup`: the place of a word; before all words stand the mask (in mode `int`) and the unknown ones."""
    return Value(looked_up(layer, x.array, is_text=not layer.class_name.startswith("Integer")))


def looked_up(layer: Layer, array: Array, *, is_text: bool, mask_default: Any = None) -> Array:
    """What a lookup gives for an array of words."""
    words = layer.get("vocabulary")
    if not isinstance(words, list | tuple):
        raise Lacking("its vocabulary is not in the file")
    mode = layer.get("output_mode", "int") or "int"
    mask, unknown = layer.get("mask_token", mask_default), layer.get("oov_token", "[UNK]" if is_text else -1)
    unknowns = int(layer.get("num_oov_indices", 1))
    begin = 1 if mask is not None and mode == "int" else 0
    special = [mask] * begin + [unknown] * unknowns
    is_complete = [_bytes(w) for w in words[: len(special)]] == [_bytes(w) for w in special]
    tokens = list(words[len(special) :] if is_complete else words)
    start = begin + unknowns
    if layer.get("invert"):
        return _inverted(array, tokens, start, mask if begin else None, unknown)
    place = {_bytes(word): start + n for n, word in enumerate(tokens)}
    blank = None if mask is None else _bytes(mask)

    def index(value: Any) -> int:
        text = _bytes(value)
        if text == blank:
            return 0 if begin else -1
        if text in place:
            return place[text]
        if unknowns <= 1:
            return begin if unknowns else -1
        return begin + ((farm(text) if is_text else int(value)) % unknowns)

    indices = _mapped(array, index)
    if mode != "int" and blank is not None:  # without a place of its own, the mask is a word like others
        indices = np.where(indices < 0, begin, indices)
    depth = layer.get("max_tokens") if layer.get("pad_to_max_tokens") else start + len(tokens)
    return encoded(indices, mode, int(depth), _idf(layer, mode, start, is_complete, int(depth)))


def _idf(layer: Layer, mode: str, start: int, is_complete: bool, depth: int) -> Array | None:
    if MODES.get(mode, mode) != "tf_idf":
        return None
    given = layer.get("idf_weights")
    if given is None:
        raise Lacking("the weights of its words are not in the file")
    weights = np.asarray(given, dtype=np.float64)
    if not is_complete:
        weights = np.concatenate([np.full(start, weights.mean()), weights])
    return np.pad(weights, (0, depth - len(weights)))


def _inverted(array: Array, tokens: list[Any], start: int, mask: Any, unknown: Any) -> Array:
    def word(index: Any) -> Any:
        number = int(index)
        if number == 0 and mask is not None:
            return mask
        return tokens[number - start] if start <= number < start + len(tokens) else unknown

    words = [word(value) for value in array.reshape(-1)]
    return np.array(words).reshape(array.shape)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _mapped(array: Array, function: Any) -> Array:
    return np.array([function(value) for value in array.reshape(-1).tolist()], dtype=np.int64).reshape(array.shape)


KERAS2: dict[str, Rule] = {
    "CategoryEncoding": Rule(category_encoding),
    "Discretization": Rule(discretization, _summary),
    "Hashing": Rule(hashing),
    "IntegerLookup": Rule(lookup),
    "StringLookup": Rule(lookup),
}
KERAS3: dict[str, Rule] = {**KERAS2}
