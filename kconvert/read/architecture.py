"""An architecture as text, JSON or YAML, to a plain dict; limits first, and nothing is ever constructed from a tag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml

from kconvert.errors import CorruptSource, NotAModel

LARGEST_JSON = 64 << 20
LARGEST_YAML = 8 << 20
DEEPEST = 200
MOST_ALIASES = 1000
WRAPPERS = ("model_config", "keras_model", "model", "architecture")


def architecture_of(text: str, where: str) -> dict[str, Any]:
    """The model's dict with `class_name` and `config`; from a JSON text, or a YAML one.

    Raises:
        CorruptSource: not parseable, or beyond the limits.
        NotAModel: parseable, but no model.
    """
    stripped = text.lstrip("\ufeff \t\r\n")
    data = _json(stripped, where) if stripped[:1] in ("{", "[", '"') else _yaml(text, where)
    if isinstance(data, str):  # to_json() dumped a second time
        data = architecture_of(data, where)
    _check_depth(data, where)
    for wrapper in WRAPPERS:
        if isinstance(data, dict) and not _is_model(data) and not is_keras0(data) and wrapper in data:
            inner = data[wrapper]
            inner = architecture_of(inner, where) if isinstance(inner, str) else inner
            data = {**{k: v for k, v in data.items() if k != wrapper}, **inner} if isinstance(inner, dict) else data
    if not isinstance(data, dict) or not (_is_model(data) or is_keras0(data)):
        raise NotAModel(f"{where}: no Keras model (no `class_name` and `config`)")
    return data


def training_of(text: str, where: str) -> dict[str, Any]:
    """A training configuration, which is JSON in every age.

    Raises:
        CorruptSource: not parseable, beyond the limits, or not an object.
    """
    data = _json(text, where)
    _check_depth(data, where)
    if not isinstance(data, dict):
        raise CorruptSource(f"{where}: not a JSON object")
    return data


def _is_model(data: Mapping[str, Any]) -> bool:
    return "class_name" in data and "config" in data


def is_keras0(data: Mapping[str, Any]) -> bool:
    """True for the envelope of Keras 0.x: `name` is the class, and the arguments lie beside it (0.3.3 models.py)."""
    return "class_name" not in data and data.get("name") in ("Sequential", "Graph")


def _json(text: str, where: str) -> Any:
    if len(text) > LARGEST_JSON:
        raise CorruptSource(f"{where}: {len(text):,} bytes of JSON; the limit is {LARGEST_JSON:,}")
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates)
    except RecursionError:
        raise CorruptSource(f"{where}: nested deeper than {DEEPEST}") from None
    except ValueError as error:
        raise CorruptSource(f"{where}: not valid JSON: {error}") from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(k for k, _ in pairs if sum(k == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return found


class _ModelLoader(yaml.SafeLoader):
    """The tags that Python 2's Keras wrote for plain values; any other is an error."""


def _sequence(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node, deep=True)


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


def _long(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


NUMPY_KINDS = "iufb"


def _dtype(loader: yaml.SafeLoader, node: yaml.MappingNode) -> str:
    """`{args: [i8, 0, 1], state: [3, <, ...]}` as `<i8`; the scalar below is all that it is used for."""
    fields = loader.construct_mapping(node, deep=True)
    order = fields.get("state", [3, "<"])[1]
    return f"{order if order in ('<', '>') else '|'}{fields['args'][0]}"


def _number(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> Any:
    """A NumPy scalar: the name of its type and its bytes."""
    name, data = loader.construct_sequence(node, deep=True)
    dtype = np.dtype(name)
    raw = data if isinstance(data, bytes) else str(data).encode("latin-1")
    if dtype.kind not in NUMPY_KINDS or len(raw) != dtype.itemsize:
        raise ValueError(f"{name!r} with {len(raw)} bytes is not a number")
    return np.frombuffer(raw, dtype)[0].item()


_ModelLoader.add_constructor("tag:yaml.org,2002:python/object/apply:numpy.dtype", _dtype)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/object/apply:numpy.core.multiarray.scalar", _number)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/tuple", _sequence)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/unicode", _scalar)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/str", _scalar)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/long", _long)


def _yaml(text: str, where: str) -> Any:
    if len(text) > LARGEST_YAML:
        raise CorruptSource(f"{where}: {len(text):,} bytes of YAML; the limit is {LARGEST_YAML:,}")
    try:
        depth = aliases = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            aliases += isinstance(event, yaml.AliasEvent)
            if depth > DEEPEST or aliases > MOST_ALIASES:
                raise CorruptSource(
                    f"{where}: YAML nested deeper than {DEEPEST} or with more than {MOST_ALIASES} aliases"
                )
        return yaml.load(text, Loader=_ModelLoader)
    except yaml.constructor.ConstructorError as error:
        raise CorruptSource(f"{where}: {error.problem}: nothing from a model file is executed") from None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, KeyError) as error:
        raise CorruptSource(f"{where}: not valid YAML: {' '.join(str(error).split())}") from None


def _check_depth(data: Any, where: str) -> None:
    waiting = [(data, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > 2_000_000:
            raise CorruptSource(f"{where}: nested deeper than {DEEPEST} or with more than 2,000,000 values")
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting.extend((v, depth + 1) for v in inside)
