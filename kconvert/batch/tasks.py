"""What is to be converted to where: everything that can be wrong with a batch is found before the first model is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kconvert.batch.settings import Settings
from kconvert.errors import UsageError
from kconvert.files.content import digest_of
from kconvert.files.stores import is_url, joined
from kconvert.report.findings import Found
from kconvert.versions import versions

ENDINGS = (".h5", ".hdf5", ".keras", ".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Task:
    """One model, its place below the output, and how it is converted.

    Attributes:
        key: digest of all that the result depends on: the model's bytes, options, files that these name, versions.
    """

    found: Found
    target: str
    options: Mapping[str, Any]
    key: str


def tasks_of(
    models: Sequence[Found],
    root: str,
    output: str,
    given: Mapping[str, Any],
    format: str,
    version_dir: int | None = None,
) -> list[Task]:
    """One task per model.

    Args:
        given: options of the whole batch, below those of any `kconvert.yaml`.
        format: `keras` or `savedmodel`.
        version_dir: the folder below each SavedModel's own, for model servers.

    Raises:
        UsageError: two models would become one file, the output lies among the models, or a `kconvert.yaml` is wrong.
    """
    if _is_same(root, output):
        raise UsageError(f"{output}: the models' own folder; their results go to another one")
    settings = None if is_url(root) else Settings(Path(root))
    made_with = json.dumps(versions(), sort_keys=True)
    tasks = []
    for found in models:
        options = {**given, **(settings.of(found.relative) if settings else {})}
        target = joined(output, _named(found.relative, format, version_dir))
        tasks.append(Task(found, target, options, _key(found, options, format, made_with)))
    _refuse_collisions(tasks)
    return tasks


def _is_same(root: str, output: str) -> bool:
    if is_url(root) or is_url(output):
        return root.rstrip("/") == output.rstrip("/")
    return Path(output).resolve() == Path(root).resolve()


def _named(relative: str, format: str, version_dir: int | None) -> str:
    path = Path(relative)
    if version_dir is not None and path.name.isdigit() and path.name != relative:
        path = path.parent  # net/1, as a server had it, becomes net/<version_dir>
    stem = path.stem if path.suffix.lower() in ENDINGS else path.name
    named = path.with_name(f"{stem}.keras" if format == "keras" else stem)
    return str(named if version_dir is None else named / str(version_dir))


def _key(found: Found, options: Mapping[str, Any], format: str, made_with: str) -> str:
    files = [v for k in ("probe", "custom", "maps") for v in _listed(options.get(k))]
    contents = [digest_of(Path(file)) for file in files]
    facts = [found.digest, format, sorted((k, str(v)) for k, v in options.items()), contents, made_with]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _listed(value: Any) -> list[str]:
    return [] if value is None else [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]


def _refuse_collisions(tasks: Sequence[Task]) -> None:
    """Targets are compared without case: some file systems do not tell `A.keras` from `a.keras`."""
    by_target: dict[str, list[Task]] = {}
    for task in tasks:
        by_target.setdefault(task.target.casefold(), []).append(task)
    clashes = [t for t in by_target.values() if len(t) > 1]
    if clashes:
        lines = [
            f"{', '.join(t.found.relative for t in group)} would all become {group[0].target}" for group in clashes
        ]
        raise UsageError("; ".join(lines) + ": leave some out with --exclude")
