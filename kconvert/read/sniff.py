"""What kind of file is this? The first bytes decide, never the suffix; each kind that is no model gets its own sentence."""

from __future__ import annotations

import html
import os
import re
import stat
from pathlib import Path
from typing import Literal

from kconvert.errors import CorruptSource, NoArchitecture, NotAModel, SourceNotFound

Kind = Literal["hdf5", "json", "yaml", "keras", "savedmodel"]
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
TABLE_MAGIC = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # ends the index of a checkpoint

FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x0e\x03\x13\x01", "an HDF4 file"),
    (b"GGUF", "a GGUF model, not one of Keras"),
    (b"\x89PNG", "a PNG image"),
    (b"%PDF", "a PDF document"),
)


def sniffed(path: Path) -> Kind:
    """The kind of a model file.

    Raises:
        SourceNotFound: there is nothing at this path.
        NotAModel, CorruptSource: no file that kconvert reads; the message says what it is.
    """
    if path.is_dir():
        return _folder(path)
    _regular_file(path)
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise CorruptSource(f"{path}: the file is empty (0 bytes): an interrupted download?")
    if head.startswith(HDF5_SIGNATURE):
        return "hdf5"
    _refuse_checkpoint(path, head)
    if head.startswith(b"PK"):
        return "keras"  # or another zip archive: its reader says which
    _refuse_foreign(path, head)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in (b"{", b"[", b'"'):
        return "json"
    if re.search(
        rb"^\s*-?\s*['\"]?(class_name|config|backend|keras_version|layers|name)['\"]?\s*:", head, re.MULTILINE
    ):
        return "yaml"
    raise NotAModel(f"{path}: not a file that any Keras wrote (it starts with {head[:12]!r})")


def _folder(path: Path) -> Kind:
    if (path / "saved_model.pb").is_file():
        return "savedmodel"
    if (path / "saved_model.pbtxt").is_file():
        raise NotAModel(f"{path}: a SavedModel as text (saved_model.pbtxt), which no Keras writes")
    versions = versions_in(path)
    if len(versions) == 1:
        return "savedmodel"
    if versions:
        names = ", ".join(v.name for v in versions)
        raise NotAModel(f"{path}: a folder with several versions of a model ({names}): name one, as {versions[-1]}")
    if (path / "config.json").is_file():
        raise NotAModel(
            f"{path}: an unpacked .keras archive: zip the files in it (config.json at the top) as NAME.keras"
        )
    raise NotAModel(f"{path}: a folder, not a model file")


def versions_in(path: Path) -> list[Path]:
    """The version folders of a served model, `model/1/saved_model.pb`, in order."""
    numbered = [p for p in path.iterdir() if p.name.isdigit() and (p / "saved_model.pb").is_file()]
    return sorted(numbered, key=lambda p: int(p.name))


def _regular_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        hint = " (a broken link)" if path.is_symlink() else ""
        raise SourceNotFound(f"{path}: no such file{hint}") from None
    except (OSError, ValueError) as error:
        raise SourceNotFound(f"{path}: cannot be read: {error}") from None
    if not stat.S_ISREG(mode):
        raise NotAModel(f"{path}: not a regular file")
    if not os.access(path, os.R_OK):
        raise SourceNotFound(f"{path}: no permission to read it")


def _refuse_checkpoint(path: Path, head: bytes) -> None:
    """One of the files of a TensorFlow checkpoint: tensors, without the layers that they belong to."""
    with path.open("rb") as file:
        file.seek(-min(8, path.stat().st_size), os.SEEK_END)
        is_index = file.read(8) == TABLE_MAGIC
    if is_index or head.startswith(b"model_checkpoint_path:"):
        name = path.name.removesuffix(".index")
        raise NoArchitecture(
            f"{path}: a TensorFlow checkpoint, tensors without their layers; give the architecture as the source: "
            f"kconvert model.json --weights {name if is_index else 'PREFIX'} -o NEW"
        )


def _refuse_foreign(path: Path, head: bytes) -> None:
    if head.startswith(b"version https://git-lfs"):
        found = re.search(rb"oid (\S+)\s+size (\d+)", head)
        what = f" for {found[1].decode()}, {int(found[2]):,} bytes" if found else ""
        raise NotAModel(f"{path}: a git-lfs pointer{what}, not the file itself: run `git lfs pull`")
    if re.match(rb"\s*<(!doctype|html|\?xml)", head, re.IGNORECASE):
        title = re.search(rb"<title[^>]*>(.*?)</title>", head, re.IGNORECASE | re.DOTALL)
        words = html.unescape(title[1].decode("utf-8", "replace")).strip()[:80] if title else ""
        raise NotAModel(f"{path}: a web page{f' ({words!r})' if words else ''}, not a model: the download went wrong")
    if re.match(rb"\x80[\x02-\x05]", head):
        raise NotAModel(f"{path}: a pickle, which can run code when it is read; kconvert never does")
    if head[4:8] == b"TFL3":
        raise NotAModel(f"{path}: a TensorFlow Lite model, which cannot be turned back into layers")
    if not head.strip(b"\0"):
        raise CorruptSource(f"{path}: nothing but zero bytes: an interrupted download?")
    if len(head) < len(HDF5_SIGNATURE) and HDF5_SIGNATURE.startswith(head):
        raise CorruptSource(f"{path}: truncated HDF5: only {len(head)} bytes are there")
    for signature, what in FOREIGN:
        if head.startswith(signature):
            raise NotAModel(f"{path}: {what}")
