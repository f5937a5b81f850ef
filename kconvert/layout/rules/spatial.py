"""Layers with a `data_format`: convolutions, pooling, padding, cropping, upsampling, ConvLSTM.

Their kernels are stored rows, columns, channels, filters whatever the data format (keras 3.15.1 src/layers/convolutional/
base_conv.py `build`), so their tensors stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kconvert.axes import AS_BEFORE, channels_last
from kconvert.layout.facts import facts
from kconvert.layout.ways import Use, Way, same
from kconvert.spec import LayerSpec

LAST = {"data_format": "channels_last"}


def is_first(layer: LayerSpec) -> bool:
    """Is it told that channels come first?"""
    return layer.config.get("data_format") == "channels_first"


def spatial(use: Use) -> Way | None:
    """Channels come last before it and behind it."""
    if not is_first(use.layer) or not facts().is_elementwise(use.layer.config.get("activation")):
        return None
    return same(use, channels_last(facts().spatial[use.layer.class_name] + 2), **LAST)


def global_pooling(use: Use) -> Way | None:
    """Likewise; only channels are left, unless `keepdims`."""
    if not is_first(use.layer):
        return None
    layout = channels_last(facts().global_pooling[use.layer.class_name] + 2)
    return Way(_last(use.layer), (layout,), (layout,) if use.layer.config.get("keepdims") else (AS_BEFORE,))


def spatial_dropout(use: Use) -> Way | None:
    """Whole channels, which the layer says only where the file did: Keras 2 never saved it."""
    layout = channels_last(facts().spatial_dropout[use.layer.class_name] + 2)
    return same(use, layout, **LAST) if is_first(use.layer) or use.first == layout else None


def convolutional_recurrent(use: Use) -> Way | None:
    """A sequence of images; what it gives and remembers are images, or again a sequence."""
    config = use.layer.config
    known = (config.get("activation"), config.get("recurrent_activation"))
    if not is_first(use.layer) or not all(map(facts().is_elementwise, known)):
        return None
    axes = facts().convolutional_recurrent[use.layer.class_name]
    sequence, image = channels_last(axes + 3, leading=1), channels_last(axes + 2)
    inputs = (sequence, *(image if _is_image(s, axes) else AS_BEFORE for s in use.shapes[1:]))
    if any(shape is None for shape in use.shapes[1:]):
        return None  # a state or a mask
    return Way(_last(use.layer), inputs, (sequence if config.get("return_sequences") else image,), image)


def spatial_operation(use: Use) -> Way | None:
    """`ops.conv` and the like; the kernel that it is given stays as it is."""
    if not is_first(use.layer) or use.rank is None:
        return None
    layout = channels_last(use.rank)
    return Way(_last(use.layer), (layout,), (layout,))


def _is_image(shape: Any, axes: int) -> bool:
    return shape is not None and len(shape) == axes + 2


def _last(layer: LayerSpec) -> LayerSpec:
    config: Mapping[str, Any] = {**layer.config, **LAST}
    return replace(layer, config=config)
