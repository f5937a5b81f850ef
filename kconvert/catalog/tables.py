"""What the maps know, as tables: the README's support table, the supported TensorFlow functions, the schema of a map file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kconvert.map_files import layer_maps_folder
from kconvert.spec import Dialect
from kconvert.upgrade.map_format import Entry, MapFile
from kconvert.upgrade.maps import HopMaps, hop_maps
from kconvert.upgrade.operations.table import Table, operation_table

HOPS = tuple(Dialect)
BEGIN = "<!-- support table: generated from the maps -->\n"
END = "<!-- end of support table -->"
BEGIN_OPERATIONS = "<!-- operations: generated from the table -->\n"
END_OPERATIONS = "<!-- end of operations -->"


def schema() -> dict[str, Any]:
    """JSON schema of a layer map file, for editors: `layer_maps/schema.json`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **MapFile.model_json_schema(by_alias=True)}


def support_table() -> str:
    """All layers that the maps know, by what becomes of them, as Markdown."""
    return "\n".join(line for dialect in HOPS for line in _hop_lines(hop_maps(dialect))) + "\n"


def with_support_table(readme: str) -> str:
    """The README with the table of today between its two marks."""
    head, _, rest = readme.partition(BEGIN)
    return f"{head}{BEGIN}{support_table()}{END}{rest.partition(END)[2]}"


def operations() -> str:
    """All TensorFlow functions, and operations of its graphs, that the table knows, as Markdown."""
    return "\n".join(_operation_lines(operation_table())) + "\n"


def with_operations(readme: str) -> str:
    """The README of `layer_maps/operations` with the table of today between its two marks."""
    head, _, rest = readme.partition(BEGIN_OPERATIONS)
    return f"{head}{BEGIN_OPERATIONS}{operations()}{END_OPERATIONS}{rest.partition(END_OPERATIONS)[2]}"


def _operation_lines(table: Table) -> Iterator[str]:
    yield f"{len(table.functions)} functions:"
    yield ""
    yield "| tf. | also called | becomes |"
    yield "|---|---|---|"
    for name in sorted(table.rows):
        function = table.functions[name]
        becomes = f"`keras.ops.{function.becomes}`" if function.becomes else "stock operations"
        if function.reject:
            becomes = f"refused: {function.reject}"
        yield f"| {name} | {', '.join(function.also)} | {becomes} |"
    yield ""
    yield f"{len(table.nodes)} operations of graphs: {', '.join(sorted(table.nodes))}."


def _hop_lines(maps: HopMaps) -> Iterator[str]:
    kinds: dict[str, list[str]] = {"stays": [], "becomes": [], "refused": []}
    for name, entry in sorted(maps.sections["layers"].items()):
        kinds[_kind(name, entry, maps.old)].append(_described(name, entry))
    yield f"| {maps.old.name} → {maps.new.name} | |"
    yield "|---|---|"
    yield f"| the same layer | {', '.join(kinds['stays'])} |"
    yield f"| another layer, or several | {', '.join(kinds['becomes'])} |"
    yield f"| refused, with the reason | {', '.join(kinds['refused'])} |"
    for section in ("initializers", "regularizers", "constraints", "activations"):
        names = sorted(n for n, e in maps.sections[section].items() if e.reject is None)
        yield f"| {section} | {', '.join(names)} |"
    yield ""


def _kind(name: str, entry: Entry, dialect: Dialect) -> str:
    if name in DISSOLVED.get(dialect, ()):
        return "becomes"
    if entry.reject is not None:
        return "refused"
    return "stays" if entry.becomes in (None, name) and name not in REPLACED.get(dialect, ()) else "becomes"


def _described(name: str, entry: Entry) -> str:
    return f"{name} → {entry.becomes}" if entry.becomes not in (None, name) else name


REPLACED = {
    Dialect.keras0: {
        "JZS3",
        "LRN2D",
        "SimpleDeepRNN",
        "ThresholdedLinear",
        "TimeDistributedMerge",
        "WordContextProduct",
    },
    Dialect.keras1: {"Merge"},
    Dialect.keras2: {
        "Addons>WeightNormalization",
        "Highway",
        "LocallyConnected1D",
        "LocallyConnected2D",
        "MaxoutDense",
        "RandomCrop",
        "RandomFourierFeatures",
    },
}
"""Layers that a rule or a case replaces altogether: the next Keras has no such class."""
DISSOLVED = {Dialect.keras2: {"Lambda"}}
"""Layers in whose place operations come before the hop, wherever they stand in a graph."""


def write_all() -> None:
    """Brings all of them up to date, in this checkout."""
    root = layer_maps_folder().parent
    (root / "layer_maps" / "schema.json").write_text(json.dumps(schema(), indent=1) + "\n", encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(with_support_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
    functions = root / "layer_maps" / "operations" / "README.md"
    functions.write_text(with_operations(functions.read_text(encoding="utf-8")), encoding="utf-8")
