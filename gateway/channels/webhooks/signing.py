"""Signatures of Standard Webhooks 1.0.0: `v1` (HMAC-SHA256, `whsec_…`) and `v1a` (Ed25519, `whsk_…`).

What is signed is `{webhook-id}.{webhook-timestamp}.{body}`. Every secret of a profile signs, so that a partner may
change over from one to the next whenever it likes while both stand there.
"""

import binascii
import hmac
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SHARED, _PRIVATE, _PUBLIC = "whsec_", "whsk_", "whpk_"
_LEAST, _MOST = 24, 64
"""Bytes of a shared secret, as the specification has them."""
_LONGEST_FILE = 1024


class BadSecret(Exception):  # noqa: N818 - a refusal, not a defect
    """The file and a sentence; never what is in it."""


class Secret(Protocol):
    """One key of ours for one endpoint."""

    def sign(self, signed: bytes) -> str:
        """As it stands in the header: version, comma, base64."""

    @property
    def public(self) -> str | None:
        """What the partner verifies with, where that is not the secret itself."""


class SharedSecret:
    """Both sides have it."""

    public = None

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, signed: bytes) -> str:
        return f"v1,{_text(hmac.digest(self._key, signed, sha256))}"


class SigningKey:
    """Only we have it; the partner has the public half."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def sign(self, signed: bytes) -> str:
        return f"v1a,{_text(self._key.sign(signed))}"

    @property
    def public(self) -> str:
        return _PUBLIC + _text(self._key.public_key().public_bytes_raw())


def read_secrets(folder: Path, names: Iterable[str]) -> list[Secret]:
    """Read anew for every call: a few bytes, and a changed file counts at once. Raises BadSecret."""
    return [_read(folder / name) for name in names]


def problem_of(path: Path) -> str | None:
    """Why the file is no secret to sign with, or one no longer: the file and a sentence; None where all is well.

    A group may read it, which is how secrets are mounted for a process without rights; others may not.
    """
    try:
        _read(path)
        mode = path.stat().st_mode
    except BadSecret as problem:
        return str(problem)
    except OSError as error:
        return f"{path}: cannot be read: {(error.strerror or 'no reason is known').lower()}"
    return f"{path}: others can read it; chmod o-rwx, and change the secret" if mode & stat.S_IRWXO else None


def signed_headers(secrets: Iterable[Secret], event_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers. `event_id` stays the same in every attempt; `seconds` (of the epoch) are those of this one."""
    signed = b"%s.%d.%s" % (event_id.encode("ascii"), seconds, body)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(secret.sign(signed) for secret in secrets),
    }


def new_secret(*, asymmetric: bool) -> str:
    """The text of a new file."""
    if not asymmetric:
        return _SHARED + _text(token_bytes(32))
    key = Ed25519PrivateKey.generate()
    return _PRIVATE + _text(key.private_bytes_raw() + key.public_key().public_bytes_raw())


def secret_of(text: str) -> Secret:
    """Raises ValueError with a sentence."""
    prefix = next((one for one in (_SHARED, _PRIVATE) if text.startswith(one)), None)
    if prefix is None:
        raise ValueError("it begins neither with `whsec_` nor with `whsk_`")
    try:
        key = b64decode(text.removeprefix(prefix), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows `{prefix}` is no base64") from None
    if prefix == _SHARED:
        if not _LEAST <= len(key) <= _MOST:
            raise ValueError(f"a shared secret has {_LEAST} to {_MOST} bytes, this one has {len(key)}")
        return SharedSecret(key)
    if len(key) not in (32, 64):
        raise ValueError(f"an Ed25519 key has 32 bytes, or 64 with its public half; this one has {len(key)}")
    private = SigningKey(key[:32])
    if len(key) == 64 and private.public != _PUBLIC + _text(key[32:]):
        raise ValueError("the public half does not belong to the private one")
    return private


def _read(path: Path) -> Secret:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or "no reason is known").lower()
        raise BadSecret(f"{path}: cannot be read: {reason}") from None
    if len(content) > _LONGEST_FILE:
        raise BadSecret(f"{path}: it is too long for a secret")
    if not content.strip():
        raise BadSecret(f"{path}: it is empty; `partner-gateway webhook secret` makes one under a new name")
    try:
        return secret_of(content.decode("ascii", "replace").strip())
    except ValueError as problem:
        raise BadSecret(f"{path}: {problem}") from None


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")
