"""HDF5: every link, object and declaration of a file, walked by identity, nothing followed and no value read.

Only the low-level interface tells a link from what it leads to, and an object's storage from its values. Groups can hold
themselves and each other, so the walk is iterative, bounded, and meets every object once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import h5py
from h5py import h5a, h5d, h5g, h5l, h5o, h5s, h5z

from kconvert.errors import CorruptSource, UnsafeSource
from kconvert.printable import printable
from kconvert.read.scan.limits import (
    DEEPEST_GROUP,
    HIGHEST_RANK,
    LARGEST_ATTRIBUTE,
    LARGEST_CHUNK,
    LARGEST_RATIO,
    LARGEST_TENSOR,
    LARGEST_TOTAL,
    LONGEST_NAME,
    MOST_ATTRIBUTES,
    MOST_OBJECTS,
)

PACKING = {h5z.FILTER_DEFLATE, h5z.FILTER_SZIP, h5z.FILTER_NBIT, h5z.FILTER_SCALEOFFSET, h5z.FILTER_LZF}
FILTERS = PACKING | {h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}
PLUGINS = {32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32015: "zstd", 32026: "blosc2"}
LINKS = {h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "a link into another file"}


@dataclass(slots=True)
class _Walk:
    """One file on its way."""

    path: Path
    seen: dict[tuple[int, int], str] = field(default_factory=dict)
    declared: int = 0
    stored: int = 0

    def refuse(self, name: str, why: str, code: str) -> UnsafeSource:
        """What is to be raised."""
        return UnsafeSource(f"{self.path}: {shown(name)} {why}", code=code)


def scan_hdf5(file: h5py.File, path: Path, size: int) -> None:
    """Looks at everything in an open file.

    Args:
        size: bytes of the file, or of the member of an archive that it is.

    Raises:
        UnsafeSource: links, references to other files, bombs, or more than `limits` allow.
        CorruptSource: declarations that contradict each other.
    """
    walk = _Walk(path)
    waiting = [("", h5g.open(file.id, b"/"), 0)]
    root = h5o.get_info(waiting[0][1])
    walk.seen[root.fileno, _address(root)] = "the root"
    _attributes(walk, "", waiting[0][1], root.num_attrs)
    while waiting:
        waiting += _children(walk, *waiting.pop())
    if walk.stored > size:
        raise CorruptSource(
            f"{path}: its tensors claim {walk.stored:,} bytes of a file of {size:,}: they overlap, or it was cut short"
        )


def shown(name: str) -> str:
    """A name from a file in a message: bounded, without control characters."""
    return printable(name if len(name) <= 200 else f"{name[:197]}...") or "the root"


def _children(walk: _Walk, path: str, group: h5g.GroupID, depth: int) -> Iterator[tuple[str, h5g.GroupID, int]]:
    """Groups directly below one, after a look at all that is there."""
    if len(walk.seen) + group.get_num_objs() > MOST_OBJECTS:
        raise walk.refuse(path, f"makes it more than {MOST_OBJECTS:,} objects, which no Keras writes", "E_LIMIT")
    if depth > DEEPEST_GROUP:
        raise walk.refuse(path, f"is nested deeper than {DEEPEST_GROUP} groups, which no Keras writes", "E_LIMIT")
    links: list[tuple[bytes, int]] = []
    group.links.iterate(lambda raw, link: links.append((raw, link.type)), info=True)
    for raw, kind in links:
        name = f"{path}/{raw.decode('utf-8', 'surrogateescape')}" if path else raw.decode("utf-8", "surrogateescape")
        if len(raw) > LONGEST_NAME:
            raise walk.refuse(name, f"is a name of {len(raw):,} bytes; the limit is {LONGEST_NAME:,}", "E_LIMIT")
        if kind != h5l.TYPE_HARD:
            raise _link(walk, name, group, raw, kind)
        found = h5o.open(group, raw)
        info = h5o.get_info(found)
        place = (info.fileno, _address(info))
        if place in walk.seen:
            first = shown(walk.seen[place])
            raise walk.refuse(name, f"is another name for {first}: Keras writes each object once", "E_LINK")
        walk.seen[place] = name
        if info.num_attrs:
            _attributes(walk, name, found, info.num_attrs)
        if info.type == h5o.TYPE_GROUP:
            yield name, found, depth + 1
        elif info.type == h5o.TYPE_DATASET:
            _dataset(walk, name, found)
        else:
            raise walk.refuse(name, "is a stored datatype, which no Keras writes", "E_DTYPE")


def _link(walk: _Walk, name: str, group: h5g.GroupID, raw: bytes, kind: int) -> UnsafeSource:
    where = group.links.get_val(raw) if kind in LINKS else b""
    target = b":".join(where) if isinstance(where, tuple) else where
    leads = f" to {shown(target.decode('utf-8', 'replace'))!r}" if target else ""
    what = LINKS.get(kind, f"a link of the user-defined kind {kind}")
    code = "E_EXTERNAL_REF" if kind == h5l.TYPE_EXTERNAL else "E_LINK"
    return walk.refuse(name, f"is {what}{leads}, which is not followed", code)


def _attributes(walk: _Walk, name: str, one: h5g.GroupID | h5d.DatasetID, count: int) -> None:
    """How many, and how large by their declarations; of strings of variable length only their number shows."""
    if count > MOST_ATTRIBUTES:
        raise walk.refuse(name, f"has {count:,} attributes; the limit is {MOST_ATTRIBUTES:,}", "E_LIMIT")
    for index in range(count):
        declared = h5a.get_info(one, index=index).data_size
        if declared > LARGEST_ATTRIBUTE:
            raise walk.refuse(
                name, f"has an attribute of {declared:,} bytes; the limit is {LARGEST_ATTRIBUTE:,}", "E_LIMIT"
            )


def _dataset(walk: _Walk, name: str, dataset: h5d.DatasetID) -> None:
    plan = dataset.get_create_plist()
    layout = plan.get_layout()
    if layout == h5d.VIRTUAL:
        raise walk.refuse(
            name, "is a view of other files' data, kept in another file, which is not opened", "E_EXTERNAL_REF"
        )
    if plan.get_external_count():
        other = shown(plan.get_external(0)[0].decode("utf-8", "replace"))
        raise walk.refuse(name, f"is kept in another file ({other!r}), which is not opened", "E_EXTERNAL_REF")
    space = dataset.get_space()
    if space.get_simple_extent_type() == h5s.NULL:
        return
    dims = space.get_simple_extent_dims()
    width = dataset.get_type().get_size()
    declared = width
    for n in dims:
        declared *= int(n)
    stored = dataset.get_storage_size()
    if len(dims) > HIGHEST_RANK or declared > LARGEST_TENSOR:
        raise walk.refuse(
            name, f"would unpack to {declared:,} bytes of the shape {_dims(dims)}; the limit is {LARGEST_TENSOR:,}",
            "E_BOMB" if stored * LARGEST_RATIO < declared else "E_LIMIT",
        )  # fmt: skip
    packing = _filters(walk, name, plan) if layout == h5d.CHUNKED else 0
    if layout == h5d.CHUNKED:
        chunk = plan.get_chunk()
        if len(chunk) != len(dims):
            raise CorruptSource(f"{walk.path}: {shown(name)} has {len(dims)} axes and chunks of {len(chunk)}")
        unpacked = width
        for n in chunk:
            unpacked *= int(n)
        if unpacked > LARGEST_CHUNK:
            raise walk.refuse(name, f"would unpack to chunks of {unpacked:,} bytes of next to nothing", "E_BOMB")
    if declared > stored * (LARGEST_RATIO if packing else 1):
        raise walk.refuse(
            name, f"would unpack to {declared:,} bytes of next to nothing ({stored:,} are stored)", "E_BOMB"
        )
    walk.declared += declared
    walk.stored += stored
    if walk.declared > LARGEST_TOTAL:
        raise walk.refuse(name, f"makes it more than {LARGEST_TOTAL:,} bytes of tensors", "E_LIMIT")


def _filters(walk: _Walk, name: str, plan: h5py.h5p.PropDCID) -> int:
    """How many filters pack, all filters being known ones.

    An unknown one is never asked for by name or number: HDF5 would search its folders for a library to load.
    """
    packing = 0
    for index in range(plan.get_nfilters()):
        number, _, _, called = plan.get_filter(index)
        if number not in FILTERS:
            known = PLUGINS.get(number) or called.decode("utf-8", "replace")
            raise CorruptSource(
                f"{walk.path}: {shown(name)} is packed by the filter {number} ({shown(known)}), which HDF5 itself does "
                "not have: write the file once more with gzip or without compression",
                code="E_FILTER",
            )
        if not h5z.filter_avail(number):
            raise CorruptSource(
                f"{walk.path}: {shown(name)} is packed by the filter {number}, which is not built into this HDF5",
                code="E_FILTER",
            )
        packing += number in PACKING
    if packing > 1:
        raise walk.refuse(name, "is packed several times over, which no Keras does", "E_BOMB")
    return packing


def _address(info: h5o.ObjInfo) -> int:
    return int(info.addr) if hasattr(info, "addr") else hash(info.token)


def _dims(dims: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, dims[:8]))}{', ...' if len(dims) > 8 else ''})"
