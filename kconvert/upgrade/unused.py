"""Layers that are stored, but take no part: nothing calls them.

Keras 0.3 stores the decoder of an AutoEncoder that gives out its code (layers/core.py, `output_reconstruction=False`).
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.spec import LayerSpec, ModelSpec, Tensor, walk


def without_unused(model: ModelSpec) -> tuple[ModelSpec, dict[str, str]]:
    """The model without them, and their tensors -> why they are left out."""
    unused = [layer for layer in model.layers if not layer.calls]
    used = tuple(layer for layer in model.layers if layer.calls)
    dropped = {t.name: f"no output depends on {layer.name}" for layer in unused for t in _tensors_of(layer, model)}
    return replace(model, layers=used), dropped


def _tensors_of(layer: LayerSpec, model: ModelSpec) -> list[Tensor]:
    alone = replace(model, layers=(layer,))
    return [tensor for _, inside in walk(alone) for tensor in inside.tensors.values()]
