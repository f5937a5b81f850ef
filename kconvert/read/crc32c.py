"""CRC-32C (Castagnoli), the checksum of TensorFlow's checkpoints, in NumPy: many parts of the data side by side.

The register is linear in what went through it, so parts can be reckoned apart and joined: the first part's register is
moved on by as many zero bytes as the second is long, and added (exclusive or).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]
POLYNOMIAL = 0x82F63B78
MASK = 0xA282EAD8
LONGEST_LANE = 4096


def _table() -> Words:
    words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        words = np.where(words & 1, (words >> 1) ^ np.uint32(POLYNOMIAL), words >> 1).astype(np.uint32)
    return words


TABLE = _table()


def masked_crc32c(data: bytes | memoryview) -> int:
    """The checksum as checkpoints store it: rotated and offset (leveldb util/crc32c.h `Mask`)."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def crc32c(data: bytes | memoryview) -> int:
    """The checksum of the bytes."""
    content = np.frombuffer(data, np.uint8)
    lanes = 1
    while content.size > lanes * LONGEST_LANE or (content.size > 512 and lanes < 64):
        lanes *= 2
    length = -(-content.size // lanes)
    padded = np.zeros(lanes * length, np.uint8)  # zeros in front leave an empty register as it is
    padded[padded.size - content.size :] = content
    registers = np.zeros(lanes, np.uint32)
    for column in np.ascontiguousarray(padded.reshape(lanes, length).T):
        registers = TABLE[(registers ^ column) & 255] ^ (registers >> 8)
    moved = _zeros(length)
    while registers.size > 1:
        registers = _times(moved, registers[0::2]) ^ registers[1::2]
        moved = _times(moved, moved)
    start = _times(_zeros(content.size), np.array([0xFFFFFFFF], np.uint32))
    return int(registers[0] ^ start[0]) ^ 0xFFFFFFFF


def _zeros(count: int) -> Words:
    """What `count` zero bytes make of each of the register's 32 bits."""
    result: Words = np.uint32(1) << np.arange(32, dtype=np.uint32)
    power: Words = TABLE[result & 255] ^ (result >> 8)
    while count:
        if count & 1:
            result = _times(power, result)
        power = _times(power, power)
        count >>= 1
    return result


def _times(matrix: Words, registers: Words) -> Words:
    result = np.zeros_like(registers)
    for bit in range(32):
        result ^= np.where(registers >> np.uint32(bit) & 1, matrix[bit], np.uint32(0)).astype(np.uint32)
    return result
