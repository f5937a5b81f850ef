"""What the inputs of a model are used for, as far as its layers tell: ids, words, classes, pixels, steps that are masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconvert.spec import Call, LayerSpec, ModelSpec, Port, ports_in_keras_order

# Layers that hand on the values that they take, or a part of them. What a Lambda or a TensorFlow function does is not
# known here; in front of an Embedding it picks a column.
PASSING = frozenset([
    "ActivityRegularization", "ActivityRegularizer", "AlphaDropout", "Cast", "Concatenate", "Cropping1D", "Cropping2D",
    "Cropping3D", "Dropout", "Flatten", "GaussianDropout", "GaussianNoise", "GetItem", "Identity", "Lambda", "Layer",
    "Masking", "Merge", "Permute", "RepeatVector", "Reshape", "SlicingOpLambda", "SpatialDropout1D", "SpatialDropout2D",
    "SpatialDropout3D", "Split", "TFOpLambda", "TensorFlowOpLayer", "UpSampling1D", "UpSampling2D", "UpSampling3D",
    "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
])  # fmt: skip
TEXT = frozenset(["StringLookup", "TextVectorization"])


@dataclass(frozen=True, slots=True)
class Use:
    """What one input is for; what is not known is None or empty.

    Attributes:
        below: ids, all of them smaller than this.
        zero_is_mask: an id of 0 stands for a step that is not there.
        mask_value: a step whose numbers are all this is not there.
        words: of a vocabulary; `sentences` if they come several in one string.
        numbers: of a vocabulary.
        is_pixels: numbers from 0 to 255.
    """

    below: int | None = None
    zero_is_mask: bool = False
    mask_value: float | None = None
    words: tuple[str, ...] = ()
    sentences: bool = False
    numbers: tuple[int, ...] = ()
    is_pixels: bool = False

    def joined(self, other: Use) -> Use:
        """What satisfies both."""
        sizes = [n for n in (self.below, other.below) if n is not None]
        return Use(
            min(sizes) if sizes else None,
            self.zero_is_mask or other.zero_is_mask,
            self.mask_value if self.mask_value is not None else other.mask_value,
            self.words or other.words,
            self.sentences or other.sentences,
            self.numbers or other.numbers,
            self.is_pixels or other.is_pixels,
        )


def uses(spec: ModelSpec) -> list[Use]:
    """One per input, in the model's flattened order."""
    return [_use(spec, port, frozenset()) for port in ports_in_keras_order(spec.inputs)]


def _use(spec: ModelSpec, port: Port, seen: frozenset[Port]) -> Use:
    found = Use()
    for layer, number in _consumers(spec, port):
        call, held = layer.calls[number], _held(layer)
        found = found.joined(_asked(held))
        if held.inner_model is not None:
            entries = zip(ports_in_keras_order(held.inner_model.inputs), call.ports(), strict=False)
            for entry in [entry for entry, taken in entries if taken == port]:
                found = found.joined(_use(held.inner_model, entry, frozenset()))
        if held.class_name in PASSING:
            made = {p for other in spec.layers for c in other.calls for p in c.ports()}
            after = {p for p in made if (p.layer, p.call) == (layer.name, number)} - seen
            for passed in after:
                found = found.joined(_use(spec, passed, seen | after))
    return found


def _consumers(spec: ModelSpec, port: Port) -> Iterator[tuple[LayerSpec, int]]:
    for layer in spec.layers:
        for number, call in enumerate(layer.calls):
            if port in call.ports():
                yield layer, number


def _held(layer: LayerSpec) -> LayerSpec:
    """The layer in a wrapper."""
    held = layer.inner.get("layer")
    return _held(held) if isinstance(held, LayerSpec) else layer


def _asked(layer: LayerSpec) -> Use:
    """What a layer wants its input to be."""
    config, name = layer.config, layer.class_name.rsplit(">", 1)[-1]
    if name == "Embedding":
        return Use(_size(config.get("input_dim")), bool(config.get("mask_zero")))
    if name == "CategoryEncoding":
        return Use(_size(config.get("num_tokens") or config.get("max_tokens")))
    if name == "Masking":
        return Use(mask_value=float(config.get("mask_value", 0.0)))
    if name in TEXT:
        return Use(words=_vocabulary(config, str), sentences=name == "TextVectorization")
    if name == "IntegerLookup":
        return Use(numbers=_vocabulary(config, int))
    if name == "Rescaling":
        return Use(is_pixels=_is_small(config.get("scale")))
    if name == "Normalization":
        return Use(is_pixels=_is_large(layer))
    return Use(_depth(layer))


def _size(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value >= 1 else None


def _vocabulary(config: Mapping[str, Any], kind: type) -> tuple[Any, ...]:
    words = config.get("vocabulary")
    return tuple(w for w in words if isinstance(w, kind) and w != "") if isinstance(words, Sequence) else ()


def _is_small(scale: Any) -> bool:
    scales = scale if isinstance(scale, list | tuple) else [scale]
    return all(isinstance(s, int | float) and 0 < abs(s) <= 0.02 for s in scales)


def _is_large(layer: LayerSpec) -> bool:
    """Statistics of numbers up to 255; EfficientNet of tf.keras normalises by them, ImageNet's are below 1."""
    mean = layer.config.get("mean")
    return isinstance(mean, list | tuple | float | int) and max(_numbers(mean), default=0.0) > 20


def _numbers(nest: Any) -> Iterator[float]:
    if isinstance(nest, list | tuple):
        for value in nest:
            yield from _numbers(value)
    elif isinstance(nest, int | float):
        yield float(nest)


def _depth(layer: LayerSpec) -> int | None:
    """Of tf.one_hot."""
    if layer.config.get("function") not in ("one_hot", "tf.one_hot"):
        return None
    call = layer.calls[0] if layer.calls else Call()
    return _size(call.kwargs.get("depth", call.args[1] if len(call.args) > 1 else None))
