"""`TextVectorization`: sentences to words, their n-grams, and these to numbers.

Sources: keras 2.8, 2.12, 2.15 (src/)layers/preprocessing/text_vectorization.py; tensorflow core/kernels/string_lower_op.cc (letters of ASCII
alone), string_split_op.cc (runs of white space), string_ngrams_op.cc (width after width).
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from kconvert.tensor import Array
from kconvert.verify.reference.categories import looked_up
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.values import Value

PUNCTUATION = re.compile(r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']')
UPPER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
SPACE = re.compile(r"[ \t\n\v\f\r]+")


def vectorization(layer: Layer, x: Value) -> Value:
    """Texts (batch,) or (batch, 1) to indices (batch, words) or to rows of the vocabulary's length."""
    array = x.array[:, 0] if x.array.ndim == 2 and x.array.shape[1] == 1 else x.array
    texts = [_standard(layer, _text(value)) for value in array.tolist()]
    split = layer.get("split", "whitespace")
    if split is None or array.ndim != 1:
        raise Lacking("the reference does not have texts that are not split, or of more than one for a sample")
    rows = [_with_ngrams(layer, _words(split, text)) for text in texts]
    mode = layer.get("output_mode", "int")
    if mode == "int":
        length = layer.get("output_sequence_length")
        length = max((len(row) for row in rows), default=0) if length is None else int(length)
        result = np.zeros((len(rows), length), dtype=np.int64)
        for number, row in enumerate(rows):
            found = _looked_up(layer, row)[:length] if row else np.zeros(0, dtype=np.int64)
            result[number, : len(found)] = found
        return Value(result)
    return Value(np.stack([_looked_up(layer, row) for row in rows]))


def _looked_up(layer: Layer, row: list[str]) -> Array:
    words = np.array(row, dtype=object)
    return looked_up(layer, words, is_text=True, mask_default="")


def _standard(layer: Layer, text: str) -> str:
    how = layer.get("standardize", "lower_and_strip_punctuation")
    if how not in (None, "lower_and_strip_punctuation", "lower", "strip_punctuation"):
        raise Lacking(f"the reference does not have the standardization {how!r}")
    if how in ("lower_and_strip_punctuation", "lower"):
        text = text.translate(UPPER)
    return PUNCTUATION.sub("", text) if how in ("lower_and_strip_punctuation", "strip_punctuation") else text


def _words(split: Any, text: str) -> list[str]:
    if split == "character":
        return list(text)
    if split != "whitespace":
        raise Lacking(f"the reference does not have the split {split!r}")
    return [word for word in SPACE.split(text) if word]


def _with_ngrams(layer: Layer, words: list[str]) -> list[str]:
    ngrams = layer.get("ngrams")
    if ngrams is None:
        return words
    widths = range(1, ngrams + 1) if isinstance(ngrams, int) else ngrams
    return [" ".join(words[n : n + width]) for width in widths for n in range(len(words) - width + 1)]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


KERAS2: dict[str, Rule] = {"TextVectorization": Rule(vectorization)}
KERAS3: dict[str, Rule] = {**KERAS2}
