"""An architecture as text, JSON or YAML, to the dict that describes the model, whatever it is wrapped in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconvert.errors import CorruptSource, NotAModel
from kconvert.read.scan.json_text import plain_json
from kconvert.read.scan.yaml_text import plain_yaml

WRAPPERS = ("model_config", "keras_model", "model", "architecture")


def architecture_of(text: str, where: str) -> dict[str, Any]:
    """The model's dict with `class_name` and `config`; from a JSON text, or a YAML one.

    Raises:
        CorruptSource: not parseable.
        UnsafeSource: beyond the limits, or it asks for code.
        NotAModel: parseable, but no model.
    """
    stripped = text.lstrip("\ufeff \t\r\n")
    if not stripped:
        raise CorruptSource(f"{where}: not valid JSON: it is empty", code="E_BAD_CONFIG")
    data = plain_json(stripped, where) if stripped[:1] in ("{", "[", '"') else plain_yaml(text, where)
    if isinstance(data, str) and len(data) < len(text):  # to_json() dumped a second time
        data = architecture_of(data, where)
    for wrapper in WRAPPERS:
        if isinstance(data, dict) and not _is_model(data) and not is_keras0(data) and wrapper in data:
            inner = data[wrapper]
            inner = architecture_of(inner, where) if isinstance(inner, str) else inner
            data = {**{k: v for k, v in data.items() if k != wrapper}, **inner} if isinstance(inner, dict) else data
    if not isinstance(data, dict) or not (_is_model(data) or is_keras0(data)):
        raise NotAModel(f"{where}: no Keras model (no `class_name` and `config`)")
    if _is_model(data) and not (isinstance(data["class_name"], str) and isinstance(data["config"], dict | list)):
        raise CorruptSource(f"{where}: `class_name` is no text, or `config` neither dict nor list", code="E_BAD_CONFIG")
    return data


def training_of(text: str, where: str) -> dict[str, Any]:
    """A training configuration, which is JSON in every age.

    Raises:
        CorruptSource: not parseable, or not an object.
        UnsafeSource: beyond the limits.
    """
    data = plain_json(text, where)
    if not isinstance(data, dict):
        raise CorruptSource(f"{where}: not a JSON object")
    return data


def _is_model(data: Mapping[str, Any]) -> bool:
    return "class_name" in data and "config" in data


def is_keras0(data: Mapping[str, Any]) -> bool:
    """True for the envelope of Keras 0.x: `name` is the class, and the arguments lie beside it (0.3.3 models.py)."""
    return "class_name" not in data and data.get("name") in ("Sequential", "Graph")
