"""A training configuration in today's words -> a compiled model, its optimizer without state yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.errors import BrokenGraph
from kconvert.framework import keras_on_tensorflow
from kconvert.training import Compiled


def compile_model(model: Any, compiled: Compiled) -> None:
    """Compiles the model; the step is not jitted, as it was not then.

    Raises:
        BrokenGraph: today's Keras refuses the configuration. The model is not compiled then.
    """
    keras = keras_on_tensorflow()
    try:
        optimizer = _optimizer(compiled.optimizer, keras)
        model.compile(
            optimizer=optimizer,
            loss=_each(compiled.loss, lambda config: _loss(config, keras)),
            loss_weights=compiled.loss_weights,
            metrics=_each(compiled.metrics, keras.metrics.deserialize),
            weighted_metrics=_each(compiled.weighted_metrics, keras.metrics.deserialize),
            jit_compile=False,
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BrokenGraph(f"today's Keras refuses how it was compiled: {' '.join(str(error).split())[:400]}") from None


def forget_training(model: Any) -> None:
    """Makes a model what it is before `compile`."""
    model.compiled = False
    model.optimizer = None


def _optimizer(said: Mapping[str, Any], keras: Any) -> Any:
    config = dict(said["config"])
    rate = config.get("learning_rate")
    if isinstance(rate, Mapping):
        config["learning_rate"] = keras.optimizers.schedules.deserialize(dict(rate))
    elif rate is not None:
        config["learning_rate"] = float(rate)  # a whole number is one that Keras refuses
    return getattr(keras.optimizers, said["class_name"])(**config)


def _loss(said: dict[str, Any], keras: Any) -> Any:
    """A loss of which Keras saves every argument: some classes forget theirs, but not as a function with arguments.

    Keras 3.15 src/losses/losses.py: `Huber` and `CosineSimilarity` have no `get_config`; `LossFunctionWrapper` has one.
    """
    loss = keras.losses.deserialize(said)
    saved = loss.get_config()
    forgotten = {k: v for k, v in said["config"].items() if saved.get(k) != v}
    if not forgotten:
        return loss
    wrapper = next(c for c in type(loss).__mro__ if c.__name__ == "LossFunctionWrapper")
    return wrapper(loss.fn, name=loss.name, reduction=loss.reduction, **forgotten)


def _each(nest: Any, new: Any) -> Any:
    """Objects for `{"class_name", "config"}` anywhere in lists and dicts; names stay names."""
    if isinstance(nest, Mapping):
        if "class_name" in nest and "config" in nest:
            return new(dict(nest))
        return {key: _each(value, new) for key, value in nest.items()}
    return [_each(value, new) for value in nest] if isinstance(nest, list) else nest
