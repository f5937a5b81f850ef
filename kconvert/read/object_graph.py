"""The object graph of a checkpoint: objects that hold each other by attribute, and the keys of those that have values.

Source: tensorflow 2.15 core/protobuf/trackable_object_graph.proto, python/checkpoint/graph_view.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconvert.errors import CorruptSource
from kconvert.read.bundle import Bundle
from kconvert.read.messages import OBJECT_GRAPH
from kconvert.read.stored import Stored
from kconvert.read.wire import message_of

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "VARIABLE_VALUE"
TABLE = "table"
OF_TRAINING = ("optimizer/", "save_counter/", "keras_api/metrics/", "loss_tracker/", "compiled_metrics/")


def objects_of(bundle: Bundle) -> list[Stored]:
    """All objects; the first is the model. Variables are tensors of what holds them, tables are texts.

    Raises:
        CorruptSource: the checkpoint has no object graph, or one that refers to nothing.
    """
    if GRAPH_KEY not in bundle.keys:
        raise CorruptSource(
            f"{bundle.path}: a checkpoint by variable names (tf.train.Saver), without the objects that they belong to: "
            "save the weights as HDF5 in the Keras that made it: model.save_weights('weights.h5')"
        )
    (data,) = bundle.strings(GRAPH_KEY)
    nodes = message_of(data, OBJECT_GRAPH, f"{bundle.path}: {GRAPH_KEY}")["nodes"]
    objects = [Stored() for _ in nodes]
    try:
        for node, one in zip(nodes, objects, strict=True):
            for child in node["children"]:
                _hold(one, child["name"], nodes[child["node_id"]], objects[child["node_id"]], bundle)
    except (IndexError, KeyError) as error:
        raise CorruptSource(f"{bundle.path}: its object graph refers to {error}, which is not there") from None
    return objects


def training_keys(bundle: Bundle) -> list[str]:
    """The keys of optimizer, metrics and counters."""
    return [k for k in bundle.keys if is_of_training(k)]


def is_of_training(key: str) -> bool:
    """True for the key of a value that only training needs."""
    return key.startswith(OF_TRAINING) or "/.OPTIMIZER_SLOT/" in key or "/keras_api/metrics/" in key


def is_of_optimizer(key: str) -> bool:
    """True for the key of a value of the optimizer's own: a slot of a variable, a counter, a rate."""
    return key.endswith(f"/.ATTRIBUTES/{VALUE}") and (key.startswith("optimizer/") or "/.OPTIMIZER_SLOT/" in key)


def _hold(one: Stored, name: str, node: Mapping[str, Any], child: Stored, bundle: Bundle) -> None:
    values = {a["name"]: a["key"] for a in node["attributes"]}
    if VALUE in values:
        if not bundle.is_text(values[VALUE]):
            one.tensors[name] = bundle.tensor(values[VALUE])
        return
    if TABLE in values:
        words = list(_words(bundle, values[TABLE]))
        if words:
            one.texts["vocabulary"] = tuple(words)
        return
    one.parts[name] = child


def _words(bundle: Bundle, key: str) -> Iterator[str]:
    """The keys of a table that holds a vocabulary, in the order of their numbers."""
    keys, values = f"{key}-keys", f"{key}-values"
    if bundle.is_text(values):
        return
    numbers = bundle.tensor(values).read().tolist()
    if bundle.is_text(keys):
        words = [word.decode("utf-8", "surrogateescape") for word in bundle.strings(keys)]
    else:
        words = [str(word) for word in bundle.tensor(keys).read().tolist()]
    yield from (word for _, word in sorted(zip(numbers, words, strict=True)))
