"""Payloads at rest: compressed, then sealed with AES-256-GCM under data keys that a key-encryption key wraps.

- A *payload key* (key-encryption key) comes from a file (`keyfiles.py`) and never reaches the database.
- A *data key* belongs to one owner (a sender) and serves for a day or 2^20 payloads. It is made in this process, kept
  in the database wrapped, and deleting its row makes everything sealed with it unreadable.
- A payload is bound to its owner, its SHA-256 and its data key: put under another row, it does not open.

Rotation: put a new payload key in the folder, restart, `rewrap` the data keys; payloads stay as they are. A payload key
may leave the folder once no data key names it.
"""

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Literal
from uuid import UUID, uuid4

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from gateway.randomness import random_bytes

KEY_SIZE = 32
DIGEST_SIZE = 32
NONCE_SIZE = 12
SERVES_SECONDS = 24 * 3600.0
SERVES_USES = (
    1 << 20
)  # random 96-bit nonces: two alike with a probability below 2^-56 (NIST SP 800-38D §8.3 asks for 2^-32)
MOST_KEYS_HELD = 20_000  # about 2 KB each; more senders than this in a day make more data keys

COMPRESS_FROM = 512  # bytes; below, compression takes longer than everything else and saves less than a row's head
PROBE_FROM = 64 * 1024
PROBE_SIZE = 4096

Encoding = Literal["raw", "zstd"]

_this_thread = threading.local()


class Unopenable(Exception):  # noqa: N818 - says what happened to the stored row
    """A payload or a data key does not open; the sentence names the row, never its content."""


class DataKey(Struct, frozen=True, kw_only=True):
    """A data key as the database keeps it. `wrapped`: 12 bytes of nonce, then the sealed key."""

    id: UUID
    owner: str
    kek_id: str
    wrapped: bytes


class Sealed(Struct, frozen=True, kw_only=True):
    """A payload as the database keeps it. `size` and `digest` (SHA-256) are of the content before sealing."""

    data_key_id: UUID
    nonce: bytes
    ciphertext: bytes
    encoding: Encoding
    size: int
    digest: bytes


class PayloadKey:
    """A key-encryption key: wraps data keys, is never shown."""

    def __init__(self, id: str, secret: bytes) -> None:  # noqa: A002 - the word every row uses
        if len(secret) != KEY_SIZE:
            raise ValueError(f"a payload key has {KEY_SIZE} bytes, not {len(secret)}")
        self.id = id
        self._cipher = AESGCM(secret)
        self.masking = hmac.digest(secret, b"masking 1", "sha256")
        """Derived, for hashes of masked values: who has it cannot find the payload key."""

    def wrap(self, secret: bytes, *, id: UUID, owner: str) -> DataKey:  # noqa: A002
        """The data key `secret` as it may be stored."""
        nonce = os.urandom(NONCE_SIZE)
        sealed = self._cipher.encrypt(nonce, secret, self._bound_to(id, owner))
        return DataKey(id=id, owner=owner, kek_id=self.id, wrapped=nonce + sealed)

    def unwrap(self, data_key: DataKey) -> bytes:
        """The secret of a data key; Unopenable when its row was changed or this key did not wrap it."""
        nonce, sealed = data_key.wrapped[:NONCE_SIZE], data_key.wrapped[NONCE_SIZE:]
        try:
            return self._cipher.decrypt(nonce, sealed, self._bound_to(data_key.id, data_key.owner))
        except (InvalidTag, ValueError):  # ValueError: too short to be a nonce
            raise Unopenable(
                f"data key {data_key.id} does not open with payload key `{self.id}`: its row or that file was changed"
            ) from None

    def _bound_to(self, data_key: UUID, owner: str) -> bytes:
        return b"data key 1\0" + data_key.bytes + self.id.encode() + b"\0" + owner.encode()

    def __repr__(self) -> str:
        return f"PayloadKey({self.id!r})"


class _Serving:
    """The data key in use for an owner."""

    __slots__ = ("bound_to", "cipher", "id", "until", "uses_left")

    def __init__(self, data_key: DataKey, cipher: AESGCM, until: float) -> None:
        self.id = data_key.id
        self.cipher = cipher
        self.bound_to = _bound_to(data_key)
        self.until = until
        self.uses_left = SERVES_USES


class Sealer:
    """Seals and opens payloads. `keys`: the newest payload key first; it wraps, the others still unwrap.

    Every transaction that stores payloads must also store `unstored()`, or have seen them committed:

        sealed = sealer.seal(content, owner=sender, digest=hash)
        new = sealer.unstored()          # insert … on conflict do nothing, in the same transaction or before
        sealer.mark_stored(new)          # after the commit
    """

    def __init__(self, keys: Sequence[PayloadKey], clock: Callable[[], float] = time.monotonic) -> None:
        if not keys:
            raise ValueError("payloads cannot be sealed without a payload key")
        self._keys = {key.id: key for key in keys}
        self._newest = keys[0]
        self._clock = clock
        self._serving: dict[str, _Serving] = {}
        self._opened: dict[UUID, AESGCM] = {}
        self._unstored: dict[UUID, DataKey] = {}

    def seal(self, content: bytes, *, owner: str, digest: bytes) -> Sealed:
        """Compress and encrypt. `digest` must be the SHA-256 of the content: it is bound, not checked, here."""
        serving = self._serving.get(owner)
        if serving is None or not serving.uses_left or self._clock() >= serving.until:
            serving = self._begin(owner)
        if len(digest) != DIGEST_SIZE:
            raise ValueError(f"a SHA-256 digest has {DIGEST_SIZE} bytes, not {len(digest)}")
        serving.uses_left -= 1
        encoding, encoded = _compressed(content)
        nonce = random_bytes(NONCE_SIZE)
        return Sealed(
            data_key_id=serving.id,
            nonce=nonce,
            ciphertext=serving.cipher.encrypt(nonce, encoded, serving.bound_to + digest),
            encoding=encoding,
            size=len(content),
            digest=digest,
        )

    def open(self, sealed: Sealed, data_key: DataKey) -> bytes:
        """The content; Unopenable when anything about its row, its owner or its key was changed."""
        if sealed.data_key_id != data_key.id:
            raise Unopenable(f"the payload was sealed with data key {sealed.data_key_id}, not with {data_key.id}")
        cipher = self._opened.get(data_key.id) or self._unwrap(data_key)
        try:
            encoded = cipher.decrypt(sealed.nonce, sealed.ciphertext, _bound_to(data_key) + sealed.digest)
        except (InvalidTag, ValueError):  # ValueError: a nonce of another length
            raise Unopenable(
                f"the payload does not open with data key {data_key.id}: its row was changed or moved"
            ) from None
        return _checked(encoded, sealed)

    def rewrap(self, data_key: DataKey, kek: PayloadKey | None = None) -> DataKey:
        """The same data key under another payload key, by default the newest; payloads need no change."""
        kek = kek or self._newest
        return kek.wrap(self._payload_key(data_key).unwrap(data_key), id=data_key.id, owner=data_key.owner)

    @property
    def newest_key_id(self) -> str:
        """The payload key that wraps from now on."""
        return self._newest.id

    @property
    def masking_key(self) -> bytes:
        """Makes hashes of masked values useless to whoever tries values; another with another payload key."""
        return self._newest.masking

    def unstored(self) -> list[DataKey]:
        """Data keys made here that the database may not have yet."""
        return list(self._unstored.values())

    def mark_stored(self, data_keys: Sequence[DataKey]) -> None:
        """These data keys were committed."""
        for data_key in data_keys:
            self._unstored.pop(data_key.id, None)

    def forget(self, owner: str) -> None:
        """Seal nothing more with this owner's present data key, e.g. because its row is being deleted."""
        serving = self._serving.pop(owner, None)
        if serving is not None:
            self._opened.pop(serving.id, None)

    def _begin(self, owner: str) -> _Serving:
        secret = os.urandom(KEY_SIZE)
        data_key = self._newest.wrap(secret, id=uuid4(), owner=owner)
        self._unstored[data_key.id] = data_key
        serving = _Serving(data_key, self._hold(data_key.id, secret), self._clock() + SERVES_SECONDS)
        if owner not in self._serving and len(self._serving) >= MOST_KEYS_HELD:
            del self._serving[next(iter(self._serving))]
        self._serving[owner] = serving
        return serving

    def _unwrap(self, data_key: DataKey) -> AESGCM:
        return self._hold(data_key.id, self._payload_key(data_key).unwrap(data_key))

    def _hold(self, data_key_id: UUID, secret: bytes) -> AESGCM:
        if len(self._opened) >= MOST_KEYS_HELD:
            del self._opened[next(iter(self._opened))]
        cipher = self._opened[data_key_id] = AESGCM(secret)
        return cipher

    def _payload_key(self, data_key: DataKey) -> PayloadKey:
        key = self._keys.get(data_key.kek_id)
        if key is None:
            raise Unopenable(
                f"data key {data_key.id} needs payload key `{data_key.kek_id}`, which was not in the key folder when "
                "this process started; put it there and restart"
            )
        return key


def _bound_to(data_key: DataKey) -> bytes:
    """What every payload of a data key is bound to; the payload's digest, of fixed length, follows."""
    return b"payload 1\0" + data_key.id.bytes + data_key.owner.encode() + b"\0"


def _compressed(content: bytes) -> tuple[Encoding, bytes]:
    size = len(content)
    if size < COMPRESS_FROM or (size >= PROBE_FROM and not _shrinks(content[:PROBE_SIZE])):
        return "raw", content
    shrunk = _compress(content)
    return ("zstd", shrunk) if len(shrunk) < size else ("raw", content)


def _shrinks(sample: bytes) -> bool:
    return len(_compress(sample)) < 0.9 * len(sample)


def _compress(content: bytes) -> bytes:
    # An order of 2 KB: 6 µs to 46 %, where zlib's level 1 takes 11 µs to 45 %. The compressor serves one thread.
    if not hasattr(_this_thread, "compressor"):
        _this_thread.compressor = zstandard.ZstdCompressor(level=1)
    shrunk: bytes = _this_thread.compressor.compress(content)
    return shrunk


def _checked(encoded: bytes, sealed: Sealed) -> bytes:
    content = _expanded(encoded, sealed.size) if sealed.encoding == "zstd" else encoded
    if content is None or len(content) != sealed.size or hashlib.sha256(content).digest() != sealed.digest:
        raise Unopenable(
            f"the payload opened with data key {sealed.data_key_id}, but its hash or size is not what its row says"
        )
    return content


def _expanded(encoded: bytes, size: int) -> bytes | None:
    """Never more than the recorded size is unpacked; None when it is not one whole frame of that size."""
    try:
        if zstandard.frame_content_size(encoded) != size:
            return None
        content: bytes = zstandard.ZstdDecompressor().decompress(encoded, allow_extra_data=False)
    except zstandard.ZstdError:
        return None
    return content
