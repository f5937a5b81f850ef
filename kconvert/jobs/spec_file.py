"""A ModelSpec as a folder: config and graph as JSON, tensors as safetensors.

Stages can so run in separate processes; nothing in the folder is code.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from packaging.version import Version
from safetensors import safe_open
from safetensors.numpy import save_file

from kconvert.definitions import Definition, Definitions
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port, Signature, Training
from kconvert.tensor import Array, Tensor

FORM = 1
SHARD = 256 << 20  # bytes of tensors that are in memory together


def write_spec(spec: ModelSpec, folder: Path) -> None:
    """Writes `model.json` and `tensors-*.safetensors` into an existing folder."""
    shards = _Shards(folder)
    data = {"form": FORM, "model": _from_model(spec, shards)}
    shards.close()
    (folder / "model.json").write_text(json.dumps(data), encoding="utf-8")


def read_spec(folder: Path) -> ModelSpec:
    """The model that `write_spec` wrote; its tensors are read late.

    Raises:
        ValueError: another form of this file.
    """
    data = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if data["form"] != FORM:
        raise ValueError(f"{folder}: form {data['form']}, not {FORM}")
    return _to_model(data["model"], folder)


class _Shards:
    """Tensors in files of bounded size."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, Array] = {}
        self._bytes = 0
        self._files = 0
        self._count = 0

    def add(self, tensor: Tensor) -> dict[str, Any]:
        """Where the tensor is now."""
        if self._bytes and self._bytes + tensor.nbytes > SHARD:
            self.close()
        key = str(self._count)
        self._count += 1
        self._held[key] = np.ascontiguousarray(tensor.read())
        self._bytes += tensor.nbytes
        return {
            "name": tensor.name, "shape": list(tensor.shape), "dtype": tensor.dtype.str, "file": self._file,
            "key": key, "sources": dict(tensor.sources), "steps": list(tensor.steps),
        }  # fmt: skip

    def close(self) -> None:
        """Writes what is held."""
        if self._held:
            save_file(self._held, self._folder / self._file)
            self._held, self._bytes, self._files = {}, 0, self._files + 1

    @property
    def _file(self) -> str:
        return f"tensors-{self._files:05}.safetensors"


def _from_model(spec: ModelSpec, shards: _Shards) -> dict[str, Any]:
    return {
        "dialect": spec.dialect.name,
        "name": spec.name,
        "layers": [_from_layer(layer, shards) for layer in spec.layers],
        "inputs": _from_nest(spec.inputs),
        "outputs": _from_nest(spec.outputs),
        "origin": _from_origin(spec.origin),
        "sequential": spec.sequential,
        "config": _from_nest(dict(spec.config)),
        "training": spec.training and _from_training(spec.training, shards),
        "addressed": spec.addressed,
        "signature": spec.signature and [dict(spec.signature.inputs), dict(spec.signature.outputs)],
    }


def _to_model(data: Mapping[str, Any], folder: Path) -> ModelSpec:
    return ModelSpec(
        Dialect[data["dialect"]],
        data["name"],
        tuple(_to_layer(layer, folder) for layer in data["layers"]),
        _to_nest(data["inputs"]),
        _to_nest(data["outputs"]),
        _to_origin(data["origin"]),
        data["sequential"],
        _to_nest(data["config"]),
        data["training"] and _to_training(data["training"], folder),
        addressed=data["addressed"],
        signature=data["signature"] and Signature(*data["signature"]),
    )


def _from_training(training: Training, shards: _Shards) -> dict[str, Any]:
    tensors = [[name, shards.add(tensor)] for name, tensor in training.tensors.items()]
    return {"config": _from_nest(training.config), "tensors": tensors, "damage": training.damage}


def _to_training(data: Mapping[str, Any], folder: Path) -> Training:
    tensors = {name: _to_tensor(tensor, folder) for name, tensor in data["tensors"]}
    return Training(_to_nest(data["config"]), tensors, data["damage"])


def _from_layer(layer: LayerSpec, shards: _Shards) -> dict[str, Any]:
    def held(value: Any) -> Any:
        if isinstance(value, tuple):
            return {"layers": [_from_layer(one, shards) for one in value]}
        if isinstance(value, ModelSpec):
            return {"model": _from_model(value, shards)}
        return {"layer": _from_layer(value, shards)}

    return {
        "class_name": layer.class_name,
        "name": layer.name,
        "config": _from_nest(dict(layer.config)),
        "calls": [[_from_nest(call.args), _from_nest(dict(call.kwargs))] for call in layer.calls],
        "tensors": {slot: shards.add(tensor) for slot, tensor in layer.tensors.items()},
        "inner": {role: held(value) for role, value in layer.inner.items()},
    }


def _to_layer(data: Mapping[str, Any], folder: Path) -> LayerSpec:
    def held(value: Mapping[str, Any]) -> Any:
        ((kind, content),) = value.items()
        if kind == "layers":
            return tuple(_to_layer(one, folder) for one in content)
        return _to_model(content, folder) if kind == "model" else _to_layer(content, folder)

    return LayerSpec(
        data["class_name"],
        data["name"],
        _to_nest(data["config"]),
        tuple(Call(_to_nest(args), _to_nest(kwargs)) for args, kwargs in data["calls"]),
        {slot: _to_tensor(tensor, folder) for slot, tensor in data["tensors"].items()},
        {role: held(value) for role, value in data["inner"].items()},
    )


def _to_tensor(data: Mapping[str, Any], folder: Path) -> Tensor:
    return Tensor(
        data["name"], tuple(data["shape"]), np.dtype(data["dtype"]), _reader(folder / data["file"], data["key"]),
        data["sources"], tuple(data["steps"]),
    )  # fmt: skip


def _reader(path: Path, key: str) -> Callable[[], Array]:
    def read() -> Array:
        with safe_open(path, framework="numpy") as file:
            value: Array = file.get_tensor(key)
        return value

    return read


def _from_nest(nest: Any) -> Any:
    """JSON for lists, tuples, dicts, ports and plain values; what JSON lacks is marked by a key with `$`."""
    if isinstance(nest, Port):
        return {"$port": [nest.layer, nest.call, nest.output]}
    if isinstance(nest, tuple):
        return {"$tuple": [_from_nest(v) for v in nest]}
    if isinstance(nest, list):
        return [_from_nest(v) for v in nest]
    if isinstance(nest, Mapping):
        return {"$dict": [[k, _from_nest(v)] for k, v in nest.items()]}
    if isinstance(nest, np.ndarray):
        return {"$array": nest.tolist(), "dtype": nest.dtype.str}
    return nest.item() if isinstance(nest, np.generic) else nest


def _to_nest(data: Any) -> Any:
    if isinstance(data, list):
        return [_to_nest(v) for v in data]
    if not isinstance(data, Mapping):
        return data
    if "$port" in data:
        return Port(*data["$port"])
    if "$tuple" in data:
        return tuple(_to_nest(v) for v in data["$tuple"])
    if "$array" in data:
        return np.array(data["$array"], data["dtype"])
    return {k: _to_nest(v) for k, v in data["$dict"]}


def _from_origin(origin: Origin) -> dict[str, Any]:
    return {
        "path": origin.path, "kind": origin.kind, "keras": [str(v) if v else None for v in origin.keras],
        "package": origin.package, "backend": origin.backend, "evidence": dict(origin.evidence),
        "hints": _from_nest(dict(origin.hints)), "is_trained_on": origin.is_trained_on,
        "custom": _from_definitions(origin.custom),
    }  # fmt: skip


def _to_origin(data: Mapping[str, Any]) -> Origin:
    lowest, highest = _versions(data["keras"])
    return Origin(
        data["path"], data["kind"], (lowest, highest), data["package"], data["backend"], data["evidence"],
        _to_nest(data["hints"]), data["is_trained_on"], _to_definitions(data["custom"]),
    )  # fmt: skip


def _from_definitions(custom: Definitions) -> dict[str, Any]:
    named = {name: {**dataclasses.asdict(one), "methods": sorted(one.methods)} for name, one in custom.named.items()}
    return {"named": named, "texts": list(custom.texts)}


def _to_definitions(data: Mapping[str, Any]) -> Definitions:
    named = {
        name: Definition(**{**one, "methods": frozenset(one["methods"])}) for name, one in data["named"].items()
    }  # fmt: skip
    return Definitions(named, tuple(data["texts"]))


def _versions(texts: list[str | None]) -> Iterator[Version | None]:
    return (Version(text) if text else None for text in texts)
