"""Class name -> rule, for each dialect: all that the reference knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.spec import Dialect
from kconvert.verify.reference import (
    advanced_activations,
    attention,
    borders,
    cells,
    convolution,
    convolutional_recurrent,
    core,
    cudnn,
    early_recurrent,
    embeddings,
    lambdas,
    local,
    merge,
    normalization,
    op_layers,
    pooling,
    recurrent,
    separable,
    transposed,
    wrappers,
)
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.values import Value


def _nested(layer: Layer, inputs: Any, **kwargs: Any) -> tuple[Value, ...]:
    if layer.model is None:
        raise Lacking("it holds no model")
    return layer.model(*(inputs if isinstance(inputs, list | tuple) else [inputs]))


MODELS = {name: Rule(_nested) for name in ("Model", "Functional", "Sequential", "Graph")}

KERAS0: Mapping[str, Rule] = {
    **MODELS,
    **advanced_activations.KERAS0,
    **borders.KERAS0,
    **convolution.KERAS0,
    **core.KERAS0,
    **early_recurrent.KERAS0,
    **embeddings.KERAS0,
    **local.KERAS0,
    **merge.KERAS0,
    **normalization.KERAS0,
    **pooling.KERAS0,
    **separable.KERAS0,
    **transposed.KERAS0,
    **wrappers.KERAS0,
}
KERAS1: Mapping[str, Rule] = {
    **MODELS,
    **advanced_activations.KERAS1,
    **borders.KERAS1,
    **convolution.KERAS1,
    **convolutional_recurrent.KERAS1,
    **core.KERAS1,
    **embeddings.KERAS1,
    **lambdas.KERAS1,
    **local.KERAS1,
    **merge.KERAS1,
    **normalization.KERAS1,
    **pooling.KERAS1,
    **recurrent.KERAS1,
    **separable.KERAS1,
    **transposed.KERAS1,
    **wrappers.KERAS1,
}
KERAS2: Mapping[str, Rule] = {
    **MODELS,
    **advanced_activations.KERAS2,
    **attention.KERAS2,
    **borders.KERAS2,
    **cells.KERAS2,
    **convolution.KERAS2,
    **convolutional_recurrent.KERAS2,
    **core.KERAS2,
    **cudnn.KERAS2,
    **embeddings.KERAS2,
    **lambdas.KERAS2,
    **local.KERAS2,
    **merge.KERAS2,
    **normalization.KERAS2,
    **op_layers.KERAS2,
    **pooling.KERAS2,
    **recurrent.KERAS2,
    **separable.KERAS2,
    **transposed.KERAS2,
    **wrappers.KERAS2,
}
KERAS3: Mapping[str, Rule] = {
    **MODELS,
    **advanced_activations.KERAS3,
    **attention.KERAS3,
    **borders.KERAS3,
    **cells.KERAS3,
    **convolution.KERAS3,
    **convolutional_recurrent.KERAS3,
    **core.KERAS3,
    **embeddings.KERAS3,
    **lambdas.KERAS3,
    **local.KERAS3,
    **merge.KERAS3,
    **normalization.KERAS3,
    **pooling.KERAS3,
    **recurrent.KERAS3,
    **separable.KERAS3,
    **transposed.KERAS3,
    **wrappers.KERAS3,
}

RULES: Mapping[Dialect, Mapping[str, Rule]] = {
    Dialect.keras0: KERAS0,
    Dialect.keras1: KERAS1,
    Dialect.keras2: KERAS2,
    Dialect.keras3: KERAS3,
}
