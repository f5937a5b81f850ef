"""The SavedModel format, with a serving signature that has the model's own input and output names and dtypes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kconvert.export.names import Names
from kconvert.framework import keras_on_tensorflow


def write_saved_model(model: Any, target: Path, names: Names) -> None:
    """Writes `serve` and `serving_default`; both take the inputs by name and return a dict of the outputs."""
    import tensorflow as tf

    keras = keras_on_tensorflow()
    flat = keras.Model(model.inputs, model.outputs)  # the same layers, whatever structure the model takes and gives
    specs = [tf.TensorSpec(i.shape, i.dtype, name=n) for i, n in zip(model.inputs, names.inputs, strict=True)]

    def serve(inputs: Any) -> dict[str, Any]:
        outputs = flat(list(inputs), training=False)
        return dict(zip(names.outputs, outputs if isinstance(outputs, list) else [outputs], strict=True))

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, input_signature=[specs])
    archive.write_out(target, verbose=False)
