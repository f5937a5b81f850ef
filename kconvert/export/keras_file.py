"""The `.keras` format: a zip archive with the config as JSON and the weights as HDF5, the same bytes every time."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NO_DATE = "1980-01-01@00:00:00"


def write_keras_file(model: Any, target: Path, output_names: Sequence[str]) -> None:
    """Saves without optimizer, then takes out the dates that Keras and the zip format put in."""
    dated = target.with_name(f"dated-{target.name}")
    model.save(dated, include_optimizer=False)
    try:
        _copy_without_dates(dated, target)
    finally:
        dated.unlink()


def _copy_without_dates(dated: Path, target: Path) -> None:
    with zipfile.ZipFile(dated) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name)  # the first moment that a zip file can name
            entry.compress_type = zipfile.ZIP_STORED
            entry.external_attr = 0o644 << 16
            if name == "metadata.json":
                metadata = {**json.loads(old.read(name)), "date_saved": NO_DATE}
                new.writestr(entry, json.dumps(metadata))
                continue
            with old.open(name) as source, new.open(entry, "w", force_zip64=True) as copy:
                while block := source.read(1 << 20):
                    copy.write(block)
