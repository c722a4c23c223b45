"""Hashes of passwords, for partners that cannot use keys yet: one line in a file of the operators' folder.

`scrypt$<n>$<r>$<p>$<salt>$<hash>`, salt and hash in base64 (RFC 7914). `partner-gateway sftp-password` makes one.
"""

import hashlib
import hmac
import os
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path

from msgspec import Struct

_N, _R, _P = 1 << 15, 8, 1
_MOST_MEMORY = 128 * 1024 * 1024
LEAST_LETTERS = 16
MOST_PLACES = 10_000


class BadHash(Exception):  # noqa: N818 - a refusal, not a defect
    """The file holds no hash that can be used."""


class PasswordHash(Struct, frozen=True):
    """What is kept of a password."""

    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    def fits(self, password: str) -> bool:
        """Takes about a tenth of a second, on purpose."""
        tried = _derive(password, self.salt, self.n, self.r, self.p, len(self.digest))
        return hmac.compare_digest(tried, self.digest)

    def __str__(self) -> str:
        return f"scrypt${self.n}${self.r}${self.p}${b64encode(self.salt).decode()}${b64encode(self.digest).decode()}"


def hashed(password: str) -> PasswordHash:
    salt = os.urandom(16)
    return PasswordHash(_N, _R, _P, salt, _derive(password, salt, _N, _R, _P, 32))


def read_hash(file: Path) -> PasswordHash:
    """Raises BadHash, or OSError."""
    parts = file.read_text(encoding="ascii", errors="replace").strip().split("$")
    try:
        word, n, r, p, salt, digest = parts
        found = PasswordHash(int(n), int(r), int(p), b64decode(salt, validate=True), b64decode(digest, validate=True))
    except ValueError:
        raise BadHash(f"{file}: write the line that `partner-gateway sftp-password` prints") from None
    if word != "scrypt" or found.n < _N or found.n * found.r * 128 > _MOST_MEMORY or len(found.digest) < 32:
        raise BadHash(f"{file}: the hash is of another kind, or weaker or larger than it may be")
    return found


@cache
def nobodys() -> PasswordHash:
    """Tried for accounts that have no password, so that the time tells nothing about who has one."""
    return hashed(b64encode(os.urandom(24)).decode())


def _derive(password: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=length, maxmem=2 * _MOST_MEMORY)


class LockOut:
    """Counts wrong passwords by account and address, and by account alone; keys are never locked out.

    In this process: each server has a count of its own, and a restart forgets.
    """

    def __init__(
        self, *, here: int = 5, anywhere: int = 50, seconds: float = 900, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed = (here, anywhere)
        self._seconds = seconds
        self._clock = clock
        self._wrong: dict[tuple[str, str], list[float]] = {}

    def holds(self, account: str, address: str) -> bool:
        return any(
            len(self._recent(place)) >= allowed
            for place, allowed in zip(_places(account, address), self._allowed, strict=True)
        )

    def wrong(self, account: str, address: str) -> None:
        for place in _places(account, address):
            recent = [*self._recent(place), self._clock()]
            self._wrong.pop(place, None)  # so that what was touched last comes last
            self._wrong[place] = recent[-self._allowed[1] :]
        while len(self._wrong) > MOST_PLACES:  # addresses are cheap; an account that is tried is always a late one
            del self._wrong[next(iter(self._wrong))]

    def right(self, account: str, address: str) -> None:
        self._wrong.pop((account, address), None)

    def _recent(self, place: tuple[str, str]) -> list[float]:
        since = self._clock() - self._seconds
        return [moment for moment in self._wrong.get(place, ()) if moment > since]


def _places(account: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (account, address), (account, "")
