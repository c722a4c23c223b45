"""The message integrity check: a digest over exactly the bytes that count (RFC 4130, 7.3.1), and how it is spelled."""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable

from msgspec import Struct

ALGORITHMS = ("sha256", "sha384", "sha512", "sha1")
"""As hashlib calls them. SHA-1 is here for receipts to legacy partners, whose messages were signed with it."""

_SPELLED = {"sha1": "sha1", "sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}


class Mic(Struct, frozen=True):
    """`algorithm` is one of ALGORITHMS."""

    algorithm: str
    digest: bytes

    def __str__(self) -> str:
        """As Received-Content-MIC has it."""
        return f"{b64encode(self.digest).decode()}, {spelled(self.algorithm)}"

    def matches(self, other: "Mic") -> bool:
        return self.algorithm == other.algorithm and hmac.compare_digest(self.digest, other.digest)


def spelled(algorithm: str) -> str:
    """As it is written on the wire (RFC 5751 section 3.4.3.2; SHA-1 as everybody writes it in AS2)."""
    return _SPELLED[algorithm]


def known_algorithm(text: str) -> str | None:
    """The algorithm that is meant by `SHA-256`, `sha256`, `rsa-sha1`, `sha2-256`, …; None for others."""
    bare = text.strip().strip('"').lower().removeprefix("rsa-").replace("-", "").replace("_", "")
    bare = f"sha{bare[4:]}" if bare.startswith("sha2") and bare[4:] in ("256", "384", "512") else bare
    return bare if bare in ALGORITHMS else None


def read_mic(text: str) -> Mic | None:
    """`base64, algorithm` with any spaces; None when it is no such thing. MD5 and others we do not compare."""
    encoded, comma, name = text.rpartition(",")
    algorithm = known_algorithm(name)
    if not comma or algorithm is None:
        return None
    try:
        return Mic(algorithm, b64decode("".join(encoded.split()), validate=True))
    except (ValueError, binascii.Error):
        return None


def choose_algorithm(signed_with: str | None, listed: Iterable[str], *, legacy: bool) -> str | None:
    """The algorithm of the MIC to return; None when the sender lists only what we do not support.

    The signature's own if it is listed or nothing is; else the first listed that we support; never one that the sender
    did not list. Nothing listed and nothing signed: SHA-256, or SHA-1 for a legacy partner.
    """
    names = tuple(listed)
    known = [found for found in map(known_algorithm, names) if found is not None]
    if not names:
        return signed_with or ("sha1" if legacy else "sha256")
    if signed_with in known:
        return signed_with
    return known[0] if known else None
