"""Models whose tensors are kept by object: `.keras` archives, SavedModel folders, checkpoints and `.weights.h5` files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kconvert.asked import Reading
from kconvert.definitions import Definitions
from kconvert.errors import ConversionFailed, CorruptSource, NoWeights, Problem, UnusedTensor
from kconvert.read import object_graph, weights_file
from kconvert.read.architecture import architecture_of
from kconvert.read.bundle import Bundle
from kconvert.read.dialect import dialect_of
from kconvert.read.envelope import model_of
from kconvert.read.graph import consistent
from kconvert.read.hdf5 import HDF5File
from kconvert.read.keras_archive import CONFIG, METADATA, KerasArchive
from kconvert.read.origin import origin_of
from kconvert.read.plain_values import with_plain_values
from kconvert.read.saved_model import SIGNATURE, SavedModel
from kconvert.read.saved_tables import add_vocabularies
from kconvert.read.sniff import versions_in
from kconvert.read.stored import ByNumber, Layout, Stored, with_stored
from kconvert.read.subclassed import subclassed
from kconvert.read.vocabulary import is_learned
from kconvert.spec import Dialect, ModelSpec, Training, walk
from kconvert.tensor import Tensor

TENSORFLOW = {"backend": "tensorflow"}


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a container.

    Attributes:
        kind: `checkpoint` or `weights.h5`.
        training: names of those that only training needs.
        optimizer: those of the optimizer among them.
    """

    kind: str
    root: Stored
    layout: Layout
    names: tuple[str, ...]
    training: tuple[str, ...]
    optimizer: Mapping[str, Tensor]


def weights_at(path: Path, file: HDF5File | None) -> Weights:
    """The tensors in a `.weights.h5`, or in a checkpoint that is named by its prefix or its index.

    Args:
        file: the path as HDF5, where it is that.
    """
    return _of_file(file) if file is not None else _of_bundle(Bundle(checkpoint_prefix(path)))


def checkpoint_prefix(path: Path) -> Path:
    """What the names of a checkpoint's files begin with; the user may name a file or the folder as well.

    Raises:
        NoWeights: nothing there is a checkpoint.
    """
    for suffix in (".index", ".data-00000-of-00001"):
        if path.name.endswith(suffix):
            path = path.with_name(path.name.removesuffix(suffix))
    if path.with_name(f"{path.name}.index").is_file():
        return path
    if path.is_dir():
        found = sorted(path.glob("*.index"))
        if len(found) == 1:
            return found[0].with_suffix("")
        if found:
            names = ", ".join(p.stem for p in found)
            raise NoWeights(f"{path}: several checkpoints ({names}): name one with --weights {path / found[0].stem}")
    raise NoWeights(
        f"{path}: no file with tensors, and no checkpoint ({path.name}.index) is there: give --weights FILE"
    )


def is_checkpoint(path: Path) -> bool:
    """True where `weights_at` would find a checkpoint."""
    try:
        checkpoint_prefix(path)
    except NoWeights:
        return False
    return True


def read_archive(reading: Reading, custom: Definitions) -> ModelSpec:
    """The model in a `.keras` archive of Keras 2.12 or later."""
    source = reading.source
    archive = KerasArchive(source)
    data = architecture_of(archive.text(CONFIG), f"{source}: {CONFIG}")
    file = HDF5File(source, archive.weights(), archive.check_weights)
    weights = _of_file(file)
    for path, text in archive.assets():
        _add_text(weights.root, path, text)
    said = {METADATA: archive.metadata(), "the architecture": data}
    evidence = {"architecture": CONFIG, "weights": "model.weights.h5 in the archive"}
    return _model(reading, custom, data, weights, "keras", said, evidence, data.get("compile_config"))


def read_saved_model(reading: Reading, custom: Definitions) -> ModelSpec:
    """The model in a SavedModel folder, or in the one version that a folder of versions has."""
    source = reading.source
    folder = source if (source / "saved_model.pb").is_file() else versions_in(source)[0]
    saved = SavedModel(folder)
    from_outside = subclassed(saved, custom)
    data = from_outside or saved.architecture()
    bundle = saved.bundle()
    objects = object_graph.objects_of(bundle)
    add_vocabularies(saved, objects)
    if from_outside:
        objects = [_below_inputs(objects[0], len(from_outside["config"]["layers"]) - 1), *objects]
    root = saved.root.metadata
    evidence = {
        "architecture": "keras_metadata.pb" if (folder / "keras_metadata.pb").exists() else "the object graph",
        "tensorflow": saved.tensorflow,
    }
    said = {"the Keras metadata": {**root, **data}}
    weights = _of_objects(bundle, objects)
    model = _model(reading, custom, data, weights, "savedmodel", said, evidence, root.get("training_config"))
    return replace(model, signature=saved.signatures().get(SIGNATURE))


OF_TRAINING = frozenset(["optimizer", "keras_api", "save_counter", "signatures"])


def _below_inputs(model: Stored, inputs: int) -> Stored:
    """What is stored for a model that is the only layer of another one, behind its inputs."""
    own = replace(model, parts={name: part for name, part in model.parts.items() if name not in OF_TRAINING})
    return Stored(parts={**{f"layer-{n}": Stored() for n in range(inputs)}, f"layer-{inputs}": own})


def read_pair(
    reading: Reading,
    custom: Definitions,
    data: Mapping[str, Any],
    weights: Weights,
    kind: str,
    evidence: Mapping[str, str],
) -> ModelSpec:
    """The model of an architecture file and of tensors that are kept by object."""
    kind = f"{kind}+{weights.kind}"
    return _model(reading, custom, data, weights, kind, {"the architecture": data}, evidence, None)


def _model(
    reading: Reading,
    custom: Definitions,
    data: Mapping[str, Any],
    weights: Weights,
    kind: str,
    said: Mapping[str, Mapping[str, Any]],
    evidence: Mapping[str, str],
    training: Any,
) -> ModelSpec:
    origin = origin_of(reading, custom, kind, {**said, "all that tf.keras runs on": TENSORFLOW}, evidence)
    lowest, _ = origin.keras
    dialect = dialect_of(data, None if lowest is None else str(lowest))
    data = with_plain_values(data, in_nodes=dialect is Dialect.keras2)
    try:
        model = consistent(model_of(data, dialect, origin).model)
        model = with_stored(model, weights.root, weights.layout)
    except Problem as problem:
        raise ConversionFailed([problem]) from None
    _check_all_used(model, weights)
    if training is None and not weights.optimizer:
        return model
    return replace(model, training=Training(training, weights.optimizer))


def _check_all_used(model: ModelSpec, weights: Weights) -> None:
    used = {t.name for _, layer in walk(model) for t in layer.tensors.values()}
    training = set(weights.training)
    learned = {t.name for address, t in weights.root.addressed() if is_learned(address)}
    left = [n for n in weights.names if n not in used and n not in training and n not in learned]
    if left:
        shown = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        raise ConversionFailed(
            [
                UnusedTensor(
                    f"these tensors are of no layer of the model, which is not the one that they were saved for: {shown}"
                )
            ]
        )


def _of_file(file: HDF5File) -> Weights:
    root = weights_file.objects_of(file)
    names = tuple(t.name for t in root.everything())
    optimizer = {t.name: t for t in root.parts["optimizer"].everything()} if "optimizer" in root.parts else {}
    return Weights(
        "weights.h5", root, weights_file.ByClass(), names, tuple(weights_file.training_names(root)), optimizer
    )


def _of_bundle(bundle: Bundle) -> Weights:
    return _of_objects(bundle, object_graph.objects_of(bundle))


def _of_objects(bundle: Bundle, objects: list[Stored]) -> Weights:
    if not objects:
        raise CorruptSource(f"{bundle.path}: its object graph is empty: copy the checkpoint's files once more")
    names = tuple(k for k in bundle.keys if k.endswith("/.ATTRIBUTES/VARIABLE_VALUE") and not bundle.is_text(k))
    training = tuple(object_graph.training_keys(bundle))
    optimizer = {k: bundle.tensor(k) for k in training if object_graph.is_of_optimizer(k) and not bundle.is_text(k)}
    return Weights("checkpoint", objects[0], ByNumber(), names, training, optimizer)


def _add_text(root: Stored, path: Iterable[str], text: str) -> None:
    """`layers/string_lookup/vocabulary.txt` for the object at that path."""
    *parts, name = path
    one = root
    for part in parts:
        one = one.parts.setdefault(part, Stored())
    one.texts[name.removesuffix(".txt")] = tuple(text.removesuffix("\n").split("\n"))


__all__ = ["Weights", "is_checkpoint", "read_archive", "read_pair", "read_saved_model", "weights_at"]
