"""The two hash functions behind TensorFlow's `to_hash_bucket_fast` and `to_hash_bucket_strong`, of bytes, as 64-bit numbers.

Sources: google/farmhash src/farmhash.cc, namespace farmhashna (`Fingerprint64`); Aumasson and Bernstein, SipHash (2-4), as
tensorflow core/platform/strong_hash.h takes it.
"""

from __future__ import annotations

from collections.abc import Sequence

BITS = (1 << 64) - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def farm(text: bytes) -> int:
    """FarmHash's `Fingerprint64`."""
    n = len(text)
    if n <= 16:
        return _farm16(text)
    if n <= 32:
        mul = K2 + n * 2 & BITS
        a, b, c, d = _at(text, 0) * K1, _at(text, 8), _at(text, n - 8) * mul, _at(text, n - 16) * K2
        return _mixed(_turn(a + b, 43) + _turn(c, 30) + d, a + _turn(b + K2, 18) + c, mul)
    return _farm64(text) if n <= 64 else _farm_long(text)


def _farm16(text: bytes) -> int:
    n = len(text)
    mul = K2 + n * 2 & BITS
    if n >= 8:
        a, b = _at(text, 0) + K2 & BITS, _at(text, n - 8)
        return _mixed(_turn(b, 37) * mul + a, (_turn(a, 25) + b) * mul, mul)
    if n >= 4:
        return _mixed(n + (_at(text, 0, 4) << 3), _at(text, n - 4, 4), mul)
    if n == 0:
        return K2
    y = text[0] + (text[n >> 1] << 8)
    z = n + (text[n - 1] << 2)
    return _folded((y * K2 ^ z * K0) & BITS) * K2 & BITS


def _farm64(text: bytes) -> int:
    n = len(text)
    mul = K2 + n * 2 & BITS
    a, b, c, d = _at(text, 0) * K2, _at(text, 8), _at(text, n - 8) * mul, _at(text, n - 16) * K2
    y = _turn(a + b, 43) + _turn(c, 30) + d & BITS
    z = _mixed(y, a + _turn(b + K2, 18) + c, mul)
    e, f = _at(text, 16) * mul, _at(text, 24)
    g, h = (y + _at(text, n - 32)) * mul, (z + _at(text, n - 24)) * mul
    return _mixed(_turn(e + f, 43) + _turn(g, 30) + h, e + _turn(f + a, 18) + g, mul)


def _farm_long(text: bytes) -> int:
    n = len(text)
    y = 81 * K1 + 113 & BITS
    z = _folded(y * K2 + 113 & BITS) * K2 & BITS
    x = 81 * K2 + _at(text, 0) & BITS
    v, w = (0, 0), (0, 0)
    end = (n - 1) // 64 * 64
    for s in range(0, end, 64):
        x, y, z, v, w = _round(text, s, x, y, z, v, w, K1, 1)
    mul = K1 + ((z & 0xFF) << 1) & BITS
    w = (w[0] + ((n - 1) & 63) & BITS, w[1])
    v = (v[0] + w[0] & BITS, v[1])
    w = (w[0] + v[0] & BITS, w[1])
    x, y, z, v, w = _round(text, end + ((n - 1) & 63) - 63, x, y, z, v, w, mul, 9)
    first = _mixed(v[0], w[0], mul) + _folded(y) * K0 + z
    return _mixed(first, _mixed(v[1], w[1], mul) + x, mul)


Pair = tuple[int, int]


def _round(
    text: bytes, s: int, x: int, y: int, z: int, v: Pair, w: Pair, mul: int, times: int
) -> tuple[int, int, int, Pair, Pair]:
    x = _turn(x + y + v[0] + _at(text, s + 8), 37) * mul & BITS
    y = _turn(y + v[1] + _at(text, s + 48), 42) * mul & BITS
    x ^= w[1] * times & BITS
    y = y + v[0] * times + _at(text, s + 40) & BITS
    z = _turn(z + w[0], 33) * mul & BITS
    v = _weak(text, s, v[1] * mul, x + w[0])
    w = _weak(text, s + 32, z + w[1], y + _at(text, s + 16))
    return z, y, x, v, w


def _weak(text: bytes, s: int, a: int, b: int) -> Pair:
    w, x, y, z = (_at(text, s + 8 * n) for n in range(4))
    a += w
    b = _turn(b + a + z, 21)
    c = a
    a += x + y
    b += _turn(a, 44)
    return a + z & BITS, b + c & BITS


def _at(text: bytes, place: int, width: int = 8) -> int:
    return int.from_bytes(text[place : place + width], "little")


def _turn(value: int, by: int) -> int:
    value &= BITS
    return (value >> by | value << (64 - by)) & BITS


def _folded(value: int) -> int:
    return value ^ value >> 47


def _mixed(u: int, v: int, mul: int) -> int:
    u, v = u & BITS, v & BITS
    a = _folded((u ^ v) * mul & BITS)
    b = _folded((v ^ a) * mul & BITS)
    return b * mul & BITS


def sip(text: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4 under a key of two 64-bit numbers."""
    k0, k1 = (int(k) & BITS for k in key)
    state = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(text) // 8 * 8
    rest = int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56
    for word in [*(_at(text, place) for place in range(0, whole, 8)), rest]:
        state[3] ^= word
        state = _sipped(_sipped(state))
        state[0] ^= word
    state[2] ^= 0xFF
    for _ in range(4):
        state = _sipped(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _sipped(state: list[int]) -> list[int]:
    a, b, c, d = state
    a = a + b & BITS
    b = _turn(b, 51) ^ a
    a = _turn(a, 32)
    c = c + d & BITS
    d = _turn(d, 48) ^ c
    a = a + d & BITS
    d = _turn(d, 43) ^ a
    c = c + b & BITS
    b = _turn(b, 47) ^ c
    c = _turn(c, 32)
    return [a, b, c, d]
