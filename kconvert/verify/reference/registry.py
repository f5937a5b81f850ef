"""Class name -> rule, for each dialect: all that the reference knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.spec import Dialect
from kconvert.verify.reference import (
    addons,
    advanced_activations,
    borders,
    categories,
    convolution,
    core,
    image_layers,
    local,
    normalization,
    pooling,
    separable,
    text,
    transposed,
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
    **addons.KERAS0,
    **advanced_activations.KERAS0,
    **borders.KERAS0,
    **categories.KERAS0,
    **convolution.KERAS0,
    **core.KERAS0,
    **image_layers.KERAS0,
    **local.KERAS0,
    **normalization.KERAS0,
    **pooling.KERAS0,
    **separable.KERAS0,
    **text.KERAS0,
    **transposed.KERAS0,
}
KERAS1: Mapping[str, Rule] = {
    **MODELS,
    **addons.KERAS1,
    **advanced_activations.KERAS1,
    **borders.KERAS1,
    **categories.KERAS1,
    **convolution.KERAS1,
    **core.KERAS1,
    **image_layers.KERAS1,
    **local.KERAS1,
    **normalization.KERAS1,
    **pooling.KERAS1,
    **separable.KERAS1,
    **text.KERAS1,
    **transposed.KERAS1,
}
KERAS2: Mapping[str, Rule] = {
    **MODELS,
    **addons.KERAS2,
    **advanced_activations.KERAS2,
    **borders.KERAS2,
    **categories.KERAS2,
    **convolution.KERAS2,
    **core.KERAS2,
    **image_layers.KERAS2,
    **local.KERAS2,
    **normalization.KERAS2,
    **pooling.KERAS2,
    **separable.KERAS2,
    **text.KERAS2,
    **transposed.KERAS2,
}
KERAS3: Mapping[str, Rule] = {
    **MODELS,
    **addons.KERAS3,
    **advanced_activations.KERAS3,
    **borders.KERAS3,
    **categories.KERAS3,
    **convolution.KERAS3,
    **core.KERAS3,
    **image_layers.KERAS3,
    **local.KERAS3,
    **normalization.KERAS3,
    **pooling.KERAS3,
    **separable.KERAS3,
    **text.KERAS3,
    **transposed.KERAS3,
}

RULES: Mapping[Dialect, Mapping[str, Rule]] = {
    Dialect.keras0: KERAS0,
    Dialect.keras1: KERAS1,
    Dialect.keras2: KERAS2,
    Dialect.keras3: KERAS3,
}
