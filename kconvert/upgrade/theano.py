"""Which Theano did a model of Keras 1 run on? A file says it where one of its layers runs on no earlier one.

Source: keras 1.1.1 and 1.2.2 backend/theano_backend.py `_old_theano_conv3d`: with Theano 0.8, no strides with `same`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kconvert.spec import Dialect, ModelSpec, Origin, walk
from kconvert.upgrade.shapes.windows import per_axis

QUESTION = "theano"


def with_theano(spec: ModelSpec) -> ModelSpec:
    """The model with the evidence, where it has some, that Theano was 0.9 or later."""
    if spec.dialect is not Dialect.keras1:
        return spec
    for _, layer in walk(spec):
        strides = per_axis(layer.config.get("subsample"), 3) if layer.class_name == "Convolution3D" else ()
        if layer.config.get("border_mode") == "same" and any(s > 1 for s in strides):
            found = f"0.9 or later, as {layer.name} has strides and border_mode='same'"
            evidence: Mapping[str, str] = {**spec.origin.evidence, QUESTION: found}
            return replace(spec, origin=replace(spec.origin, evidence=evidence))
    return spec


def is_theano_since_0_9(origin: Origin) -> bool:
    """Does the file prove it? (`with_theano` has looked.)"""
    return QUESTION in origin.evidence
