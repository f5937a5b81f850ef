"""What the inputs of a model are used for, as far as its layers tell: ids, words, classes, pixels, steps that are masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconvert.spec import Call, LayerSpec, ModelSpec, Port, ports_in_keras_order

# Layers that hand on the values that they take, or a part of them. What a Lambda or a TensorFlow function does is not
# known here; in front of an Embedding it picks a column.
PASSING = frozenset([
    "ActivityRegularization", "ActivityRegularizer", "AlphaDropout", "Cast", "CenterCrop", "Concatenate", "Cropping1D", "Cropping2D",
    "Cropping3D", "Dropout", "Flatten", "GaussianDropout", "GaussianNoise", "GetItem", "Identity", "Lambda", "Layer",
    "Masking", "Merge", "Permute", "RandomBrightness", "RandomContrast", "RandomCrop",
    "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RepeatVector", "Reshape", "Resizing", "SlicingOpLambda", "SpatialDropout1D", "SpatialDropout2D",
    "SpatialDropout3D", "Split", "TFOpLambda", "TensorFlowOpLayer", "UpSampling1D", "UpSampling2D", "UpSampling3D",
    "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
])  # fmt: skip
LARGE = 1e30  # infinity too is no number to tell apart
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
        between: numbers that layers tell apart or normalise.
    """

    below: int | None = None
    zero_is_mask: bool = False
    mask_value: float | None = None
    words: tuple[str, ...] = ()
    sentences: bool = False
    numbers: tuple[int, ...] = ()
    is_pixels: bool = False
    between: tuple[float, float] | None = None

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
            self.between or other.between,
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
        return Use(between=_normal_range(layer))
    if name == "Discretization":
        edges = list(_numbers(config.get("bin_boundaries") or config.get("bins") or ())) or _learned_edges(layer)
        return Use(between=(min(edges) - 1.0, max(edges) + 1.0) if len(edges) > 1 else None)
    return Use(_depth(layer))


def _size(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value >= 1 else None


def _vocabulary(config: Mapping[str, Any], kind: type) -> tuple[Any, ...]:
    words = config.get("vocabulary")
    return tuple(w for w in words if isinstance(w, kind) and w != "") if isinstance(words, Sequence) else ()


def _is_small(scale: Any) -> bool:
    scales = scale if isinstance(scale, list | tuple) else [scale]
    return all(isinstance(s, int | float) and 0 < abs(s) <= 0.02 for s in scales)


def _normal_range(layer: LayerSpec) -> tuple[float, float] | None:
    """Two standard deviations around the mean, by the statistics of the file or of the arguments."""
    stored = {name.rsplit("/", 1)[-1].partition(":")[0]: tensor for name, tensor in layer.tensors.items()}
    names = next((n for n in (("mean", "variance"), ("0", "1")) if set(n) <= set(stored)), None)
    if names is not None:
        mean, variance = (stored[n].read().ravel().tolist() for n in names)
    else:
        mean, variance = (list(_numbers(layer.config.get(n))) for n in ("mean", "variance"))
    if not mean or len(mean) != len(variance) or not all(abs(v) < LARGE for v in (*mean, *variance)):
        return None
    reach = [2.0 * abs(v) ** 0.5 for v in variance]
    return min(m - r for m, r in zip(mean, reach, strict=True)), max(m + r for m, r in zip(mean, reach, strict=True))


def _learned_edges(layer: LayerSpec) -> list[float]:
    """A summary of what it was adapted to: values and their weights."""
    return [v for t in layer.tensors.values() if t.shape[:1] == (2,) for v in _numbers(t.read()[0].tolist())]


def _numbers(nest: Any) -> Iterator[float]:
    if isinstance(nest, list | tuple):
        for value in nest:
            yield from _numbers(value)
    elif isinstance(nest, int | float) and abs(nest) < LARGE:
        yield float(nest)


def _depth(layer: LayerSpec) -> int | None:
    """Of tf.one_hot."""
    if layer.config.get("function") not in ("one_hot", "tf.one_hot"):
        return None
    call = layer.calls[0] if layer.calls else Call()
    return _size(call.kwargs.get("depth", call.args[1] if len(call.args) > 1 else None))
