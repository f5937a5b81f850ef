"""What layers do in a training step that today's Keras does otherwise: said, for no argument changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconvert.spec import Dialect, ModelSpec, walk
from kconvert.upgrade.conditions import keras_is


def other_steps(spec: ModelSpec) -> tuple[str, ...]:
    """One sentence for each kind of layer whose training steps are others today.

    Sources: keras 2.2.4 and 2.3.1 layers/normalization.py `call`, backend/tensorflow_backend.py `moving_average_update`,
    engine/base_layer.py `__call__`; tensorflow 2.3 python/keras/layers/normalization.py `_fused_batch_norm`; Keras 3.15
    src/layers/layer.py `__call__`, normalization/batch_normalization.py.
    """
    return tuple(_other_steps(spec))


def _other_steps(spec: ModelSpec) -> Iterator[str]:
    layers = [layer for _, layer in walk(spec) if layer.config.get("trainable", True)]
    is_tf = spec.origin.package != "keras"
    normalized = [layer.name for layer in layers if layer.class_name.startswith(("BatchNormalization", "SyncBatch"))]
    if normalized and spec.dialect is Dialect.keras2 and (is_tf or keras_is(spec.origin, ">=2.1")):
        yield f"{_named(normalized)}: the moving variance took up n / (n - 1) times the variance of a batch, today just that"
    if normalized and not is_tf and spec.origin.backend == "tensorflow" and keras_is(spec.origin, ">=2.1,<2.3"):
        yield f"{_named(normalized)}: the first step after loading put its batch's statistics in place of the moving ones"
    rows = [layer.name for layer in layers if layer.class_name == "Embedding"]
    if rows and is_tf and spec.training is not None and _is_lazy(spec.training.config):
        yield f"{_named(rows)}: rows that a batch does not look up were left alone, today their momentum moves them"
    regular = [layer.name for layer in layers if layer.config.get("activity_regularizer")]
    if regular and not is_tf:
        yield f"{_named(regular)}: the activity regularizer was not divided by the batch size, today's is"


def _is_lazy(config: Any) -> bool:
    """TensorFlow's kernels for sparse gradients (optimizer_v2/gradient_descent.py, adadelta.py, rmsprop.py) skip such rows."""
    optimizer = config.get("optimizer_config", config.get("optimizer")) if isinstance(config, Mapping) else None
    if not isinstance(optimizer, Mapping):
        return False
    arguments = optimizer.get("config")
    momentum = arguments.get("momentum") if isinstance(arguments, Mapping) else None
    return optimizer.get("class_name") == "Adadelta" or bool(momentum)


def _named(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
