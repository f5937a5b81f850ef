"""A TensorFlow checkpoint (`weights.index` and `weights.data-00000-of-00001`): keys to tensors that are read late.

The index is a sorted table in the form of leveldb: a footer that points to an index block, which points to data blocks
of prefix-compressed keys; every block has a trailer of one byte for its compression and a checksum. A tensor's bytes lie
in one of the data files at an offset that its entry names, with a checksum of their own.

Sources: tensorflow 2.15 tensorflow/tsl/lib/io/{format,block,table}.cc, core/util/tensor_bundle/tensor_bundle.cc.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kconvert.errors import CorruptSource
from kconvert.read.crc32c import masked_crc32c
from kconvert.read.messages import BUNDLE_ENTRY, BUNDLE_HEADER
from kconvert.read.scan.opened import inside, regular_file
from kconvert.read.wire import message_of, varint
from kconvert.steps import step
from kconvert.tensor import Array, Tensor

MAGIC = 0xDB4775248B80FB57
FOOTER = 48
LARGEST_INDEX = 256 << 20
MOST_SHARDS = 10_000
STRING, BFLOAT16 = 7, 14
DTYPES: Mapping[int, str] = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 9: "int64", 10: "bool", 17: "uint16",
    19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
AGAIN = "copy the checkpoint's files once more"


class Bundle:
    """An open checkpoint, by the prefix that its files' names begin with.

    Args:
        folder: what the user named, where that is not the folder of the checkpoint: links may not lead out of it.

    Raises:
        CorruptSource: a file is missing, damaged or cut short; an entry points outside its file.
    """

    def __init__(self, prefix: Path, folder: Path | None = None) -> None:
        self._folder = prefix.parent if folder is None else folder
        self.path = prefix.with_name(f"{prefix.name}.index")
        self._prefix = prefix
        entries = dict(_table(_content(inside(self._folder, self.path)), str(self.path)))
        header = message_of(entries.pop(b"", b""), BUNDLE_HEADER, str(self.path))
        if header["is_big_endian"]:
            raise CorruptSource(f"{self.path}: written on a big-endian machine, which no Keras release of it ran on")
        if not 0 < header["shards"] <= MOST_SHARDS:
            raise CorruptSource(f"{self.path}: says that it is in {header['shards']:,} files: {AGAIN}")
        self._shards = [self._shard(number, header["shards"]) for number in range(header["shards"])]
        self._entries = {
            key.decode("utf-8", "surrogateescape"): message_of(value, BUNDLE_ENTRY, str(self.path))
            for key, value in entries.items()
        }
        for key, entry in self._entries.items():
            self._check(key, entry)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all tensors."""
        return tuple(self._entries)

    def is_text(self, key: str) -> bool:
        """True where strings are stored under this key."""
        return bool(self._entries[key]["dtype"] == STRING)

    def tensor(self, key: str) -> Tensor:
        """The tensor under a key; bfloat16, which NumPy lacks, as the float32 of the same value."""
        entry = self._entries[key]
        stored = "uint16" if entry["dtype"] == BFLOAT16 else DTYPES[entry["dtype"]]
        shape = _dims(entry)

        def read() -> Array:
            value = np.frombuffer(self._bytes(key), np.dtype(stored).newbyteorder("<")).reshape(shape)
            if entry["dtype"] == BFLOAT16:
                return (value.astype(np.uint32) << 16).view(np.float32)
            return value.astype(stored)

        return Tensor.of_file(key, shape, "float32" if entry["dtype"] == BFLOAT16 else stored, read)

    def strings(self, key: str) -> list[bytes]:
        """The strings under a key: first all lengths, then a checksum of these, then all characters."""
        data = self._bytes(key, with_checksum=False)
        try:
            lengths, place = [], 0
            for _ in range(_count(_dims(self._entries[key]))):
                length, place = varint(data, place)
                lengths.append(length)
            place += 4
            if place + sum(lengths) != len(data):
                raise ValueError("lengths and bytes do not agree")
        except (IndexError, ValueError) as error:
            raise CorruptSource(f"{self.path}: {key} is damaged ({error}): {AGAIN}") from None
        found = []
        for length in lengths:
            found.append(data[place : place + length])
            place += length
        return found

    def _shard(self, number: int, count: int) -> tuple[Path, int]:
        path = self._prefix.with_name(f"{self._prefix.name}.data-{number:05}-of-{count:05}")
        if not path.is_file():
            raise CorruptSource(f"{path}: is missing, and {self.path.name} says that tensors are in it: copy it too")
        return path, regular_file(inside(self._folder, path)).size

    def _check(self, key: str, entry: Mapping[str, Any]) -> None:
        if entry["slices"]:
            raise CorruptSource(
                f"{self.path}: {key} is stored in pieces (a partitioned variable), which this release does not join: "
                "save the model again without a partitioner"
            )
        if entry["dtype"] not in (*DTYPES, STRING, BFLOAT16):
            raise CorruptSource(f"{self.path}: {key} has the dtype number {entry['dtype']}, which no weight has")
        if not 0 <= entry["shard"] < len(self._shards):
            raise CorruptSource(f"{self.path}: {key} is in a file that is not there: {AGAIN}")
        path, size = self._shards[entry["shard"]]
        if entry["offset"] < 0 or entry["size"] < 0 or entry["offset"] + entry["size"] > size:
            raise CorruptSource(
                f"{path}: truncated: {size:,} bytes are there, and {key} ends at {entry['offset'] + entry['size']:,}: "
                f"{AGAIN}"
            )
        dims = _dims(entry)
        if min(dims, default=0) < 0:
            raise CorruptSource(f"{self.path}: {key} has no definite shape: {AGAIN}")
        if entry["dtype"] != STRING:
            width = 2 if entry["dtype"] == BFLOAT16 else np.dtype(DTYPES[entry["dtype"]]).itemsize
            if _count(dims) * width != entry["size"]:
                raise CorruptSource(f"{self.path}: {key} has {entry['size']} bytes, not those of {dims}: {AGAIN}")

    def _bytes(self, key: str, with_checksum: bool = True) -> bytes:
        step(f"reading tensor {key}")
        entry = self._entries[key]
        path, _ = self._shards[entry["shard"]]
        try:
            with path.open("rb") as file:
                file.seek(entry["offset"])
                data: bytes = file.read(entry["size"])
        except OSError as error:
            raise CorruptSource(f"{path}: cannot be read: {error.strerror}") from None
        if len(data) != entry["size"] or (with_checksum and masked_crc32c(data) != entry["crc32c"]):
            raise CorruptSource(f"{path}: {key} is damaged (its checksum is another one): {AGAIN}")
        return data


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_INDEX:
            raise CorruptSource(f"{path}: larger than {LARGEST_INDEX:,} bytes, which no index is")
        return path.read_bytes()
    except OSError as error:
        raise CorruptSource(f"{path}: cannot be read: {error.strerror}: the checkpoint's index must be there") from None


def _table(data: bytes, where: str) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of a leveldb-like table."""
    if len(data) < FOOTER or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise CorruptSource(f"{where}: not a checkpoint's index, or cut short ({len(data):,} bytes): {AGAIN}")
    try:
        footer = data[-FOOTER:]
        _, place = varint(footer, 0)
        _, place = varint(footer, place)
        for _, handle in _block(data, *_handle(footer, place), where):
            yield from _block(data, *_handle(handle, 0), where)
    except (IndexError, ValueError, struct.error) as error:
        raise CorruptSource(f"{where}: damaged ({error}): {AGAIN}") from None


def _handle(data: bytes, place: int) -> tuple[int, int]:
    offset, place = varint(data, place)
    size, _ = varint(data, place)
    return offset, size


def _block(data: bytes, offset: int, size: int, where: str) -> Iterator[tuple[bytes, bytes]]:
    end = offset + size
    if end + 5 > len(data) - FOOTER or size < 4:
        raise ValueError("a block outside the file")
    kind, checksum = struct.unpack("<BI", data[end : end + 5])
    if masked_crc32c(data[offset : end + 1]) != checksum:
        raise ValueError("a block's checksum is another one")
    if kind != 0:
        raise CorruptSource(
            f"{where}: its blocks are compressed (kind {kind}), which TensorFlow's checkpoints are not: save it again "
            "with tf.train.Checkpoint"
        )
    restarts = struct.unpack("<I", data[end - 4 : end])[0]
    stop = end - 4 - 4 * restarts
    place, key = offset, b""
    while place < stop:
        shared, place = varint(data, place)
        new, place = varint(data, place)
        length, place = varint(data, place)
        if shared > len(key) or place + new + length > stop:
            raise ValueError("a key or value outside its block")
        key = key[:shared] + data[place : place + new]
        place += new
        yield key, data[place : place + length]
        place += length


def _dims(entry: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(d["size"] for d in (entry["shape"] or {"dims": []})["dims"])


def _count(dims: tuple[int, ...]) -> int:
    product = 1
    for n in dims:
        product *= n
    return product
