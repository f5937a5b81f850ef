"""The `.keras` format: a zip archive with the config as JSON and the weights as HDF5, the same bytes every time."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from kconvert.export.names import Names

NO_DATE = "1980-01-01@00:00:00"


def write_keras_file(model: Any, target: Path, names: Names) -> None:
    """Saves, with the optimizer where the model is compiled, then takes out what differs from run to run (dates, addresses)."""
    dated = target.with_name(".dated.keras")
    model.save(dated, include_optimizer=bool(model.compiled))
    try:
        _copy_reproducibly(dated, target)
    finally:
        dated.unlink()


def _copy_reproducibly(dated: Path, target: Path) -> None:
    with zipfile.ZipFile(dated) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name)  # the first moment that a zip file can name
            entry.compress_type = zipfile.ZIP_STORED
            entry.external_attr = 0o644 << 16
            if name == "metadata.json":
                new.writestr(entry, json.dumps({**json.loads(old.read(name)), "date_saved": NO_DATE}))
                continue
            if name == "config.json":
                new.writestr(entry, json.dumps(_built_by_calls(_with_small_ids(json.loads(old.read(name)), {}))))
                continue
            with old.open(name) as source, new.open(entry, "w", force_zip64=True) as copy:
                while block := source.read(1 << 20):
                    copy.write(block)


def _with_small_ids(config: Any, ids: dict[int, int]) -> Any:
    """Objects that occur twice are marked with their address (`shared_object_id`); numbers in order do as well."""
    if isinstance(config, list):
        return [_with_small_ids(value, ids) for value in config]
    if not isinstance(config, dict):
        return config
    return {
        key: ids.setdefault(value, len(ids)) if key == "shared_object_id" else _with_small_ids(value, ids)
        for key, value in config.items()
    }


def _built_by_calls(config: Any) -> Any:
    """Layers of the user's own without the shape that they were built with: their first call builds them.

    From a file, the shape would come as a list, which such code takes for the shapes of several inputs (keras 3.15.1
    src/layers/layer.py `build_from_config`).
    """
    if isinstance(config, list):
        return [_built_by_calls(value) for value in config]
    if not isinstance(config, dict):
        return config
    is_own = "class_name" in config and not str(config.get("module") or "keras").startswith("keras")
    return {key: _built_by_calls(value) for key, value in config.items() if not (is_own and key == "build_config")}
