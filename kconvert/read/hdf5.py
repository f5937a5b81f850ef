"""An HDF5 file: attributes in every spelling that Keras used, and tensors that are read late.

What is in the file has been looked at before by `scan`: there are no links and no data kept elsewhere.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from kconvert.errors import CorruptSource, NoArchitecture, UnsafeSource
from kconvert.read.datasets import reader
from kconvert.read.scan.hdf5 import scan_hdf5, shown
from kconvert.read.scan.opened import check_unchanged, regular_file
from kconvert.spec import Tensor
from kconvert.steps import step

NUMBERS = "fiub"
DAMAGES = (OSError, RuntimeError, KeyError, TypeError, ValueError, OverflowError)  # whatever h5py makes of wrong bytes


class HDF5File:
    """An open model file. Tensors keep it alive and read from it when asked.

    Args:
        content: what lies inside another file, whose path then names it in errors.
        check_whole: called once, before the first tensor's values are read.

    Raises:
        CorruptSource: not readable as HDF5.
        UnsafeSource: it reaches outside itself, or declares more than it has.
    """

    def __init__(
        self, path: Path, content: IO[bytes] | None = None, check_whole: Callable[[], None] = lambda: None
    ) -> None:
        self.path = path
        self._check_whole = functools.cache(check_whole)
        self._identity = regular_file(path)
        step(f"opening {path.name}")
        try:
            self._file = h5py.File(path if content is None else content, "r", locking=False)
            scan_hdf5(self._file, path, self._identity.size if content is None else content.seek(0, os.SEEK_END))
            root = self._root()
            self._weights: h5py.Group = self._group(root, "model_weights") if "model_weights" in root else root
        except DAMAGES as error:
            raise _damage(f"{path}: {_reason(error)}", error) from None

    def attribute(self, name: str) -> Any:
        """A root attribute as text, number or array; None where there is none."""
        return self._attribute(self._root(), name)

    def weights_attribute(self, name: str) -> Any:
        """An attribute of the group that holds the tensors."""
        return self._attribute(self._weights, name)

    def _attribute(self, group: h5py.Group, name: str) -> Any:
        step(f"reading attribute {name}")
        try:
            return _text(group.attrs.get(name))
        except DAMAGES as error:
            raise CorruptSource(f"{self.path}: the attribute {name!r} cannot be read: {_reason(error)}") from None

    @property
    def has_weights(self) -> bool:
        """True where the file holds tensors in the form of any Keras."""
        with self._readable(()):
            return bool(_names(self._weights, "layer_names")) or self.is_positional

    @property
    def is_positional(self) -> bool:
        """True for the form of Keras 0.x: `layer_0/param_0`, or `graph/param_0` for all of a Graph; no names at all."""
        with self._readable(()):
            return "nb_layers" in self._weights.attrs or (
                "graph" in self._weights and "layer_names" not in self._weights.attrs
            )

    def layers(self) -> dict[str, dict[str, Tensor]]:
        """Group (a layer's name, or its position) -> file name -> Tensor, in the file's order."""
        if self.is_positional:
            return self._positional_layers()
        found: dict[str, dict[str, Tensor]] = {}
        with self._listing():
            for layer in _names(self._weights, "layer_names"):
                group = self._group(self._weights, layer)
                tensors = [self._tensor(group, name, f"{layer}/{name}") for name in _names(group, "weight_names")]
                if layer in found or len({t.name for t in tensors}) != len(tensors):
                    raise ValueError(f"{layer} or a tensor of it is listed twice")
                found[layer] = {t.name: t for t in tensors}
        return found

    def _positional_layers(self) -> dict[str, dict[str, Tensor]]:
        """Sources: keras 0.3.3 models.py `Sequential.save_weights`, `Graph.save_weights`."""
        found: dict[str, dict[str, Tensor]] = {}
        with self._listing():
            count = self._weights.attrs.get("nb_layers")
            for name in ["graph"] if count is None else (f"layer_{k}" for k in range(int(count))):
                group = self._group(self._weights, name)
                params = (f"param_{n}" for n in range(int(group.attrs["nb_params"])))
                found[name] = {t.name: t for t in (self._tensor(group, p, f"{name}/{p}") for p in params)}
        return found

    def optimizer_tensors(self) -> dict[str, Tensor]:
        """The optimizer's tensors by name, in the file's order; none where the file has none.

        Raises:
            CorruptSource: they are listed, but cannot be read.
        """
        if "optimizer_weights" not in self._root():
            return {}
        with self._readable(("optimizer_weights",)):
            group = self._group(self._root(), "optimizer_weights")
            return {n: self._tensor(group, n, f"optimizer_weights/{n}") for n in _names(group, "weight_names")}

    def names(self, path: tuple[str, ...]) -> list[str]:
        """What the group at this path holds."""
        with self._readable(path):
            return list(self._group(self._root(), "/".join(path)) if path else self._root())

    def holds_group(self, path: tuple[str, ...]) -> bool:
        """True where a group is at this path, False where a tensor is."""
        with self._readable(path):
            return isinstance(self._walked(self._root(), "/".join(path)), h5py.Group)

    def tensor(self, path: tuple[str, ...]) -> Tensor:
        """The tensor at this path."""
        with self._readable(path):
            return self._tensor(self._root(), "/".join(path), "/".join(path))

    @contextlib.contextmanager
    def _readable(self, path: tuple[str, ...]) -> Iterator[None]:
        try:
            yield
        except DAMAGES as error:
            raise CorruptSource(f"{self.path}: {shown('/'.join(path))}: {_reason(error)}") from None

    @contextlib.contextmanager
    def _listing(self) -> Iterator[None]:
        try:
            yield
        except DAMAGES as error:
            code = "E_BAD_CONFIG" if isinstance(error, ValueError) else ""
            raise CorruptSource(f"{self.path}: the tensors cannot be listed: {_reason(error)}", code=code) from None

    def _root(self) -> h5py.Group:
        return self._file

    def _tensor(self, group: h5py.Group, name: str, full_name: str) -> Tensor:
        step(f"looking at tensor {full_name}")
        dataset = self._dataset(group, name)
        is_bfloat16 = dataset.dtype.kind == "V" and _text(dataset.attrs.get("dtype")) == "bfloat16"
        if dataset.dtype.kind not in NUMBERS and not is_bfloat16:
            raise CorruptSource(f"{self.path}: {shown(full_name)} holds {dataset.dtype}, not numbers", code="E_DTYPE")
        if dataset.shape is None:
            raise CorruptSource(f"{self.path}: {shown(full_name)} is empty", code="E_DTYPE")

        dtype = np.dtype(np.float32) if is_bfloat16 else dataset.dtype.newbyteorder("=")
        read = reader(dataset, is_bfloat16, lambda: self._reading(full_name))
        return Tensor.of_file(full_name, dataset.shape, dtype, read)

    @contextlib.contextmanager
    def _reading(self, full_name: str) -> Iterator[None]:
        self._check_whole()
        step(f"reading tensor {full_name}")
        try:
            yield
        except DAMAGES as error:
            raise CorruptSource(f"{self.path}: {shown(full_name)} cannot be read: {_reason(error)}") from None
        check_unchanged(self.path, self._identity)

    def _dataset(self, group: h5py.Group, name: str) -> h5py.Dataset:
        found = self._walked(group, name)
        if not isinstance(found, h5py.Dataset):
            raise CorruptSource(f"{self.path}: {shown(name)} is not a tensor")
        return found

    def _group(self, group: h5py.Group, name: str) -> h5py.Group:
        found = self._walked(group, name)
        if not isinstance(found, h5py.Group):
            raise CorruptSource(f"{self.path}: {shown(name)} is not a group")
        return found

    def _walked(self, group: h5py.Group, name: str) -> Any:
        """One object below `group`, step by step: names with `/` are nested groups.

        HDF5 itself would take `/a` for a path from the root.
        """
        found: Any = group
        for part in name.split("/"):
            if part in ("", ".", ".."):
                raise UnsafeSource(f"{self.path}: the name {shown(name)!r} is not one that Keras writes", code="E_PATH")
            if not isinstance(found, h5py.Group) or part not in found:
                raise CorruptSource(f"{self.path}: {shown(name)} is listed, but not there")
            found = found[part]
        return found


def model_config(file: HDF5File) -> str:
    """The architecture in a full model.

    Raises:
        NoArchitecture: the file holds tensors only.
    """
    config = file.attribute("model_config")
    if config is None:
        by_path = any(name in file.names(()) for name in ("layers", "_layer_checkpoint_dependencies"))
        held = "tensors without their layers (`save_weights`)" if file.has_weights or by_path else "no Keras model"
        raise NoArchitecture(
            f"{file.path}: holds {held}; today's Keras says: No model config found. "
            "Give the architecture as the source and this file as its tensors: kconvert model.json --weights "
            f"{file.path.name} -o NEW"
        )
    if not isinstance(config, str):
        raise CorruptSource(f"{file.path}: model_config: not valid JSON: not a text", code="E_BAD_CONFIG")
    return config


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list of names; over 64 KB Keras splits it into `layer_names0`, `layer_names1`, ..."""
    step(f"reading attribute {attribute} of {group.name}")
    attributes = group.attrs
    numbers = sorted(int(k[len(attribute) :]) for k in attributes if re.fullmatch(rf"{attribute}\d{{1,6}}", k))
    if attribute in attributes:
        if numbers:
            raise ValueError(f"{attribute} is there both whole and in parts")
        return list(_strings(attributes[attribute], attribute))
    if numbers != list(range(len(numbers))):
        raise ValueError(f"a part of {attribute} is missing")
    return [name for n in numbers for name in _strings(attributes[f"{attribute}{n}"], attribute)]


def _strings(value: Any, attribute: str) -> Iterator[str]:
    array = np.asarray(value)
    if array.ndim != 1 or (array.dtype.kind not in "SOU" and array.size):
        raise ValueError(f"{attribute} is not a list of names")
    for item in array:
        text = _text(item)
        if not isinstance(text, str):
            raise ValueError(f"{attribute} is not a list of names")
        yield text


def _text(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(())[()]
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _reason(error: BaseException) -> str:
    """What is wrong with the file, in HDF5's words.

    Raises:
        MemoryError: nothing is, but what it asks for is more than there is.
    """
    if "memory allocation failed" in str(error):
        raise MemoryError(str(error)) from None
    text = " ".join(str(error).split())
    truncated = re.search(r"truncated file: eof = (\d+).*?stored_eof = (\d+)", text)
    if truncated:
        return f"truncated HDF5: {int(truncated[1]):,} of {int(truncated[2]):,} bytes are there"
    if "already open for write" in text:
        return "damaged HDF5: it was not closed by what wrote it: `h5clear -s FILE` (of the HDF5 tools) mends a copy"
    if "multi driver" in text or "family" in text:
        return "one part of an HDF5 file that is split over several; join them with h5repart"
    return f"damaged HDF5 ({shown(text)})"


def _damage(message: str, error: BaseException) -> CorruptSource:
    return CorruptSource(message, code="E_TRUNCATED" if "truncated file" in str(error) else "")
