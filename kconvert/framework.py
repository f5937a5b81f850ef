"""The one place that imports Keras: late, on TensorFlow, and without touching the user's settings.

Keras reads `KERAS_BACKEND` and `~/.keras/keras.json` when it is imported, and writes the latter where there is none
(keras 3.15 src/backend/config.py). People with models of 2016 still have a file that says theano and channels_first.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kconvert.errors import UsageError

COUNTERS = "object_name_uids"


def keras_on_tensorflow() -> Any:
    """The module `keras`, imported now if it is not yet.

    Raises:
        UsageError: this process runs Keras on another backend.
    """
    if "keras" not in sys.modules:
        with _environment(KERAS_BACKEND="tensorflow"), _no_new_settings(), _no_garbage():
            import keras
    import keras

    active = keras.backend.backend()
    if active != "tensorflow":
        raise UsageError(f"this process runs Keras on {active}; kconvert needs TensorFlow (KERAS_BACKEND=tensorflow)")
    return keras


@contextlib.contextmanager
def neutral_settings() -> Iterator[Any]:
    """Keras with its own defaults, whatever the process or keras.json says; everything is put back afterwards.

    Names that Keras makes up are counted from the beginning, so that a model's file does not depend on what was built before it.
    """
    k = keras_on_tensorflow()
    before = (k.config.image_data_format(), k.config.floatx(), k.config.epsilon(), k.config.dtype_policy())
    k.config.set_image_data_format("channels_last")
    k.config.set_floatx("float32")
    k.config.set_epsilon(1e-7)
    k.config.set_dtype_policy("float32")
    try:
        with scoped_registry(empty=True), _names_counted_anew():
            yield k
    finally:
        k.config.set_image_data_format(before[0])
        k.config.set_floatx(before[1])
        k.config.set_epsilon(before[2])
        k.config.set_dtype_policy(before[3])


@contextlib.contextmanager
def scoped_registry(empty: bool = False) -> Iterator[None]:
    """What is registered with Keras meanwhile, by name or by object, is forgotten afterwards.

    Source: keras 3.15.1 src/saving/object_registration.py: two dicts, of which only the one by name is public.
    """
    from keras.src.saving import object_registration

    registries: list[dict[Any, Any]] = [
        object_registration.GLOBAL_CUSTOM_OBJECTS, getattr(object_registration, "GLOBAL_CUSTOM_NAMES", {})
    ]  # fmt: skip
    before = [dict(registry) for registry in registries]
    if empty:
        registries[0].clear()
    try:
        yield
    finally:
        for registry, kept in zip(registries, before, strict=True):
            registry.clear()
            registry.update(kept)


@contextlib.contextmanager
def _names_counted_anew() -> Iterator[None]:
    """Source: keras 3.15.1 src/utils/naming.py: one dict of counters per process."""
    from keras.src.backend.common import global_state

    before = global_state.get_global_attribute(COUNTERS)
    global_state.set_global_attribute(COUNTERS, collections.defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(COUNTERS, before)


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _no_garbage() -> Iterator[None]:
    """Nothing is looked through for garbage meanwhile: among a million objects that stay, that takes a fifth of the import."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def _no_new_settings() -> Iterator[None]:
    """A keras.json that the import writes is taken away again."""
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    file = home / "keras.json"
    had_folder, had_file = home.is_dir(), file.exists()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if not had_file:
                file.unlink(missing_ok=True)
            if not had_folder:
                home.rmdir()
