"""An HDF5 file: attributes in every spelling that Keras used, tensors that are read late, and nothing outside the file.

Links are looked at before they are followed: a model needs neither soft nor external ones, nor data kept elsewhere.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from kconvert.errors import CorruptSource, NoArchitecture
from kconvert.spec import Tensor
from kconvert.tensor import Array

NUMBERS = "fiub"
BOMB_FLOOR, BOMB_RATIO = 4 << 30, 1000  # bytes; as in keras 3.15 src/saving/saving_lib.py


class HDF5File:
    """An open model file. Tensors keep it alive and read from it when asked.

    Args:
        content: what lies inside another file, whose path then names it in errors.
        check_whole: called once, before the first tensor's values are read.

    Raises:
        CorruptSource: not readable as HDF5, or it reaches outside itself.
    """

    def __init__(
        self, path: Path, content: IO[bytes] | None = None, check_whole: Callable[[], None] = lambda: None
    ) -> None:
        self.path = path
        self._check_whole = functools.cache(check_whole)
        try:
            self._file = h5py.File(path if content is None else content, "r")
        except (OSError, RuntimeError, KeyError) as error:
            raise CorruptSource(f"{path}: {_reason(error)}") from None
        root = self._root()
        self._weights: h5py.Group = self._group(root, "model_weights") if "model_weights" in root else root

    def attribute(self, name: str) -> Any:
        """A root attribute as text, number or array; None where there is none."""
        try:
            return _text(self._root().attrs.get(name))
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            raise CorruptSource(f"{self.path}: the attribute {name!r} cannot be read: {_reason(error)}") from None

    def weights_attribute(self, name: str) -> Any:
        """An attribute of the group that holds the tensors."""
        return _text(self._weights.attrs.get(name))

    @property
    def has_weights(self) -> bool:
        """True where the file holds tensors in the form of any Keras."""
        return bool(_names(self._weights, "layer_names")) or self.is_positional

    @property
    def is_positional(self) -> bool:
        """True for the form of Keras 0.x: `layer_0/param_0`, or `graph/param_0` for all of a Graph; no names at all."""
        return "nb_layers" in self._weights.attrs or (
            "graph" in self._weights and "layer_names" not in self._weights.attrs
        )

    def layers(self) -> dict[str, dict[str, Tensor]]:
        """Group (a layer's name, or its position) -> file name -> Tensor, in the file's order."""
        if self.is_positional:
            return self._positional_layers()
        found: dict[str, dict[str, Tensor]] = {}
        try:
            for layer in _names(self._weights, "layer_names"):
                group = self._group(self._weights, layer)
                tensors = (self._tensor(group, name, f"{layer}/{name}") for name in _names(group, "weight_names"))
                found[layer] = {t.name: t for t in tensors}
        except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise CorruptSource(f"{self.path}: the tensors cannot be listed: {_reason(error)}") from None
        return found

    def _positional_layers(self) -> dict[str, dict[str, Tensor]]:
        """Sources: keras 0.3.3 models.py `Sequential.save_weights`, `Graph.save_weights`."""
        found: dict[str, dict[str, Tensor]] = {}
        try:
            count = self._weights.attrs.get("nb_layers")
            for name in ["graph"] if count is None else [f"layer_{k}" for k in range(int(count))]:
                group = self._group(self._weights, name)
                params = [f"param_{n}" for n in range(int(group.attrs["nb_params"]))]
                found[name] = {t.name: t for t in (self._tensor(group, p, f"{name}/{p}") for p in params)}
        except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise CorruptSource(f"{self.path}: the tensors cannot be listed: {_reason(error)}") from None
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
        except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise CorruptSource(f"{self.path}: {'/'.join(path) or 'the root'}: {_reason(error)}") from None

    def _root(self) -> h5py.Group:
        return self._file

    def _tensor(self, group: h5py.Group, name: str, full_name: str) -> Tensor:
        dataset = self._dataset(group, name)
        is_bfloat16 = dataset.dtype.kind == "V" and _text(dataset.attrs.get("dtype")) == "bfloat16"
        if dataset.dtype.kind not in NUMBERS and not is_bfloat16:
            raise CorruptSource(f"{self.path}: {full_name} holds {dataset.dtype}, not numbers")
        if dataset.shape is None:
            raise CorruptSource(f"{self.path}: {full_name} is empty")

        if dataset.nbytes > max(BOMB_FLOOR, BOMB_RATIO * dataset.id.get_storage_size()):
            raise CorruptSource(f"{self.path}: {full_name} would unpack to {dataset.nbytes:,} bytes of next to nothing")

        def read() -> Array:
            self._check_whole()
            try:
                value = np.asarray(dataset[()])
            except (OSError, RuntimeError) as error:
                raise CorruptSource(f"{self.path}: {full_name} cannot be read: {_reason(error)}") from None
            if is_bfloat16:  # which NumPy lacks: the float32 of the same value
                return (value.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
            return value.astype(value.dtype.newbyteorder("=")) if not value.dtype.isnative else value

        dtype = np.dtype(np.float32) if is_bfloat16 else dataset.dtype.newbyteorder("=")
        return Tensor.of_file(full_name, dataset.shape, dtype, read)

    def _dataset(self, group: h5py.Group, name: str) -> h5py.Dataset:
        found = self._walked(group, name)
        if not isinstance(found, h5py.Dataset):
            raise CorruptSource(f"{self.path}: {name} is not a tensor")
        if found.external or found.is_virtual:
            raise CorruptSource(f"{self.path}: {name} is kept in another file, which is not opened")
        return found

    def _group(self, group: h5py.Group, name: str) -> h5py.Group:
        found = self._walked(group, name)
        if not isinstance(found, h5py.Group):
            raise CorruptSource(f"{self.path}: {name} is not a group")
        return found

    def _walked(self, group: h5py.Group, name: str) -> Any:
        """One object below `group`, step by step: names with `/` are nested groups, links are refused."""
        found: Any = group
        for part in name.split("/"):
            if part in ("", ".", ".."):
                raise CorruptSource(f"{self.path}: the name {name!r} is not one that Keras writes")
            link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
            if link is None:
                raise CorruptSource(f"{self.path}: {name} is listed, but not there")
            if not isinstance(link, h5py.HardLink):
                raise CorruptSource(f"{self.path}: {name} is a link to somewhere else, which is not followed")
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
    return config if isinstance(config, str) else json.dumps(config)


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list of names; over 64 KB Keras splits it into `layer_names0`, `layer_names1`, ..."""
    attributes = group.attrs
    if attribute in attributes:
        return list(_strings(attributes[attribute], attribute))
    chunks = sorted(
        (k for k in attributes if re.fullmatch(rf"{attribute}\d+", k)), key=lambda k: int(k[len(attribute) :])
    )
    return [name for chunk in chunks for name in _strings(attributes[chunk], attribute)]


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
    text = " ".join(str(error).split())
    truncated = re.search(r"truncated file: eof = (\d+).*?stored_eof = (\d+)", text)
    if truncated:
        return f"truncated HDF5: {int(truncated[1]):,} of {int(truncated[2]):,} bytes are there"
    return f"damaged HDF5 ({text[:200]})"
