"""A checkpoint's index from keys and values, with right checksums (tensorflow 2.15 tensorflow/tsl/lib/io/format.cc)."""

import struct

from kconvert.read.crc32c import masked_crc32c


def table(entries):
    """The bytes of a table of one block."""
    block = b"".join(_varint(0) + _varint(len(k)) + _varint(len(v)) + k + v for k, v in sorted(entries.items()))
    data, handle = _stored(b"", block + struct.pack("<II", 0, 1))
    index = _varint(0) + _varint(1) + _varint(len(handle)) + b"\xff" + handle + struct.pack("<II", 0, 1)
    data, index_handle = _stored(data, index)
    data, meta_handle = _stored(data, struct.pack("<II", 0, 1))
    footer = (meta_handle + index_handle).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    return data + footer


def _stored(data, block):
    handle = _varint(len(data)) + _varint(len(block))
    return data + block + b"\0" + struct.pack("<I", masked_crc32c(block + b"\0")), handle


def _varint(value):
    out = bytearray()
    while True:
        out.append(value & 127 | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(out)
