"""A `dtype` on every layer, in one form: a name such as `float32` or `mixed_float16`.

Keras before 2.3 writes it on the first layer only; the others took `floatx` of the day, which no file records but which
their tensors show (keras 2.2.4 engine/base_layer.py, `add_weight`). tf.keras writes it on every layer, from 1.14 on
possibly as a policy (tensorflow 2.1 python/keras/mixed_precision/experimental/policy.py `serialize`), where `infer` is the
dtype of the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kconvert.errors import ConversionFailed, Problem, UnknownArgument
from kconvert.spec import Dialect, LayerSpec, ModelSpec, walk

POLICIES = {
    "infer": None,
    "infer_with_float32_vars": None,
    "float16_with_float32_vars": "mixed_float16",
    "bfloat16_with_float32_vars": "mixed_bfloat16",
}
HALVES = ("float16", "bfloat16")
WITH_INTEGERS = frozenset(
    ["StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing", "CategoryEncoding"]
)
"""Layers whose dtype is that of their output; Discretization is one too, but today's would cast its input as well."""


def with_dtypes(model: ModelSpec) -> ModelSpec:
    """The model with the name of a dtype or policy on every layer that computes.

    Raises:
        ConversionFailed: a policy that has no name.
    """
    try:
        return _model(model, _floatx(model))
    except Problem as problem:
        raise ConversionFailed([problem]) from None


def dtype_name(dtype: Any) -> str | None:
    """The name in any form that Keras wrote; None where it is left to the input or to `floatx`.

    Raises:
        UnknownArgument: a policy that is not told by one name.
    """
    if isinstance(dtype, Mapping):
        config = dtype.get("config")
        dtype = config.get("name") if isinstance(config, Mapping) else None
        if not isinstance(dtype, str):
            raise UnknownArgument("its dtype policy has no name", argument="dtype")
    return POLICIES.get(dtype, dtype) if isinstance(dtype, str) else None


def _model(model: ModelSpec, floatx: str) -> ModelSpec:
    is_keras3 = model.dialect is Dialect.keras3
    return replace(model, layers=tuple(_layer(layer, floatx, is_keras3) for layer in model.layers))


def _layer(layer: LayerSpec, floatx: str, is_keras3: bool) -> LayerSpec:
    inner: dict[str, Any] = {}
    for role, held in layer.inner.items():
        if isinstance(held, ModelSpec):
            inner[role] = _model(held, floatx)
        elif isinstance(held, LayerSpec):
            inner[role] = _layer(held, floatx, is_keras3)
        else:
            inner[role] = tuple(_layer(cell, floatx, is_keras3) for cell in held)
    if layer.class_name == "InputLayer" or layer.class_name.startswith(("ops.", "Operation>")) or "model" in inner:
        return replace(layer, inner=inner)
    try:
        dtype = _dtype(layer, floatx, is_keras3)
    except Problem as problem:
        problem.layer, problem.class_name = layer.name, layer.class_name
        raise
    return replace(layer, config={**layer.config, "dtype": dtype}, inner=inner)


def _dtype(layer: LayerSpec, floatx: str, is_keras3: bool) -> str:
    said = dtype_name(layer.config.get("dtype"))
    own = {str(t.dtype) for t in layer.tensors.values() if t.dtype.kind == "f"}
    if said is not None and said.startswith("mixed_"):
        return said
    if said in HALVES and own == {"float32"}:  # tf.keras keeps the statistics of a half-precision layer in full
        return f"mixed_{said}"
    if len(own) == 1:
        return own.pop()
    if said is not None and (is_keras3 or _is_float(said) or layer.class_name in WITH_INTEGERS):
        return said
    return floatx  # Keras 2 lets integers be, as which dtype it may have saved; today's would cast to it


def _floatx(model: ModelSpec) -> str:
    floats: Mapping[str, None] = dict.fromkeys(
        str(t.dtype) for _, layer in walk(model) for t in layer.tensors.values() if t.dtype.kind == "f"
    )
    if floats:
        return next(iter(floats))
    said = [str(layer.config.get("dtype")) for layer in model.layers if layer.class_name == "InputLayer"]
    return next((d for d in said if _is_float(d)), "float32")


def _is_float(dtype: str) -> bool:
    return dtype.startswith(("float", "bfloat"))
