"""File -> ModelSpec in the file's own dialect. Judges nothing, executes nothing.

* what is it? `sniff.py`, `pairing.py`; may it be read at all? `scan/`;
* containers: `hdf5.py` (tensors in groups of layers), `datasets.py` (their values); `containers.py` for those that keep tensors by
  object (`stored.py`): `keras_archive.py`, `weights_file.py`, `saved_model.py` with `saved_tables.py` and `subclassed.py`,
  `object_graph.py`, `bundle.py`; their bytes: `wire.py`, `messages.py`, `crc32c.py`;
* the architecture: `architecture.py` (text), `envelope.py` (layers and ports), `nodes.py` (how a layer was called), `graph.py`,
  `keras0.py`, `branches.py`, `graph_container.py`, `plain_values.py`, `op_layers.py`, `lost_operands.py`, `vocabulary.py`;
* who wrote it? `dialect.py`, `origin.py`, `evidence.py`; whose tensors are these? `attach.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kconvert.asked import Reading
from kconvert.definitions import NO_DEFINITIONS, Definitions
from kconvert.errors import (
    NONSENSE,
    BrokenGraph,
    ConversionFailed,
    CorruptSource,
    NotAModel,
    Problem,
    SourceError,
    UnsafeSource,
)
from kconvert.read.architecture import architecture_of, training_of
from kconvert.read.attach import with_tensors
from kconvert.read.containers import is_checkpoint, read_archive, read_pair, read_saved_model, weights_at
from kconvert.read.dialect import dialect_of
from kconvert.read.envelope import model_of
from kconvert.read.graph import consistent
from kconvert.read.hdf5 import HDF5File, model_config
from kconvert.read.keras0 import TRAINING_KEYS, keras0_entry
from kconvert.read.origin import origin_of, with_evidence
from kconvert.read.pairing import weights_beside
from kconvert.read.scan.limits import LARGEST_JSON
from kconvert.read.scan.opened import check_unchanged, regular_file
from kconvert.read.sniff import sniffed
from kconvert.read.weights_file import is_by_path
from kconvert.spec import Dialect, ModelSpec, Origin, Training
from kconvert.tensor import Tensor

__all__ = ["read"]


def read(
    source: Path,
    *,
    weights: Path | None = None,
    backend: str | None = None,
    keras_version: str | None = None,
    data_format: str | None = None,
    input_shape: tuple[int | None, ...] | None = None,
    custom: Definitions = NO_DEFINITIONS,
) -> ModelSpec:
    """The model in a file, or in an architecture file and the file of its tensors; the tensors are read late.

    Args:
        source: a full model (HDF5, a `.keras` archive, a SavedModel folder), or an architecture as JSON or YAML.
        weights: the tensors of an architecture, HDF5 or a checkpoint's prefix; found by name where that is plain.
        backend, keras_version, data_format, input_shape: what the user says where the file does not.
        custom: what the user's own code defines.

    Raises:
        SourceError: not a readable model.
        ConversionFailed: a model whose parts do not fit together.
    """
    try:
        return _read(Reading(source, weights, backend, keras_version, data_format, input_shape), custom)
    except NONSENSE as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise CorruptSource(
            f"{source}: its description of the model is not one that Keras writes ({' '.join(what.split())[:200]})",
            code="E_BAD_CONFIG",
        ) from error


def _read(reading: Reading, custom: Definitions) -> ModelSpec:
    source, weights = reading.source, reading.weights
    kind = sniffed(source)
    if kind == "keras":
        return read_archive(reading, custom)
    if kind == "savedmodel":
        return read_saved_model(reading, custom)
    if kind == "hdf5":
        file = HDF5File(source)
        data = architecture_of(model_config(file), f"{source}: model_config")
        evidence = {"architecture": "the attribute model_config"}
    else:
        data = architecture_of(_text_of(source), str(source))
        path = weights or weights_beside(source)
        kind_evidence = "named by --weights" if weights else "found by its name"
        evidence = {"architecture": source.name, "weights": f"{path.name}, {kind_evidence}"}
        if is_checkpoint(path):
            return read_pair(reading, custom, data, weights_at(path, None), kind, evidence)
        if sniffed(path) != "hdf5":
            raise NotAModel(f"{path}: no HDF5 file with tensors, and no TensorFlow checkpoint")
        file = HDF5File(path)
        if is_by_path(file):
            return read_pair(reading, custom, data, weights_at(path, file), kind, evidence)
    said = {
        "the file's attribute": {q: file.attribute(q) for q in ("keras_version", "backend")},
        "the architecture": {q: data.get(q) for q in ("keras_version", "backend")},
        "the tensors' group": {q: file.weights_attribute(q) for q in ("keras_version", "backend")},
    }
    origin = origin_of(reading, custom, "hdf5" if kind == "hdf5" else f"{kind}+hdf5", said, evidence)
    stored = file.layers()
    try:
        dialect = _dialect(data, said, origin, file)
        if dialect is Dialect.keras0:
            data = keras0_entry(data)
        origin = with_evidence(origin, dialect, data, [name for tensors in stored.values() for name in tensors])
        envelope = model_of(data, dialect, origin, stored)
        model = consistent(envelope.model)
    except Problem as problem:
        raise ConversionFailed([problem]) from None
    return replace(with_tensors(model, envelope.groups, stored, file.is_positional), training=_training(file, data))


def _dialect(data: Mapping[str, Any], said: Mapping[str, Mapping[str, Any]], origin: Origin, file: HDF5File) -> Dialect:
    """The dialect of the architecture, which is that of the tensors too.

    Raises:
        BrokenGraph: the tensors were written by another generation of Keras, in another layout.
    """
    lowest, _ = origin.keras
    version = said["the architecture"]["keras_version"] or (str(lowest) if lowest else None)
    dialect = dialect_of(data, version)
    tensors_version = said["the file's attribute"]["keras_version"] or said["the tensors' group"]["keras_version"]
    tensors_dialect = (
        dialect if tensors_version is None else dialect_of({"class_name": "", "config": {}}, tensors_version)
    )
    if tensors_dialect is not dialect or (dialect is Dialect.keras0 and not file.is_positional):
        raise BrokenGraph(
            f"the architecture is one of {dialect.name}, its tensors were saved by Keras {tensors_version or '1 or later'}, "
            "which lays them out otherwise: load both there and save the whole model, or find the tensors of then"
        )
    return dialect


def _text_of(source: Path) -> str:
    identity = regular_file(source)
    if identity.size > LARGEST_JSON:
        raise UnsafeSource(f"{source}: {identity.size:,} bytes of text; the limit is {LARGEST_JSON:,}", code="E_LIMIT")
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorruptSource(f"{source}: not UTF-8 text: {error}", code="E_BAD_CONFIG") from None
    check_unchanged(source, identity)
    return text


def _training(file: HDF5File, data: Mapping[str, Any]) -> Training | None:
    """What the file says of training; Keras 0.x says it in the architecture, and keeps no state."""
    config: Any = {key: data[key] for key in TRAINING_KEYS if key in data}
    tensors: Mapping[str, Tensor] = {}
    damage = ""
    try:
        said = file.attribute("training_config")
        config = training_of(str(said), f"{file.path}: training_config") if said is not None else config
        tensors = file.optimizer_tensors()
    except SourceError as error:
        damage = str(error)
    return Training(config or None, tensors, damage) if config or tensors or damage else None
