"""The `.keras` format: a zip archive with the config as JSON and the weights as HDF5, the same bytes every time.

Keras's own `save` has the weights three times in memory: in the variables, as NumPy arrays, and as a file in an archive.
Here large tensors pass through in blocks; all else is Keras's own (keras 3.15.1 src/saving/saving_lib.py
`_save_model_to_fileobj`).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from kconvert.export.given import Names, Values
from kconvert.export.sparse import SparseFile
from kconvert.export.weights import Gap, laid_out

Readable = IO[bytes] | SparseFile
NO_DATE = "1980-01-01@00:00:00"
BLOCK = 1 << 20


def write_keras_file(model: Any, target: Path, names: Names, values: Values) -> None:
    """Saves, with the optimizer where the model is compiled, without what differs from run to run (dates, addresses)."""
    from keras.src.saving import saving_lib

    config, metadata = map(json.loads, saving_lib._serialize_model_as_json(model))
    assets = saving_lib.DiskIOStore("assets", mode="w")
    frame = SparseFile()
    try:
        gaps = laid_out(model, frame, assets, values)
        texts = {
            "config.json": json.dumps(_built_by_calls(_with_small_ids(config, {}))).encode(),
            "metadata.json": json.dumps({**metadata, "date_saved": NO_DATE}).encode(),
        }
        with zipfile.ZipFile(target, "w") as archive:
            for name, file in _files(Path(assets.working_dir)):
                with file.open("rb") as content, _entry(archive, f"assets/{name}", file.stat().st_size) as entry:
                    _copied(content, entry, file.stat().st_size)
            for name, text in texts.items():
                with _entry(archive, name, len(text)) as entry:
                    entry.write(text)
            with _entry(archive, "model.weights.h5", frame.size) as entry:
                _filled(frame, entry, gaps, values)
    finally:
        assets.close()


def _files(folder: Path) -> list[tuple[str, Path]]:
    return sorted((p.relative_to(folder).as_posix(), p) for p in folder.rglob("*") if p.is_file())


def _entry(archive: zipfile.ZipFile, name: str, size: int) -> IO[bytes]:
    entry = zipfile.ZipInfo(name)  # the first moment that a zip file can name
    entry.file_size = size
    entry.compress_type = zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    return archive.open(entry, "w")


def _filled(frame: SparseFile, entry: IO[bytes], gaps: list[Gap], values: Values) -> None:
    """The weights file, whose tensors are put where the frame has room for them."""
    at = frame.seek(0)
    for gap in sorted(gaps, key=lambda gap: gap.offset):
        _copied(frame, entry, gap.offset - at)
        for block in values.blocks(gap.variable):
            entry.write(block.data.cast("B"))
        at = frame.seek(gap.offset + gap.nbytes)
    _copied(frame, entry, frame.size - at)


def _copied(source: Readable, entry: IO[bytes], count: int) -> None:
    for block in _blocks(source, count):
        entry.write(block)


def _blocks(source: Readable, count: int) -> Iterator[bytes]:
    while count and (block := source.read(min(count, BLOCK))):
        count -= len(block)
        yield block


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
