"""Words that a SavedModel keeps as constants of its graph, which fill a table when it is loaded.

The sources are those of `saved_model.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.read.saved_model import SavedModel
from kconvert.read.stored import Stored


def add_vocabularies(saved: SavedModel, objects: Sequence[Stored]) -> None:
    """Gives each object that holds a fixed table the words that are constants of the graph.

    TensorFlow 2.6 and later keep an adapted vocabulary in the function that fills the table.
    """
    found = saved.saved_objects()
    nodes = found["nodes"]
    if not any(n["resource"] is not None for n in nodes):
        return
    functions = {f["key"]: f["function"]["inputs"] for f in found["functions"] if f["function"]}
    constants: dict[str, tuple[str, ...]] | None = None
    for number, one in enumerate(objects[: len(nodes)]):
        if one.texts:
            continue
        for child in nodes[number]["children"]:
            if not 0 <= child["node_id"] < len(nodes) or nodes[child["node_id"]]["resource"] is None:
                continue
            if constants is None:
                constants = _constants(saved.graph())
            words = _words(nodes, child["node_id"], functions, constants)
            if words:
                one.texts["vocabulary"] = words


def _words(
    nodes: Sequence[Mapping[str, Any]],
    table: int,
    functions: Mapping[str, Sequence[int]],
    constants: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """The constants that the table's `_initialize` captures: its keys, and the numbers that they have."""
    starts = [c["node_id"] for c in nodes[table]["children"] if c["name"] == "_initialize"]
    names = [name for s in starts if nodes[s]["function"] for name in nodes[s]["function"]["concrete"]]
    captured = [n for name in names for n in functions.get(name, ()) if 0 <= n < len(nodes)]
    operations = [nodes[n]["constant"]["operation"] for n in captured if nodes[n]["constant"] is not None]
    found = [constants[o] for o in operations if o in constants]
    if len(found) != 2:
        return ()
    words, numbers = found  # in the order in which the function takes them: keys, then values
    places = [int(n) for n in numbers if n.lstrip("-").isdigit()]
    if len(places) != len(words) or sorted(places) != list(range(min(places, default=0), max(places, default=-1) + 1)):
        return ()
    return tuple(word for _, word in sorted(zip(places, words, strict=True)))


def _constants(graph: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Name -> elements of every constant vector of strings or long integers, as text."""
    found = {}
    for node in graph["nodes"]:
        if node["op"] != "Const":
            continue
        value = next((a["value"] for a in node["attributes"] if a["key"] == "value" and a["value"]), None)
        tensor = value and value["tensor"]
        if tensor and tensor["dtype"] == 7:
            found[node["name"]] = tuple(bytes(s).decode("utf-8", "surrogateescape") for s in tensor["strings"])
        elif tensor and tensor["dtype"] == 9:
            content = bytes(tensor["content"])
            longs = [content[i : i + 8] for i in range(0, len(content), 8)]
            numbers = [int.from_bytes(n, "little", signed=True) for n in longs] or list(tensor["longs"])
            found[node["name"]] = tuple(map(str, numbers))
    return found
