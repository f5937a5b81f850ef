"""What kind of file is this? The first bytes decide, never the suffix; each kind that is no model gets its own sentence."""

from __future__ import annotations

import html
import os
import re
import stat
from pathlib import Path
from typing import Literal

from kconvert.errors import CorruptSource, NoArchitecture, NotAModel, UnsafeSource
from kconvert.read.scan.hdf5 import shown
from kconvert.read.scan.opened import inside, regular_file, status

Kind = Literal["hdf5", "json", "yaml", "keras", "savedmodel"]
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
TABLE_MAGIC = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # ends the index of a checkpoint

FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b", "a gzip archive; unpack it first"),
    (0, b"BZh", "a bzip2 archive; unpack it first"),
    (0, b"\xfd7zXZ", "an xz archive; unpack it first"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (0, b"Rar!", "a rar archive; unpack it first"),
    (257, b"ustar", "a tar archive; unpack it first"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x0e\x03\x13\x01", "an HDF4 file"),
    (0, b"CDF", "a NetCDF file"),
    (0, b"MATLAB 5.0", "a MATLAB file"),
    (0, b"GGUF", "a GGUF model, not one of Keras"),
    (8, b'{"', "a safetensors file: tensors without layers"),
    (4, b"TFL3", "a TensorFlow Lite model, which cannot be turned back into layers"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x7fELF", "a program"),
    (0, b"SQLite format 3", "a SQLite database"),
)
PROTOCOL_0 = re.compile(rb"(\(?[dlict](p\d+|__builtin__|collections|copy_reg|numpy|sklearn|keras|joblib)|\((dp|lp)\d)")
PLACES = (512, 1024, 2048)  # where HDF5 may begin behind other content


def sniffed(path: Path) -> Kind:
    """The kind of a model file.

    Raises:
        SourceNotFound: there is nothing at this path.
        NotAModel, CorruptSource: no file that kconvert reads; the message says what it is.
    """
    if stat.S_ISDIR(status(path).st_mode):
        return _folder(path)
    size = regular_file(path).size
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(HDF5_SIGNATURE):
        _refuse_second_content(path, head, size)
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
        regular_file(inside(path, path / "saved_model.pb"))
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
    if (path / "_CHECKPOINT_METADATA").exists() or (path / "_METADATA").exists():
        raise NotAModel(f"{path}: an Orbax checkpoint, tensors without their layers: save the model as .keras instead")
    raise NotAModel(f"{path}: a folder, not a model file", code="E_NOT_REGULAR")


def versions_in(path: Path) -> list[Path]:
    """The version folders of a served model, `model/1/saved_model.pb`, in order."""
    numbered = [p for p in path.iterdir() if p.name.isdigit() and (p / "saved_model.pb").is_file()]
    return sorted(numbered, key=lambda p: int(p.name))


def _refuse_second_content(path: Path, head: bytes, size: int) -> None:
    """HDF5 says where it ends; an archive behind that would be another model to another tool.

    Source: the HDF5 file format specification, III.A "Superblock", versions 0 to 3.
    """
    version = head[8] if len(head) > 8 else 0
    place = {0: 40, 1: 44}.get(version, 28)
    end = int.from_bytes(head[place : place + 8], "little")
    if not 0 < end < size:
        return
    with path.open("rb") as file:
        file.seek(max(end, size - (1 << 16) - 22))
        rest = file.read()
    if b"PK\x05\x06" in rest:
        raise UnsafeSource(
            f"{path}: a zip archive begins behind the HDF5 file ({size - end:,} bytes): two kinds of file in one",
            code="E_POLYGLOT",
        )


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
        what = f" for {shown(found[1].decode('ascii', 'replace'))}, {int(found[2][:20]):,} bytes" if found else ""
        raise NotAModel(
            f"{path}: a git-lfs pointer{what}, not the file itself: run `git lfs pull`", code="E_LFS_POINTER"
        )
    if re.match(rb"\s*<(!doctype|html|\?xml)", head, re.IGNORECASE):
        title = re.search(rb"<title[^>]*>(.*?)</title>", head, re.IGNORECASE | re.DOTALL)
        words = html.unescape(title[1].decode("utf-8", "replace")).strip()[:80] if title else ""
        raise NotAModel(
            f"{path}: a web page{f' ({words!r})' if words else ''}, not a model: the download went wrong", code="E_HTML"
        )
    if re.match(rb"\x80[\x02-\x05]", head) or PROTOCOL_0.match(head):
        raise NotAModel(f"{path}: a pickle, which can run code when it is read; kconvert never does", code="E_CODE")
    if not head.strip(b"\0"):
        raise CorruptSource(f"{path}: nothing but zero bytes: an interrupted download?", code="E_TRUNCATED")
    if len(head) < len(HDF5_SIGNATURE) and HDF5_SIGNATURE.startswith(head):
        raise CorruptSource(f"{path}: truncated HDF5: only {len(head)} bytes are there", code="E_TRUNCATED")
    for place, signature, what in FOREIGN:
        if head.startswith(signature, place):
            raise NotAModel(f"{path}: {what}")
    if re.match(rb"\x08[\x01-\x10]\x12", head):
        raise NotAModel(f"{path}: an ONNX model, which has no Keras layers")
    if re.match(rb"\x0a[^\0]{1,3}\x0a", head):
        raise NotAModel(f"{path}: a protocol buffer, as of a frozen TensorFlow graph, which has no Keras layers")
    if any(head.startswith(HDF5_SIGNATURE, place) for place in PLACES):
        raise UnsafeSource(
            f"{path}: HDF5 behind other content (a user block): two kinds of file in one", code="E_POLYGLOT"
        )
