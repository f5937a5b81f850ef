"""What is known of the outputs of layers that stand between op layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.spec import Call, LayerSpec, Port, ports_in
from kconvert.upgrade.fragment import Shape
from kconvert.upgrade.operations.build import Known
from kconvert.upgrade.shapes import ShapeInference, output_shapes

KEEPS_DTYPE = frozenset(
    ["Reshape", "Flatten", "Permute", "RepeatVector", "Concatenate", "Cropping1D", "Cropping2D", "Cropping3D",
     "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "UpSampling1D", "UpSampling2D", "UpSampling3D", "Add",
     "Subtract", "Multiply", "Maximum", "Minimum"]
)  # fmt: skip
"""Layers that compute with integers as well; all others give the dtype they compute in."""


def known_outputs(
    layer: LayerSpec, call: Call, known: Mapping[Port, Known], given: Shape | None = None
) -> Sequence[Known]:
    """Shape and dtype of each output of one call of a layer; `given` is the shape of an input where the model is held."""
    if layer.class_name == "InputLayer":
        declared = layer.config.get("batch_input_shape", layer.config.get("batch_shape"))
        shape = given if given is not None else None if declared is None else tuple(declared)
        return [Known(shape, layer.config.get("dtype"))]
    inputs = [known.get(port, Known()) for port in ports_in(call.args)]
    nested = layer.inner_model
    if nested is not None:
        shape_of = ShapeInference(nested, [i.shape for i in inputs])
        return [Known(shape_of(port), _dtype_of(nested.layer(port.layer), inputs)) for port in ports_in(nested.outputs)]
    shapes = output_shapes(layer, [i.shape for i in inputs])
    return [Known(shape, _dtype_of(layer, inputs)) for shape in (shapes if shapes is not None else [None])]


def _dtype_of(layer: LayerSpec, inputs: Sequence[Known]) -> str | None:
    first = inputs[0].dtype if inputs else None
    computes = _compute_dtype(layer.config.get("dtype"))
    if layer.class_name in KEEPS_DTYPE and not (first or "").startswith(("float", "bfloat")):
        return first
    return computes


def _compute_dtype(policy: Any) -> str | None:
    """`float16` from a dtype, a policy's name or its config."""
    if isinstance(policy, Mapping):
        policy = (policy.get("config") or {}).get("name")
    if not isinstance(policy, str):
        return None
    return policy.removeprefix("mixed_") if policy.startswith("mixed_") else policy
