"""What a file without a statement of its origin shows all the same: words that only some releases wrote, and names.

Sources: the `get_config` of layers and models of keras 0.2.0, 0.3.0, 0.3.3; keras 1.0.3 and 1.0.4 engine/topology.py `_updated_config`, which
writes the version from 1.0.4 on; keras 1.2.2 engine/topology.py `save_weights_to_hdf5_group`: a variable's own name, to which
TensorFlow adds `:0` and Theano nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.version import Version

from kconvert.read.dialect import layers_in
from kconvert.spec import Dialect

Range = tuple[Version, Version]

RELEASES: dict[Dialect, Range] = {
    Dialect.keras0: (Version("0.1.0"), Version("0.3.3")),
    Dialect.keras1: (Version("1.0.0"), Version("1.0.3")),
}
FIRST_WITH_BACKENDS = Version("0.3.0")
LAST_WITHOUT_BACKENDS = Version("0.2.99")
SINCE_0_3 = frozenset({"stateful", "go_backwards", "dim_ordering", "cache_enabled", "trainable"})
UNTIL_0_2 = frozenset({"truncate_gradient", "theano_mode"})


def releases(dialect: Dialect, data: Mapping[str, Any]) -> tuple[Range | None, str]:
    """The first and last release that can have written an architecture that does not say its own, and why."""
    if dialect not in RELEASES:
        return None, ""
    low, high = RELEASES[dialect]
    why = f"the form of Keras {low.major}.x that does not say its release: {low} to {high}"
    if dialect is Dialect.keras0:
        words = {*data, *(word for _, config in layers_in(data) for word in config)}
        if words & SINCE_0_3:
            low, why = FIRST_WITH_BACKENDS, f"{sorted(words & SINCE_0_3)[0]} is written from {FIRST_WITH_BACKENDS} on"
        elif words & UNTIL_0_2 or _has_convolution(data):
            high, why = LAST_WITHOUT_BACKENDS, f"the words are those before {FIRST_WITH_BACKENDS}"
    return (low, high), why


def _has_convolution(data: Mapping[str, Any]) -> bool:
    """One without a `dim_ordering`, that is: the words that are new in 0.3 have been looked for before."""
    return any(class_name == "Convolution2D" for class_name, _ in layers_in(data))


def backend_of(
    dialect: Dialect, keras: tuple[Version | None, Version | None], names: Iterable[str]
) -> tuple[str | None, str]:
    """The backend that the release or the tensors' names prove, and how."""
    if dialect is Dialect.keras0:
        highest = keras[1]
        if highest is not None and highest < FIRST_WITH_BACKENDS:
            return "theano", f"Keras had no other before {FIRST_WITH_BACKENDS}"
        return None, ""
    own = [name.rsplit("/", 1)[-1] for name in names]
    if dialect is not Dialect.keras1 or not own or all(re.fullmatch(r"param_\d+", name) for name in own):
        return None, ""
    if all(name.endswith(":0") for name in own):
        return "tensorflow", f"the tensors' names end in `:0` ({own[0]})"
    return ("theano", f"the tensors' names do not end in `:0` ({own[0]})") if ":" not in "".join(own) else (None, "")
