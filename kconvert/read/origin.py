"""Which Keras, on which backend, wrote this? Only what the file or the user says, with where it says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from packaging.version import InvalidVersion, Version

from kconvert.asked import BACKENDS, Reading
from kconvert.definitions import Definitions
from kconvert.errors import CorruptSource, UsageError
from kconvert.read.evidence import backend_of, releases
from kconvert.spec import Dialect, Origin


def origin_of(
    reading: Reading,
    custom: Definitions,
    kind: str,
    statements: Mapping[str, Mapping[str, Any]],
    evidence: Mapping[str, str],
) -> Origin:
    """The origin, from statements (where -> `keras_version`, `backend`), the first that says something counts.

    Raises:
        UsageError: an option contradicts the file.
    """
    path = str(reading.source)
    found: dict[str, str] = {}
    reasons = dict(evidence)
    for question, option in (("keras_version", reading.keras_version), ("backend", reading.backend)):
        for where, said in statements.items():
            value = said.get(question)
            if value is not None and question not in found:
                found[question], reasons[question] = str(value), f"{where}: {value}"
        if option is not None:
            flag = f"--{question.replace('_', '-')}"
            if question in found and not _agree(question, found[question], option):
                raise UsageError(f"{flag} {option} contradicts the file, which says {found[question]}")
            if question not in found:
                found[question], reasons[question] = option, f"said by {flag}"
    if found.get("backend") not in (*BACKENDS, None):
        raise CorruptSource(f"{path}: the backend {found['backend']!r} is none that Keras had", code="E_BAD_CONFIG")
    version = found.get("keras_version")
    hints = {"data_format": reading.data_format, "input_shape": reading.input_shape}
    hints = {question: answer for question, answer in hints.items() if answer is not None}
    return Origin(
        path, kind, _range(version, path), _package(version), found.get("backend"), reasons, hints, custom=custom
    )  # fmt: skip


def with_evidence(origin: Origin, dialect: Dialect, data: Mapping[str, Any], names: Iterable[str]) -> Origin:
    """The origin with what the words and names show, where neither the file nor the user says it."""
    reasons = dict(origin.evidence)
    keras, backend = origin.keras, origin.backend
    if keras == (None, None):
        found, why = releases(dialect, data)
        if found is not None:
            keras, reasons["keras_version"] = found, why
    if backend is None:
        backend, why = backend_of(dialect, keras, names)
        if backend is not None:
            reasons["backend"] = why
    return replace(origin, keras=keras, backend=backend, evidence=reasons)


def _range(version: str | None, path: str) -> tuple[Version | None, Version | None]:
    if version is None:
        return (None, None)
    try:
        exact = Version(version.split("-")[0])
    except InvalidVersion:
        raise CorruptSource(f"{path}: {version!r} is not a version of Keras", code="E_BAD_CONFIG") from None
    return (exact, exact)


def _package(version: str | None) -> str:
    """`2.2.4-tf` is tf.keras; from 2.4.0 on there is no other Keras 2 than that of TensorFlow."""
    if version is None:
        return "keras"
    return (
        "tf.keras"
        if version.endswith("-tf") or Version("2.4") <= Version(version.split("-", 1)[0]) < Version("3")
        else "keras"
    )


def _agree(question: str, said: str, option: str) -> bool:
    return said.split("-", maxsplit=1)[0] == option if question == "keras_version" else said == option
