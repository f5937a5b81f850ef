"""Every variable from exactly one tensor."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from kconvert.errors import ConversionFailed, MissingTensor, Problem, ShapeMismatch, UnusedTensor
from kconvert.late import is_late
from kconvert.spec import LayerSpec, ModelSpec
from kconvert.tensor import Tensor
from kconvert.transfer.custom_layers import custom_pairs
from kconvert.transfer.values import Pair, Values
from kconvert.variables import STATES, keyed_variables

CUSTOM = "custom."


def transferred(spec: ModelSpec, model: Any, is_digested: bool = True) -> Values:
    """The tensor of every variable; values are read as late as possible.

    Args:
        is_digested: the digests of the values will be asked for.

    Raises:
        ConversionFailed: a variable without a tensor, a tensor without a variable, a shape that does not fit.
    """
    problems: list[Problem] = []
    pairs = list(_pairs_of_model(spec, model, (), problems))
    problems += [_mismatch(pair) for pair in pairs if not pair.fits]
    known = {id(pair.variable) for pair in pairs}
    problems += [
        MissingTensor(f"its variable {key} has no tensor in the file")
        for key, variable in keyed_variables(model)
        if id(variable) not in known
    ]
    if problems:
        raise ConversionFailed(problems)
    values = Values(is_digested)
    values.add(pairs)
    if not all(is_late(pair.variable) for pair in pairs):
        values.fill()  # code of the user's own may compute with them
    _finish(model)
    _fix_seeds(model)
    return values


def tensors_of_variables(spec: ModelSpec, model: Any) -> Iterator[tuple[str, Any, Tensor]]:
    """Path of the layer, variable and tensor, for every tensor that has a variable."""
    for pair in _pairs_of_model(spec, model, (), []):
        yield pair.path, pair.variable, pair.tensor


def _pairs_of_model(spec: ModelSpec, model: Any, parents: tuple[str, ...], problems: list[Problem]) -> Iterator[Pair]:
    layers = {layer.name: layer for layer in model.layers}
    for layer in spec.layers:
        if layer.class_name.startswith("ops.") or layer.class_name == "InputLayer":
            continue
        yield from _pairs_of_layer(layer, layers[layer.name], (*parents, layer.name), problems)


def _pairs_of_layer(spec: LayerSpec, layer: Any, path: tuple[str, ...], problems: list[Problem]) -> Iterator[Pair]:
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
            yield from (Pair(where, spec.class_name, variable, tensor) for variable, tensor in found)
        return
    variables = _by_slot(layer)
    for slot, tensor in spec.tensors.items():
        variable = variables.get(slot)
        if variable is None:
            problems.append(
                UnusedTensor(f"it has no variable {slot} for {tensor.name}", layer=where, class_name=spec.class_name)
            )
        else:
            yield Pair(where, spec.class_name, variable, tensor)


def _listed(held: Any) -> list[Any]:
    return list(held) if isinstance(held, list | tuple) else [] if held is None else [held]


def _by_slot(layer: Any) -> dict[str, Any]:
    """`kernel` and, for a layer made of layers (MultiHeadAttention), `query/kernel`."""
    variables = [v for v in layer.weights if v.name not in STATES]
    inner = {"/".join(v.path.split("/")[-2:]): v for v in variables}
    return inner | {v.name: v for v in variables}


def _mismatch(pair: Pair) -> Problem:
    return ShapeMismatch(
        f"{pair.variable.name} needs the shape {tuple(pair.variable.shape)}, "
        f"the file's {pair.tensor.name} gives {pair.tensor.shape}",
        layer=pair.path, class_name=pair.class_name,
    )  # fmt: skip


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
