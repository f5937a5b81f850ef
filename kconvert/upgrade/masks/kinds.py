"""What a mask is made of, and what each class of layer has to do with masks."""

from __future__ import annotations

from dataclasses import dataclass

from kconvert.spec import LayerSpec, Port

MERGES = frozenset(["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
RECURRENT = frozenset(
    [
        "SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "ConvRNN2D", "CuDNNLSTM", "CuDNNGRU",
        "LSTMV1", "LSTMV2", "UnifiedLSTM", "GRUV1", "GRUV2", "UnifiedGRU",
    ]
)  # fmt: skip
ATTENTION = frozenset(["Attention", "AdditiveAttention"])
READERS = RECURRENT | {"Bidirectional", "GlobalAveragePooling1D", "Softmax", "TimeDistributed"}
STOP = "ops.copy"  # hands no mask on, as no operation does
WITHOUT = frozenset(["Dot", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "InputLayer"])
PASSING = frozenset(
    [
        "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "BatchNormalizationV1",
        "BatchNormalizationV2", "SyncBatchNormalization", "Dense", "Dropout", "FixedDropout", "ELU", "GaussianDropout",
        "GaussianNoise", "GroupNormalization", "LayerNormalization", "LeakyReLU", "PReLU", "ReLU", "Softmax",
        "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "ThresholdedReLU", "TimeDistributed",
        "UnitNormalization",
    ]
)  # fmt: skip
"""Layers behind which their input's mask is there again, in tf.keras and today."""
PASSING_SINCE = {"ReLU": ">=2.5", "BatchNormalization": ">=2.1.6"}
"""Where tf.keras's earlier releases did not."""
PASSING_TODAY = frozenset(["Identity", "Normalization", "Rescaling", "RandomHeight", "RandomWidth"])
"""What tf.keras did not pass at all."""


@dataclass(frozen=True, slots=True)
class Source:
    """A mask that a layer makes from its input: an Embedding's ids, or Masking's `value`."""

    port: Port
    value: float | None  # None: an Embedding, id 0 is masked


@dataclass(frozen=True, slots=True)
class Joined:
    """Several masks as one; `how`: and, or, or something that neither Keras computes from them alone."""

    how: str
    parts: tuple[Mask, ...]


@dataclass(frozen=True, slots=True)
class Attended:
    """What MultiHeadAttention makes of several masks: (is it the query's?, mask), and of the call's own."""

    parts: tuple[tuple[bool, Mask], ...]
    given: Port | None


@dataclass(frozen=True, slots=True)
class Inherited:
    """The mask that the surrounding model hands to the n-th input."""

    number: int


Mask = Source | Joined | Attended | Inherited | None


def makes_mask(layer: LayerSpec) -> bool:
    """Masking, or an Embedding that masks id 0."""
    return layer.class_name == "Masking" or (layer.class_name == "Embedding" and bool(layer.config.get("mask_zero")))
