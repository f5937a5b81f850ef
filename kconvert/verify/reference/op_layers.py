"""Op layers of tf.keras: a call of a TensorFlow function, or of an operation of its graph. They let no mask through.

Sources: tensorflow 2.3 keras/engine/base_layer.py `TensorFlowOpLayer`, `AddLoss`; 2.4 keras/layers/core.py `TFOpLambda`,
`SlicingOpLambda`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.functions.backend import backend
from kconvert.verify.reference.functions.nodes import operation
from kconvert.verify.reference.functions.table import called
from kconvert.verify.reference.layer import Layer, Rule
from kconvert.verify.reference.values import Result, Value, wide


def function_call(layer: Layer, *args: Any, **kwargs: Any) -> Result:
    """`TFOpLambda`, `SlicingOpLambda`."""
    name, given, named = str(layer.get("function")), plain(args), plain(kwargs)
    if name.startswith("keras."):
        return valued(of_keras(layer, name, given, named))
    return valued(called(name, given, named))


def of_keras(layer: Layer, name: str, args: Any, kwargs: Any) -> Any:
    """A function of Keras itself: `keras.backend.batch_flatten`."""
    functions = backend(layer.facts)
    plain_name = name.removeprefix("keras.backend.")
    if plain_name not in functions:
        raise Lacking(f"the reference does not have the function tf.{name}")
    return functions[plain_name](*args, **kwargs)


def graph_operation(layer: Layer, *args: Any) -> Result:
    """`TensorFlowOpLayer`."""
    return valued(operation(str(layer.get("operation")), plain(args), layer.get("attributes") or {}))


def unchanged(layer: Layer, x: Value, *args: Any, **kwargs: Any) -> Value:
    """`AddLoss`, `AddMetric`: their input as it is."""
    return x.unmasked()


def plain(nest: Any) -> Any:
    """The arrays in place of the values."""
    if isinstance(nest, Value):
        return nest.array
    if isinstance(nest, dict):
        return {key: plain(value) for key, value in nest.items()}
    return type(nest)(plain(value) for value in nest) if isinstance(nest, list | tuple) else nest


def valued(result: Any) -> Result:
    """Arrays as values, several as several outputs.

    Raises:
        Lacking: something else.
    """
    if isinstance(result, list | tuple):
        return tuple(value for part in result for value in _listed(valued(part)))
    if not isinstance(result, np.ndarray | np.generic | int | float | bool):
        raise Lacking("its result is no tensor")
    return Value(wide(np.asarray(result)))


def _listed(result: Result) -> tuple[Value, ...]:
    return result if isinstance(result, tuple) else (result,)


KERAS2: dict[str, Rule] = {
    "AddLoss": Rule(unchanged),
    "AddMetric": Rule(unchanged),
    "SlicingOpLambda": Rule(function_call),
    "TFOpLambda": Rule(function_call),
    "TensorFlowOpLayer": Rule(graph_operation),
}
