"""Zip archives: the table of members against the file, before a byte is unpacked.

Tools disagree on which of two members of one name counts, where an archive begins, and what a name with `..` means; what
is ambiguous is refused. Only `config.json`, `metadata.json`, the weights and texts below `assets/` are ever read.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from kconvert.errors import CorruptSource, UnsafeSource
from kconvert.read.scan.limits import LARGEST_MEMBER_RATIO, LONGEST_NAME, MOST_MEMBERS, RATIO_FLOOR

HEADER, ENTRY, END, END_OF_ZIP64 = 30, 46, 22, 76  # bytes without what varies
UTF8 = 0x800
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 1
COPY = "download or copy it once more"


def scan_archive(archive: zipfile.ZipFile, path: Path, size: int) -> None:
    """Looks at every entry of the table of members.

    Raises:
        UnsafeSource: a rule is broken; the message names the member.
        CorruptSource: the table and the file contradict each other.
    """
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise UnsafeSource(f"{path}: {len(members):,} members, which no .keras file has", code="E_LIMIT")
    names: set[str] = set()
    for member in members:
        _check_name(path, member, names)
        _check_sizes(path, member)
    _check_places(path, members, archive)
    _check_ends(path, archive, size)


def data_offset(file: IO[bytes], member: zipfile.ZipInfo, path: Path) -> int:
    """Where a member's bytes begin: behind its own header, whose name and extra field have lengths of their own.

    Raises:
        CorruptSource: no header is where the table says, or it is that of another member.
    """
    file.seek(member.header_offset)
    header = file.read(HEADER)
    if len(header) < HEADER or header[:4] != b"PK\x03\x04":
        raise CorruptSource(f"{path}: {member.filename!r} is not where the archive says: {COPY}")
    name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    if file.read(name) != _raw_name(member):
        raise UnsafeSource(
            f"{path}: {member.filename!r} has another name at its own place than in the archive's table",
            code="E_ARCHIVE",
        )
    return member.header_offset + HEADER + name + extra


def _check_name(path: Path, member: zipfile.ZipInfo, names: set[str]) -> None:
    name = member.filename
    why = None
    if name in names:
        why = "is there twice: which of the two counts, tools disagree on"
    elif len(name) > LONGEST_NAME:
        why = f"is a name of {len(name):,} characters"
    elif name.startswith(("/", "\\")) or name[1:2] == ":" or "\\" in name or ".." in name.split("/"):
        why = "is a path out of the archive"
    elif not name.isprintable() or member.orig_filename != name:
        why = "is a name with control characters"
    elif stat.S_ISLNK(member.external_attr >> 16):
        why = "is a symbolic link"
    elif member.flag_bits & ENCRYPTED:
        why = "is encrypted: unpack it with its password first"
    elif member.compress_type not in METHODS:
        why = f"is packed by method {member.compress_type}, which no Keras uses"
    if why:
        raise UnsafeSource(f"{path}: {name[:200]!r} {why}", code="E_ARCHIVE")
    names.add(name)


def _check_sizes(path: Path, member: zipfile.ZipInfo) -> None:
    name, stored, unpacked = member.filename, member.compress_size, member.file_size
    if member.compress_type == zipfile.ZIP_STORED and stored != unpacked:
        raise CorruptSource(f"{path}: {name} declares two sizes: {COPY}", code="E_ARCHIVE")
    if unpacked > max(RATIO_FLOOR, LARGEST_MEMBER_RATIO * stored):
        raise UnsafeSource(
            f"{path}: {name} would unpack to {unpacked:,} bytes from {stored:,}: a decompression bomb, which is not "
            "unpacked",
            code="E_BOMB",
        )


def _check_places(path: Path, members: Sequence[zipfile.ZipInfo], archive: zipfile.ZipFile) -> None:
    """Every member has its own bytes, all before the table, the first at the beginning of the file."""
    place = 0
    table = archive.start_dir
    for member in sorted(members, key=lambda m: m.header_offset):
        if not place and member.header_offset:
            raise UnsafeSource(
                f"{path}: {member.header_offset:,} bytes before the archive: two kinds of file in one",
                code="E_POLYGLOT",
            )
        if member.header_offset < place:
            raise UnsafeSource(f"{path}: {member.filename!r} overlaps the member before it", code="E_ARCHIVE")
        place = member.header_offset + HEADER + len(_raw_name(member)) + member.compress_size
        if place > table:
            raise CorruptSource(f"{path}: truncated: {member.filename} ends behind the archive's table: {COPY}")


def _check_ends(path: Path, archive: zipfile.ZipFile, size: int) -> None:
    """Nothing stands behind the table but its own end, that of ZIP64 before it, and the comment."""
    table = sum(ENTRY + len(_raw_name(m)) + len(m.extra) + len(m.comment) for m in archive.infolist())
    rest = size - archive.start_dir - table - END - len(archive.comment)
    if rest not in (0, END_OF_ZIP64):
        raise UnsafeSource(f"{path}: {rest:,} bytes that are no part of the archive", code="E_POLYGLOT")


def _raw_name(member: zipfile.ZipInfo) -> bytes:
    return member.orig_filename.encode("utf-8" if member.flag_bits & UTF8 else "cp437", "replace")
