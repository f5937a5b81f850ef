"""What a lookup layer learned, as the arguments that it could have been given: words, and their inverse frequencies.

Containers keep it beside the config: as `vocabulary.txt`, as a table of a checkpoint, as constants of a SavedModel.

Sources: tensorflow 2.4 python/keras/layers/preprocessing/{index_lookup,category_encoding}.py; keras 2.8 and 2.15
layers/preprocessing/index_lookup.py; keras 3.0 src/layers/preprocessing/index_lookup.py `set_vocabulary`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.errors import BrokenGraph
from kconvert.tensor import Tensor

WEIGHTS = frozenset(["idf_weights", "idf"])
OUT_OF_VOCABULARY = "[UNK]"


def is_learned(name: str) -> bool:
    """True for a tensor that belongs to the vocabulary and is no weight of today's layer."""
    return name.rpartition("/")[2] in WEIGHTS


def with_vocabulary(
    class_name: str, config: Mapping[str, Any], words: tuple[str, ...] | None, learned: Mapping[str, Tensor]
) -> Mapping[str, Any]:
    """The config of a lookup layer with `vocabulary` and `idf_weights`; what the config itself says stays.

    Raises:
        BrokenGraph: words and frequencies do not belong together.
    """
    if words is None or config.get("vocabulary") is not None:
        return config
    vocabulary: list[Any] = [int(word) for word in words] if class_name == "IntegerLookup" else list(words)
    weights = next((t for a, t in learned.items() if a.rpartition("/")[2] in WEIGHTS), None)
    if weights is None:
        return {**config, "vocabulary": vocabulary}
    # a frequency is kept for words outside the vocabulary, too; and any number for each word that there could be
    outside = [config.get("oov_token", OUT_OF_VOCABULARY)] * int(config.get("num_oov_indices", 1))
    if vocabulary[: len(outside)] != outside:
        vocabulary = [*outside, *vocabulary]
    values = weights.read().ravel().tolist()
    if len(values) < len(vocabulary):
        raise BrokenGraph(f"{len(vocabulary)} words and {len(values)} inverse frequencies ({weights.name}) are stored")
    return {**config, "vocabulary": vocabulary, "idf_weights": values[: len(vocabulary)]}
