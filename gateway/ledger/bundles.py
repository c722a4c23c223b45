"""What came and what it became, kept as one payload.

An order and the canonical object made of it say the same: compressed together they take hardly more room, and time,
than one of them. Large ones stay apart, because a body is read alone.

A bundle is the number of its parts and the size of each (32 bits, big-endian), then the parts.
"""

import struct
from collections.abc import Sequence
from hashlib import sha256

LARGEST = 64 * 1024
"""Bytes of all parts up to which they are kept together."""


def pack(parts: Sequence[bytes]) -> bytes | None:
    """The parts as one; None when there is one only, or when they are large."""
    sizes = list(map(len, parts))
    if len(sizes) < 2 or sum(sizes) > LARGEST:
        return None
    return struct.pack(f">I{len(sizes)}I", len(sizes), *sizes) + b"".join(parts)


def unpack(bundle: bytes) -> dict[bytes, bytes]:
    """The parts by their SHA-256. `bundle` is what `pack` made: its own hash was checked before."""
    (count,) = struct.unpack_from(">I", bundle)
    at = 4 + 4 * count
    parts = {}
    for size in struct.unpack_from(f">{count}I", bundle, 4):
        part = bundle[at : at + size]
        parts[sha256(part).digest()] = part
        at += size
    return parts
