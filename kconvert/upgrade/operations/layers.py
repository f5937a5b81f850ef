"""What is known of the outputs of layers that stand between op layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconvert.spec import Call, LayerSpec, Port, ports_in
from kconvert.upgrade.fragment import Shape
from kconvert.upgrade.operations.build import Known, Lengths, with_lengths
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.shapes import ShapeInference
from kconvert.upgrade.shapes.layers import SAME_SHAPE, output_shapes

KEEPS_DTYPE = frozenset(
    ["Reshape", "Flatten", "Permute", "RepeatVector", "Concatenate", "Cropping1D", "Cropping2D", "Cropping3D",
     "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "UpSampling1D", "UpSampling2D", "UpSampling3D", "Add",
     "Subtract", "Multiply", "Maximum", "Minimum"]
)  # fmt: skip
"""Layers that compute with integers as well; all others give the dtype they compute in."""


KEEPS_AXES = SAME_SHAPE | {"Dense", "Embedding", "EinsumDense", "Add", "Multiply", "Subtract", "Maximum", "Minimum"}
"""Layers whose outputs have the open lengths of their input, axis by axis; all others have its batch."""


def known_outputs(layer: LayerSpec, call: Call, known: Mapping[Port, Known], batch: Port) -> Sequence[Known]:
    """Shape and dtype of each output of one call of a layer; all inputs of a model have the length of `batch` in common."""
    if layer.class_name == "InputLayer":
        declared = layer.config.get("batch_input_shape", layer.config.get("batch_shape"))
        port = Port(layer.name)
        if not declared:
            return [Known(None if declared is None else (), layer.config.get("dtype"))]
        first = Length(batch, 0) if declared[0] is None else declared[0]
        return [Known(with_lengths((first, *declared[1:]), port), layer.config.get("dtype"))]
    inputs = [known.get(port, Known()) for port in ports_in(call.args)]
    plain = [_plain(i.shape) for i in inputs]
    nested = layer.inner_model
    if nested is not None:
        shape_of = ShapeInference(nested, plain)
        outputs = list(ports_in(nested.outputs))
        shapes: Sequence[Shape | None] = [shape_of(port) for port in outputs]
        dtypes = [_dtype_of(nested.layer(port.layer), inputs) for port in outputs]
    else:
        shapes = output_shapes(layer, plain) or [None]
        dtypes = [_dtype_of(layer, inputs)] * len(shapes)
    return [Known(_with_those_of(layer, inputs, s), d) for s, d in zip(shapes, dtypes, strict=True)]


def _plain(shape: Lengths | None) -> Shape | None:
    return None if shape is None else tuple(None if isinstance(n, Length) else n for n in shape)


def _with_those_of(layer: LayerSpec, inputs: Sequence[Known], shape: Shape | None) -> Lengths | None:
    """The open lengths that are those of the input; others are marked as not known yet."""
    if shape is None:
        return None
    first = (inputs[0].shape if inputs else None) or ()
    axes = len(first) if layer.class_name in KEEPS_AXES else 1
    return tuple(first[a] if n is None and a < min(axes, len(first)) else n for a, n in enumerate(shape))


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
