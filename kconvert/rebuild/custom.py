"""The user's own code, loaded: the only place where code runs that is not kconvert's or Keras's, because the user named it.

The module is no entry of `sys.modules` and its classes are in no registry when the conversion is over.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

from kconvert.errors import BrokenGraph, Problem, UsageError
from kconvert.framework import keras_on_tensorflow, scoped_registry
from kconvert.rebuild.stock import refused
from kconvert.spec import LayerSpec

PREFIX = "custom."
CUSTOM_OBJECT = "custom_object"
Objects = Mapping[str, Any]
NO_OBJECTS: Objects = {}
BASE = ("name", "trainable", "dtype")


@contextlib.contextmanager
def loaded(text: str, name: str, file: str) -> Iterator[Objects]:
    """The classes and functions of a module, by name; everything is put back afterwards.

    Args:
        text: its source, in today's Keras.
        name: what its classes shall say that their module is called.
        file: where the source is, for tracebacks.

    Raises:
        UsageError: it raises an error when it is loaded.
    """
    if not text:
        yield NO_OBJECTS
        return
    keras_on_tensorflow()
    module = types.ModuleType(name)
    module.__file__ = file
    before = sys.modules.get(name)
    with scoped_registry():
        sys.modules[name] = module  # dataclasses and pickles look their module up
        try:
            exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)
        except Exception as error:
            _forget(name, before)
            raise UsageError(
                f"--custom: the migrated code raises {type(error).__name__}: {' '.join(str(error).split())[:400]}"
            ) from None
        own = {k: v for k, v in vars(module).items() if getattr(v, "__module__", None) == name and callable(v)}
        try:
            with keras_on_tensorflow().saving.custom_object_scope(own):
                yield own
        finally:
            _forget(name, before)


def _forget(name: str, before: types.ModuleType | None) -> None:
    if before is None:
        sys.modules.pop(name, None)
    else:
        sys.modules[name] = before


def custom_layer(spec: LayerSpec, inner: Mapping[str, Any], objects: Objects) -> Any:
    """The layer that a spec of the user's own class describes, with the layers it holds.

    Raises:
        BrokenGraph: there is no such class, or it refuses its arguments.
    """
    keras = keras_on_tensorflow()
    name = spec.class_name.removeprefix(PREFIX)
    found: Any = objects.get(name)
    if not (isinstance(found, type) and issubclass(found, keras.layers.Layer)):
        raise BrokenGraph(f"the custom code's {name} is no layer of today's Keras", layer=spec.name, class_name=name)
    held = {
        role: [keras.saving.serialize_keras_object(one) for one in value]
        if isinstance(value, list | tuple)
        else keras.saving.serialize_keras_object(value)
        for role, value in inner.items()
    }
    base = {k: v for k, v in {"name": spec.name, **spec.config}.items() if k not in BASE or _takes(found, k)}
    try:
        layer = found.from_config({**base, **held})  # type: ignore[attr-defined]
    except Exception as error:  # whatever the user's code raises
        raise _said(error, spec, found, base) from None
    if "name" not in base:
        layer.name = spec.name
    return layer


def _takes(found: type, argument: str) -> bool:
    """Does the constructor take this argument, or any?"""
    parameters = inspect.signature(found).parameters.values()
    return any(p.name == argument or p.kind is p.VAR_KEYWORD for p in parameters)


def _said(error: Exception, spec: LayerSpec, found: type, config: Mapping[str, Any]) -> Problem:
    words = " ".join(str(error).split())[:400]
    arguments = ", ".join(f"{k}={str(v)[:60]}" for k, v in config.items())
    return BrokenGraph(
        f"the custom class does not take its arguments ({arguments}): {type(error).__name__}: {words}",
        layer=spec.name,
        class_name=found.__name__,
    )


def with_objects(value: Any, objects: Objects, spec: LayerSpec) -> Any:
    """A config with the user's own initializers, regularizers, constraints and activations themselves in it.

    Raises:
        BrokenGraph: the code has no such object, or its class refuses its arguments.
    """
    if isinstance(value, list):
        return [with_objects(v, objects, spec) for v in value]
    if not isinstance(value, Mapping):
        return value
    if CUSTOM_OBJECT not in value:
        return {k: with_objects(v, objects, spec) for k, v in value.items()}
    name, config = value[CUSTOM_OBJECT], value["config"]
    found = objects.get(name)
    if found is None:
        raise BrokenGraph(f"the custom code has no {name}", layer=spec.name, class_name=spec.class_name)
    if config is None:
        return found
    own = {k: v for k, v in config.items() if k != "name" or _takes(found, k)}  # Keras 1 wrote the class's name as one
    try:
        return found.from_config(own) if hasattr(found, "from_config") else found(**own)
    except Exception as error:
        raise refused(error, spec) from None
