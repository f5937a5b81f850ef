"""Every variable from exactly one tensor, one tensor in memory at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kconvert.errors import ConversionFailed, MissingTensor, Problem, ShapeMismatch, UnusedTensor
from kconvert.spec import LayerSpec, ModelSpec
from kconvert.tensor import Array, Tensor
from kconvert.transfer.custom_layers import custom_pairs
from kconvert.variables import STATES, digest, keyed_variables

CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class _Pair:
    path: str
    class_name: str
    variable: Any
    tensor: Tensor

    @property
    def fits(self) -> bool:
        """True where the tensor has its variable's shape."""
        return tuple(self.variable.shape) == self.tensor.shape


def transferred(spec: ModelSpec, model: Any) -> dict[str, str]:
    """Writes all tensors; returns for each key of `keyed_variables` the digest of what it was meant to be.

    Raises:
        ConversionFailed: a variable without a tensor, a tensor without a variable, a shape or a value that does not fit.
            Nothing has been written then, unless a value does not fit its variable's dtype.
    """
    problems: list[Problem] = []
    pairs = list(_pairs_of_model(spec, model, (), problems))
    problems += [_mismatch(pair) for pair in pairs if not pair.fits]
    written = {id(pair.variable) for pair in pairs}
    problems += [
        MissingTensor(f"its variable {key} has no tensor in the file")
        for key, variable in keyed_variables(model)
        if id(variable) not in written
    ]
    if problems:
        raise ConversionFailed(problems)
    digests: dict[int, str] = {}
    for pair in pairs:
        value = _as_dtype(pair.tensor.read(), np.dtype(pair.variable.dtype), pair.path, pair.tensor)
        digests[id(pair.variable)] = digest(value)
        pair.variable.assign(value)
    _finish(model)
    _fix_seeds(model)
    return {key: digests[id(variable)] for key, variable in keyed_variables(model)}


def tensors_of_variables(spec: ModelSpec, model: Any) -> Iterator[tuple[str, Any, Tensor]]:
    """Path of the layer, variable and tensor, for every tensor that has a variable."""
    for pair in _pairs_of_model(spec, model, (), []):
        yield pair.path, pair.variable, pair.tensor


def _pairs_of_model(spec: ModelSpec, model: Any, parents: tuple[str, ...], problems: list[Problem]) -> Iterator[_Pair]:
    layers = {layer.name: layer for layer in model.layers}
    for layer in spec.layers:
        if layer.class_name.startswith("ops.") or layer.class_name == "InputLayer":
            continue
        yield from _pairs_of_layer(layer, layers[layer.name], (*parents, layer.name), problems)


def _pairs_of_layer(spec: LayerSpec, layer: Any, path: tuple[str, ...], problems: list[Problem]) -> Iterator[_Pair]:
    if spec.inner_model is not None:
        yield from _pairs_of_model(spec.inner_model, layer, path, problems)
    for role, held in spec.inner.items():
        found = getattr(layer, role, None)
        if isinstance(held, LayerSpec):
            yield from _pairs_of_layer(held, found, (*path, held.name), problems)
        elif isinstance(held, tuple):
            for one, cell in zip(held, found or (), strict=True):
                yield from _pairs_of_layer(one, cell, (*path, one.name), problems)
    if not spec.tensors:
        return
    where = "/".join(path)
    if spec.class_name.startswith(CUSTOM):
        others = [v for role in spec.inner for held in _listed(getattr(layer, role, None)) for v in held.weights]
        try:
            found = custom_pairs(spec, layer, others)
        except Problem as problem:
            problem.layer = where
            problems.append(problem)
        else:
            yield from (_Pair(where, spec.class_name, variable, tensor) for variable, tensor in found)
        return
    variables = _by_slot(layer)
    for slot, tensor in spec.tensors.items():
        variable = variables.get(slot)
        if variable is None:
            problems.append(
                UnusedTensor(f"it has no variable {slot} for {tensor.name}", layer=where, class_name=spec.class_name)
            )
        else:
            yield _Pair(where, spec.class_name, variable, tensor)


def _listed(held: Any) -> list[Any]:
    return list(held) if isinstance(held, list | tuple) else [] if held is None else [held]


def _by_slot(layer: Any) -> dict[str, Any]:
    """`kernel` and, for a layer made of layers (MultiHeadAttention), `query/kernel`."""
    variables = [v for v in layer.weights if v.name not in STATES]
    inner = {"/".join(v.path.split("/")[-2:]): v for v in variables}
    return inner | {v.name: v for v in variables}


def _mismatch(pair: _Pair) -> Problem:
    return ShapeMismatch(
        f"{pair.variable.name} needs the shape {tuple(pair.variable.shape)}, "
        f"the file's {pair.tensor.name} gives {pair.tensor.shape}",
        layer=pair.path, class_name=pair.class_name,
    )  # fmt: skip


def _as_dtype(value: Array, dtype: np.dtype[Any], path: str, tensor: Tensor) -> Array:
    """The value in the variable's dtype, if that holds every bit of it."""
    cast = np.asarray(value, dtype=dtype, order="C")
    if cast.dtype != value.dtype and not np.array_equal(cast.astype(value.dtype), value, equal_nan=True):
        raise ConversionFailed(
            [ShapeMismatch(f"{tensor.name} is {value.dtype}, which {dtype} cannot hold", layer=path)]
        )
    return cast


def _finish(model: Any) -> None:
    """Preprocessing layers keep constants beside their variables, made anew from them (Keras's `finalize_state`)."""
    for layer in model._flatten_layers(include_self=False):
        if layer.weights and hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _fix_seeds(model: Any) -> None:
    """Seeds of noise and dropout, which Keras draws anew: fixed ones, so that the same input gives the same file."""
    known = {id(v) for _, v in keyed_variables(model)}
    for number, variable in enumerate(v for v in model.variables if id(v) not in known):
        if "seed" in variable.name:
            variable.assign(np.array([zlib.crc32(f"{model.name}/{number}".encode()), 0], variable.dtype))
