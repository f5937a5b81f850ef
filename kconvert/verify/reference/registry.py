"""Class name -> rule, for each dialect: all that the reference knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.spec import Dialect, ModelSpec
from kconvert.verify.reference import (
    addons,
    advanced_activations,
    attention,
    borders,
    categories,
    cells,
    convolution,
    convolutional_recurrent,
    core,
    cudnn,
    early_recurrent,
    embeddings,
    image_layers,
    lambdas,
    local,
    merge,
    normalization,
    op_layers,
    operations,
    pooling,
    recurrent,
    separable,
    text,
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

FAMILIES = (
    addons,
    advanced_activations,
    attention,
    borders,
    categories,
    cells,
    convolution,
    convolutional_recurrent,
    core,
    cudnn,
    early_recurrent,
    embeddings,
    image_layers,
    lambdas,
    local,
    merge,
    normalization,
    op_layers,
    operations,
    pooling,
    recurrent,
    separable,
    text,
    transposed,
    wrappers,
)
"""The files with a table for each dialect that they have classes of. A class stands in one of them."""


def _rules(dialect: Dialect) -> Mapping[str, Rule]:
    """The tables of one dialect (`KERAS1` of each family that has one) as one."""
    tables = [getattr(family, dialect.name.upper(), {}) for family in FAMILIES]
    return MODELS | {name: rule for table in tables for name, rule in table.items()}


ONLY_IN_TENSORFLOW = frozenset({
    "AdditiveAttention", "Attention", "CategoryEncoding", "CenterCrop", "Conv1DTranspose", "ConvLSTM1D", "ConvLSTM3D", "DepthwiseConv1D",
    "Discretization", "EinsumDense", "GroupNormalization", "Hashing", "Identity", "IntegerLookup", "LayerNormalization",
    "MultiHeadAttention", "Normalization", "PeepholeLSTMCell", "RandomFourierFeatures", "Rescaling", "Resizing",
    "RMSNormalization", "SpectralNormalization", "StringLookup",
    "TextVectorization", "UnitNormalization",
})  # fmt: skip
"""Classes of Keras 2 that the Keras outside of TensorFlow did not have: there, they are somebody's own of the same name."""

RULES: Mapping[Dialect, Mapping[str, Rule]] = {dialect: _rules(dialect) for dialect in Dialect}


def rules_of(model: ModelSpec) -> Mapping[str, Rule]:
    """The rules for the classes that the framework of a model had."""
    rules, origin = RULES[model.dialect], model.origin
    if model.dialect is not Dialect.keras2 or origin.package == "tf.keras" or origin.keras == (None, None):
        return rules
    return {name: rule for name, rule in rules.items() if name not in ONLY_IN_TENSORFLOW}
