"""Which models are below a folder? Content decides, never a name; files that belong together are one model."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from kconvert.errors import KConvertError, NoArchitecture, NoWeights
from kconvert.files.content import digest_of_all, size_of
from kconvert.files.stores import files_below, joined
from kconvert.read.pairing import weights_beside
from kconvert.read.sniff import sniffed
from kconvert.report.findings import Found

WORDS = (b"class_name", b"config")
KERAS0 = re.compile(rb"['\"]?name['\"]?\s*:\s*['\"]?(Sequential|Graph)\b")
BLOCK = 1 << 20
TEXTS, SUFFIXES = (".json", ".yaml", ".yml"), (".h5", ".hdf5")


def models_below(root: Path, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[Found]:
    """Every model below a folder, in the order of its paths.

    Args:
        include, exclude: patterns for paths below `root` (`vgg/*.h5`); a model counts if some `include` fits, or there is
            none, and no `exclude` does.
    """
    sources = [path for path in _candidates(root) if _is_wanted(path.relative_to(root).as_posix(), include, exclude)]
    pairs = {path: _weights_of(path) for path in sources}
    taken = {weights.resolve() for weights in pairs.values() if weights is not None}
    return [
        Found(
            str(path), None if weights is None else str(weights), path.relative_to(root).as_posix(),
            digest_of_all(parts), sum(map(size_of, parts)),
        )
        for path, weights in pairs.items()
        for parts in [[path] if weights is None else [path, weights]]
        if path.resolve() not in taken
    ]  # fmt: skip


def models_at(url: str, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[Found]:
    """Every model below a URL, by the names of its files: the content is read where it is converted.

    HDF5, `.keras`, folders with `saved_model.pb`, and architectures as JSON or YAML beside one weights file of their name.
    """
    files = {path: (size, mark) for path, size, mark in files_below(url)}
    folders = {path.removesuffix("saved_model.pb").rstrip("/") for path in files if path.endswith("saved_model.pb")}
    found: dict[str, tuple[str | None, list[str]]] = {
        folder: (None, [p for p in files if p.startswith(f"{folder}/")]) for folder in folders if folder
    }
    taken = set()
    for path in files:
        if any(path.startswith(f"{folder}/") for folder in folders) or PurePosixPath(path).suffix not in TEXTS:
            continue
        stem = PurePosixPath(path).with_suffix("")
        pair = [w for w in (f"{stem}{e}{s}" for e in ("", "_weights", ".weights") for s in SUFFIXES) if w in files]
        if len(pair) == 1:
            found[path] = (pair[0], [path, pair[0]])
            taken.add(pair[0])
    for path in files:
        inside = any(path.startswith(f"{folder}/") for folder in folders)
        if not inside and path not in taken and PurePosixPath(path).suffix in (*SUFFIXES, ".keras"):
            found[path] = (None, [path])
    return [
        Found(
            joined(url, path), weights and joined(url, weights), path,
            hashlib.sha256("\n".join(files[p][1] for p in parts).encode()).hexdigest(), sum(files[p][0] for p in parts),
        )
        for path, (weights, parts) in sorted(found.items())
        if _is_wanted(path, include, exclude)
    ]  # fmt: skip


def _candidates(root: Path) -> Iterator[Path]:
    """Files and folders that look like models, without following links to folders."""
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        if (here / "saved_model.pb").is_file():
            folders.clear()
            yield here
            continue
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and _is_model(here / name):
                yield here / name


def _is_model(path: Path) -> bool:
    """True for what is a model, and for what is a damaged one: that is worth a line in the report."""
    try:
        kind = sniffed(path)
    except NoArchitecture:
        return False  # a checkpoint's index: an architecture beside it names it
    except KConvertError:
        return path.suffix in (".h5", ".hdf5", ".keras")
    if kind in ("json", "yaml"):
        with path.open("rb") as file:
            text = file.read(BLOCK)
        return all(word in text for word in WORDS) or KERAS0.search(text) is not None
    return kind != "keras" or path.suffix == ".keras" or b"metadata.json" in _tail(path)


def _tail(path: Path) -> bytes:
    """The end of a file, where a zip archive lists what is in it."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - BLOCK))
        return file.read()


def _weights_of(path: Path) -> Path | None:
    try:
        if path.is_dir() or sniffed(path) not in ("json", "yaml"):
            return None
        return weights_beside(path)
    except NoWeights:
        return None  # its conversion says so
    except KConvertError:
        return None


def _is_wanted(relative: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    return (not include or any(fnmatch.fnmatch(relative, p) for p in include)) and not any(
        fnmatch.fnmatch(relative, p) for p in exclude
    )
