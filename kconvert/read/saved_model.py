"""A SavedModel folder that a Keras of TensorFlow 2.0 to 2.15 wrote: its architecture, from text; its graph is never run.

From 2.5 on `keras_metadata.pb` holds for each object what Keras knew of it as JSON; before, the object graph inside
`saved_model.pb` does. The first object is the model. Its tensors are a checkpoint in `variables/`.

Sources: tensorflow 2.1 python/keras/saving/saved_model/{save,layer_serialization,network_serialization}.py; keras 2.12
saving/legacy/saved_model/{save,load,json_utils}.py.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kconvert.definitions import Definitions
from kconvert.errors import CorruptSource, NoArchitecture, NotAModel, UnsafeSource
from kconvert.read.architecture import architecture_of
from kconvert.read.bundle import DTYPES, Bundle
from kconvert.read.messages import GRAPH, SAVED_METADATA, SAVED_MODEL, SAVED_OBJECTS
from kconvert.read.object_graph import is_of_training
from kconvert.read.scan.json_text import plain_json
from kconvert.read.scan.opened import inside, regular_file
from kconvert.read.stored import Stored
from kconvert.read.wire import message_of
from kconvert.spec import Signature
from kconvert.steps import step

GRAPH_FILE = "saved_model.pb"
METADATA_FILE = "keras_metadata.pb"
LARGEST = 2 << 30
SERVE = "serve"
SIGNATURE = "serving_default"
NO_CONFIG = "layer was saved without config"
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
MODELS = ("_tf_keras_model", "_tf_keras_network", "_tf_keras_sequential")
ADDED = frozenset(["has_input_vocabulary"])  # of SavedModels alone: layer_serialization.py `VocabularySavedModelSaver`
SIGNATURE_DTYPES: Mapping[int, str] = {**DTYPES, 7: "string", 14: "bfloat16"}


@dataclass(frozen=True, slots=True)
class KerasObject:
    """What Keras knew of one object: `metadata` is the JSON beside it."""

    node: int
    path: str
    identifier: str
    metadata: Mapping[str, Any]


class SavedModel:
    """The folder, its messages read as far as they are needed.

    Raises:
        CorruptSource: a file is damaged or missing.
        NotAModel: no Keras model: only functions.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        file = path / GRAPH_FILE
        graphs = message_of(_content(inside(path, file)), SAVED_MODEL, str(file))["meta_graphs"]
        if not graphs:
            raise CorruptSource(f"{file}: holds no graph: copy it once more")
        serving = (g for g in graphs if g["info"] is not None and SERVE in g["info"]["tags"])
        self._graph: Mapping[str, Any] = next(serving, graphs[0])
        self._objects: Mapping[str, Any] | None = None

    @property
    def tensorflow(self) -> str:
        """The release of TensorFlow that wrote it."""
        info = self._graph["info"]
        return str(info["tensorflow_version"]) if info else ""

    def signatures(self) -> dict[str, Signature]:
        """What can be called, by name."""
        return {s["key"]: _signature(s["signature"]) for s in self._graph["signatures"] if s["signature"]}

    @functools.cached_property
    def root(self) -> KerasObject:
        """The model itself.

        Raises:
            NotAModel: TensorFlow's functions alone, or a SavedModel of Keras 3, which has no layers.
            CorruptSource: a Keras model whose description was left behind.
        """
        root = next((o for o in self._keras_objects() if o.node == 0), None)
        if root is None and any(
            n["user"] and n["user"]["identifier"] in MODELS for n in self._saved_objects()["nodes"]
        ):
            raise CorruptSource(
                f"{self.path}: a Keras model without {METADATA_FILE}, which TensorFlow {self.tensorflow} writes beside "
                f"{GRAPH_FILE} and which alone describes the layers: copy it too"
            )
        if root is None or root.identifier not in MODELS:
            raise NotAModel(
                f"{self.path}: a SavedModel without a Keras model's layers: {self._contents()}; TensorFlow's functions "
                "cannot be turned back into layers (today's Keras says: File format not supported): convert the model file "
                "(.h5, .keras) that it was exported from"
            )
        return root

    def subclassed(self, custom: Definitions) -> dict[str, Any] | None:
        """A subclassed model whose class the user's code defines, as a model that has it for its only layer; or else None.

        It takes and gives what the signature says, which numbers them: `input_1`, `output_1`.
        """
        found = self._description()
        name, config = found.get("class_name"), found.get("config")
        if _has_layers(config) or custom.layer(name) is None or SIGNATURE not in self.signatures():
            return None
        own = config if isinstance(config, dict) and NO_CONFIG not in config else {}
        data = next(s["signature"] for s in self._graph["signatures"] if s["key"] == SIGNATURE)
        inputs = sorted((i for i in data["inputs"] if i["info"]), key=lambda i: _number(i["key"]))
        outputs = sum(1 for o in data["outputs"] if o["info"])
        layer = legal_name(str(name))
        sources = [_source(i["key"], i["info"]) for i in inputs]
        called = {"class_name": name, "name": layer, "config": {**own, "name": layer},
                  "inbound_nodes": [[[s["name"], 0, 0, {}] for s in sources]]}  # fmt: skip
        ends = [[layer, 0, n] for n in range(outputs)]
        graph = {"name": f"{layer}_model", "layers": [*sources, called],
                 "input_layers": [[s["name"], 0, 0] for s in sources], "output_layers": ends}  # fmt: skip
        said = {k: self.root.metadata[k] for k in ("keras_version", "backend") if k in self.root.metadata}
        return {**said, "class_name": "Functional", "config": graph}

    def _description(self) -> Mapping[str, Any]:
        found = self.root.metadata.get("model_config") or {
            k: self.root.metadata.get(k) for k in ("class_name", "config")
        }
        return found if found.get("class_name") else {**found, "class_name": self.root.metadata.get("class_name")}

    def architecture(self) -> dict[str, Any]:
        """The model's `class_name` and `config`, and what else its metadata says.

        Raises:
            NoArchitecture: a subclassed model, which never had a config.
        """
        root = self.root
        found = self._description()
        if not _has_layers(found.get("config")):
            raise NoArchitecture(
                f"{self.path}: a subclassed model ({found.get('class_name')}) without a config, described by its Python "
                f"code alone; {self._contents()}; name that code: --custom FILE.py that defines {found.get('class_name')}, "
                "or build the model from its code, load these weights, and save it as a functional model"
            )
        data = {k: root.metadata[k] for k in ("keras_version", "backend") if k in root.metadata}
        return architecture_of(json.dumps({**data, **_plain(found)}), f"{self.path}: {METADATA_FILE}")

    def bundle(self) -> Bundle:
        """The tensors."""
        return Bundle(self.path / "variables" / "variables", self.path)

    def add_vocabularies(self, objects: Sequence[Stored]) -> None:
        """Gives each object that holds a fixed table the words that are constants of the graph.

        TensorFlow 2.6 and later keep an adapted vocabulary in the function that fills the table.
        """
        saved = self._saved_objects()
        nodes = saved["nodes"]
        if not any(n["resource"] is not None for n in nodes):
            return
        functions = {f["key"]: f["function"]["inputs"] for f in saved["functions"] if f["function"]}
        constants: dict[str, tuple[str, ...]] | None = None
        for number, one in enumerate(objects[: len(nodes)]):
            if one.texts:
                continue
            for child in nodes[number]["children"]:
                if not 0 <= child["node_id"] < len(nodes) or nodes[child["node_id"]]["resource"] is None:
                    continue
                if constants is None:
                    constants = self._constants()
                words = self._words(nodes, child["node_id"], functions, constants)
                if words:
                    one.texts["vocabulary"] = words

    def _words(
        self,
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
        if len(places) != len(words) or sorted(places) != list(
            range(min(places, default=0), max(places, default=-1) + 1)
        ):
            return ()
        return tuple(word for _, word in sorted(zip(places, words, strict=True)))

    def _constants(self) -> dict[str, tuple[str, ...]]:
        """Name -> elements of every constant vector of strings or long integers, as text."""
        where = f"{self.path / GRAPH_FILE}: graph"
        found = {}
        for node in message_of(self._graph["graph"], GRAPH, where)["nodes"]:
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

    def _keras_objects(self) -> Iterator[KerasObject]:
        file = self.path / METADATA_FILE
        if file.exists():
            nodes = message_of(_content(inside(self.path, file)), SAVED_METADATA, str(file))["nodes"]
            for node in nodes:
                yield _keras_object(node["node_id"], node["path"], node["identifier"], node["metadata"], str(file))
            return
        for number, node in enumerate(self._saved_objects()["nodes"]):
            user = node["user"]
            if user is not None and user["identifier"].startswith("_tf_keras_") and user["metadata"]:
                where = str(self.path / GRAPH_FILE)
                yield _keras_object(number, "", user["identifier"], user["metadata"], where)

    def _saved_objects(self) -> Mapping[str, Any]:
        if self._objects is None:
            where = f"{self.path / GRAPH_FILE}: object graph"
            self._objects = message_of(self._graph["objects"], SAVED_OBJECTS, where)
        return self._objects

    def _contents(self) -> str:
        """Signatures and variables, for a refusal."""
        signatures = [
            f"{name}({', '.join(s.inputs)}) -> {', '.join(s.outputs)}"
            for name, s in self.signatures().items()
            if s.outputs and not name.startswith("__")
        ]
        try:
            bundle = self.bundle()
            keys = [k for k in bundle.keys if k.endswith(VALUE) and not is_of_training(k)]
            variables = [f"{k.removesuffix(VALUE)} {list(bundle.tensor(k).shape)}" for k in keys]
        except CorruptSource:
            variables = []
        more = f", and {len(variables) - 8} more" if len(variables) > 8 else ""
        return (
            f"inside are the signatures {'; '.join(signatures) or 'none'} and the variables "
            f"{', '.join(variables[:8]) or 'none'}{more}"
        )


def _has_layers(config: Any) -> bool:
    return isinstance(config, list) or (isinstance(config, dict) and "layers" in config)


def _number(key: str) -> tuple[str, int]:
    """`input_10` behind `input_2`."""
    name, _, number = key.rpartition("_")
    return (name, int(number)) if number.isdigit() else (key, 0)


def _source(key: str, info: Mapping[str, Any]) -> dict[str, Any]:
    """The InputLayer of one input of a signature."""
    dims = info["shape"]["dims"] if info["shape"] else []
    shape = [None if d["size"] in (-1, 2**64 - 1) else d["size"] for d in dims]
    config = {"name": key, "batch_input_shape": shape, "dtype": SIGNATURE_DTYPES.get(info["dtype"], "float32")}
    return {"class_name": "InputLayer", "name": key, "config": config, "inbound_nodes": []}


def legal_name(class_name: str) -> str:
    """What Keras calls a layer of this class: `MyModel` -> `my_model`."""
    parts = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", class_name.rpartition(">")[2])
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parts).lower()


def _content(file: Path) -> bytes:
    step(f"reading {file.name}")
    try:
        if regular_file(file).size > LARGEST:
            raise UnsafeSource(
                f"{file}: larger than {LARGEST:,} bytes, which no protocol buffer can be", code="E_LIMIT"
            )
        return file.read_bytes()
    except OSError as error:
        raise CorruptSource(f"{file}: cannot be read: {error.strerror or error}") from None


def _keras_object(node: int, path: str, identifier: str, metadata: str, where: str) -> KerasObject:
    data = plain_json(metadata, f"{where}: the description of object {node}")
    return KerasObject(node, path, identifier, data if isinstance(data, dict) else {})


def _plain(value: Any) -> Any:
    """JSON that marks tuples and shapes (json_utils.py `Encoder`) as plain lists, without what is no argument."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
        return [_plain(v) for v in value["items"]]
    return {k: _plain(v) for k, v in value.items() if k not in ADDED}


def _signature(data: Mapping[str, Any]) -> Signature:
    def named(infos: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        return {i["key"]: SIGNATURE_DTYPES.get(i["info"]["dtype"], "?") for i in infos if i["info"]}

    return Signature(named(data["inputs"]), named(data["outputs"]))
