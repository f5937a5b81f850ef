"""The SavedModel format, with a serving signature that has the model's own input and output names and dtypes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kconvert.errors import ConversionFailed, Rejected
from kconvert.export.given import Names, Values
from kconvert.framework import keras_on_tensorflow


def write_saved_model(model: Any, target: Path, names: Names, values: Values) -> None:
    """Writes `serve` and `serving_default`; both take the inputs by name and return a dict of the outputs.

    Raises:
        ConversionFailed: a layer would compute something else in a graph than it does otherwise.
    """
    import tensorflow as tf

    keras = keras_on_tensorflow()
    values.fill()
    _refuse_open_steps(model, keras)
    flat = keras.Model(model.inputs, model.outputs)  # the same layers, whatever structure the model takes and gives
    specs = [tf.TensorSpec(i.shape, i.dtype, name=n) for i, n in zip(model.inputs, names.inputs, strict=True)]

    def serve(inputs: Any) -> dict[str, Any]:
        outputs = flat(list(inputs), training=False)
        return dict(zip(names.outputs, outputs if isinstance(outputs, list) else [outputs], strict=True))

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, input_signature=[specs])
    archive.write_out(target, verbose=False)


def _refuse_open_steps(model: Any, keras: Any) -> None:
    """In a graph with an open number of steps, TimeDistributed counts the examples of the batch instead.

    Source: keras 3.15.1 src/layers/rnn/time_distributed.py `call`, `ops.arange(input_shape[0])` after the transpose.
    """
    problems = [
        Rejected(
            "the number of steps is open, and with that today's TimeDistributed gives wrong outputs in a SavedModel: "
            "write a .keras file",
            layer=layer.name, class_name="TimeDistributed", option="-o NEW.keras",
        )
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, keras.layers.TimeDistributed) and (layer.get_build_config() or {})["input_shape"][1] is None
    ]  # fmt: skip
    if problems:
        raise ConversionFailed(problems)
