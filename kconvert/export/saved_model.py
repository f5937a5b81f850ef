"""The SavedModel format, with a serving signature that has the model's own input and output names and dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kconvert.framework import keras_on_tensorflow


def write_saved_model(model: Any, target: Path, output_names: Sequence[str]) -> None:
    """Writes `serve` and `serving_default`; both take the inputs by name and return a dict of the outputs."""
    import tensorflow as tf

    keras = keras_on_tensorflow()
    specs = [tf.TensorSpec(i.shape, i.dtype, name=i.name) for i in model.inputs]

    def serve(inputs: Any) -> dict[str, Any]:
        given = inputs if len(specs) > 1 else inputs[0]
        result = model(given, training=False)
        outputs = list(result) if isinstance(result, list | tuple) else [result]
        return dict(zip(output_names, outputs, strict=True))

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, input_signature=[specs])
    archive.write_out(target, verbose=False)
