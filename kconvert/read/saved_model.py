"""A SavedModel folder that a Keras of TensorFlow 2.0 to 2.15 wrote: its architecture, from text; its graph is never run.

From 2.5 on `keras_metadata.pb` holds for each object what Keras knew of it as JSON; before, the object graph inside
`saved_model.pb` does. The first object is the model. Its tensors are a checkpoint in `variables/`.

Sources: tensorflow 2.1 python/keras/saving/saved_model/{save,layer_serialization,network_serialization}.py; keras 2.12
saving/legacy/saved_model/{save,load,json_utils}.py.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kconvert.errors import CorruptSource, NoArchitecture, NotAModel, UnsafeSource
from kconvert.read.architecture import architecture_of
from kconvert.read.bundle import DTYPES, Bundle
from kconvert.read.messages import GRAPH, SAVED_METADATA, SAVED_MODEL, SAVED_OBJECTS
from kconvert.read.object_graph import is_of_training
from kconvert.read.scan.json_text import plain_json
from kconvert.read.scan.opened import inside, regular_file
from kconvert.read.wire import message_of
from kconvert.spec import Signature
from kconvert.steps import step

GRAPH_FILE = "saved_model.pb"
METADATA_FILE = "keras_metadata.pb"
LARGEST = 2 << 30
SERVE = "serve"
SIGNATURE = "serving_default"
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

    def graph(self) -> Mapping[str, Any]:
        """The message of TensorFlow's graph."""
        return message_of(self._graph["graph"], GRAPH, f"{self.path / GRAPH_FILE}: graph")

    def served(self) -> Mapping[str, Any] | None:
        """The message of the signature that a server calls."""
        return next((s["signature"] for s in self._graph["signatures"] if s["key"] == SIGNATURE), None)

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
        if root is None and any(n["user"] and n["user"]["identifier"] in MODELS for n in self.saved_objects()["nodes"]):
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

    def description(self) -> Mapping[str, Any]:
        """The root's `class_name` and `config`, whatever they are."""
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
        found = self.description()
        if not has_layers(found.get("config")):
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

    def _keras_objects(self) -> Iterator[KerasObject]:
        file = self.path / METADATA_FILE
        if file.exists():
            nodes = message_of(_content(inside(self.path, file)), SAVED_METADATA, str(file))["nodes"]
            for node in nodes:
                yield _keras_object(node["node_id"], node["path"], node["identifier"], node["metadata"], str(file))
            return
        for number, node in enumerate(self.saved_objects()["nodes"]):
            user = node["user"]
            if user is not None and user["identifier"].startswith("_tf_keras_") and user["metadata"]:
                where = str(self.path / GRAPH_FILE)
                yield _keras_object(number, "", user["identifier"], user["metadata"], where)

    def saved_objects(self) -> Mapping[str, Any]:
        """The message of all objects that were saved, those of TensorFlow included."""
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


def has_layers(config: Any) -> bool:
    """Is it the config of a model that lists its layers?"""
    return isinstance(config, list) or (isinstance(config, dict) and "layers" in config)


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
