"""The ledger's key files: one folder, readable by the gateway alone, never in the database.

    payload-<id>.key       wraps the data keys of payloads: one line, `partner-gateway payload key <id> <base64>`
    checkpoint-<id>.pem    signs checkpoints: an Ed25519 private key, PKCS #8 in PEM
    checkpoint-<id>.vkey   its public half, to be given to partners: `name+key id+base64`; the name is the log's origin

An id is the time of making in UTC and a fingerprint, `20261123T093000Z-1f0c9a2e`. The greatest id of each kind is in
use. Older payload keys still open what they sealed; older signing keys cosign, for partners who have not taken the new
verifier key yet. An old `.pem` may be deleted, its `.vkey` stays for old checkpoints.

Secret files must be the gateway's own and closed to group and others; or root's, with reading for the group at most,
as Kubernetes mounts secrets.
"""

import base64
import hashlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from msgspec import Struct

from gateway.ledger.checkpoints import SigningKey, Verifier
from gateway.ledger.sealing import KEY_SIZE, PayloadKey

DEVELOPMENT_ORIGIN = "partner-gateway.localhost/audit"
MOST_BYTES = 8192

_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_PAYLOAD_LINE = re.compile(rf"partner-gateway payload key ({_ID.pattern}) ([A-Za-z0-9+/]{{43}}=)\s*")

# Private keys printed in standards: RFC 8032 §7.1 (tests 1, 2, 3, 1024, SHA(abc)) and RFC 8410 §10.3.
_PUBLISHED = frozenset(
    bytes.fromhex(secret)
    for secret in (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842",
    )
)


class BadKeyFile(Exception):  # noqa: N818 - a refusal, not a defect
    """The folder or a file in it cannot be used; the sentence begins with its path."""


class Keys(Struct, frozen=True, kw_only=True):
    """What the folder holds, newest first. `verifiers` are of all checkpoints signed so far."""

    payload: tuple[PayloadKey, ...]
    signing: SigningKey
    cosigning: tuple[SigningKey, ...]
    verifiers: tuple[Verifier, ...]

    @property
    def origin(self) -> str:
        """The name of the log these keys sign for."""
        return self.signing.name


def load_keys(folder: Path) -> Keys:
    """Read every key of the folder; BadKeyFile says what an operator must change."""
    if not folder.is_dir():
        raise BadKeyFile(f"{folder}: there is no such folder of keys")
    payload = [_read_payload_key(path, key_id) for path, key_id in _newest_first(folder, "payload-", ".key")]
    verifiers = {key_id: _read_verifier(path) for path, key_id in _newest_first(folder, "checkpoint-", ".vkey")}
    signing = [_read_signing_key(*found, verifiers) for found in _newest_first(folder, "checkpoint-", ".pem")]
    if not payload:
        raise BadKeyFile(f"{folder}: there is no payload key, `payload-<id>.key`")
    if not signing:
        raise BadKeyFile(f"{folder}: there is no signing key, `checkpoint-<id>.pem`")
    origins = {verifier.name for verifier in verifiers.values()}
    if len(origins) > 1:
        raise BadKeyFile(f"{folder}: the signing keys are of several logs, {', '.join(sorted(origins))}")
    return Keys(
        payload=tuple(payload),
        signing=signing[0],
        cosigning=tuple(signing[1:]),
        verifiers=tuple(verifiers.values()),
    )


def create_if_absent(folder: Path, origin: str = DEVELOPMENT_ORIGIN) -> Keys:
    """For the embedded mode of development: make a folder of new keys unless one is there, and load it.

    The folder appears whole or not at all, also when two processes start at once.
    """
    if not _holds_files(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
        try:
            draft.mkdir(mode=0o700)
            new_payload_key(draft)
            new_signing_key(draft, origin)
            draft.replace(folder)
        except OSError:
            if not _holds_files(folder):  # otherwise another process was faster: its keys are ours
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return load_keys(folder)


def new_payload_key(folder: Path, now: datetime | None = None) -> Path:
    """Write a new payload key; it comes into use at the next start."""
    secret = secrets.token_bytes(KEY_SIZE)
    key_id = f"{_stamp(now)}-{_fingerprint(secret)}"
    path = folder / f"payload-{key_id}.key"
    _write(path, f"partner-gateway payload key {key_id} {base64.b64encode(secret).decode()}\n".encode())
    return path


def new_signing_key(folder: Path, origin: str, now: datetime | None = None) -> Path:
    """Write a new signing key and its public half; it comes into use at the next start."""
    private_key = Ed25519PrivateKey.generate()
    verifier = Verifier(origin, private_key.public_key())
    stem = f"checkpoint-{_stamp(now)}-{verifier.key_id.hex()}"
    _write(folder / f"{stem}.vkey", f"{verifier.vkey}\n".encode())
    path = folder / f"{stem}.pem"
    _write(path, private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def open_to_others(mode: int, owner: int, us: int) -> str | None:
    """What is wrong with the permissions of a secret file, if anything."""
    if owner == us:
        return "is open to others; make it readable by its owner alone (chmod 600)" if mode & 0o077 else None
    if owner == 0:
        return "may be read by root and its group at most (chmod 440)" if mode & 0o037 else None
    return "belongs to another user; give it to the user of the gateway, or to root"


def writable_by_others(mode: int, owner: int, us: int) -> str | None:
    """What is wrong with the permissions of a public file, if anything."""
    if owner not in (us, 0):
        return "belongs to another user; give it to the user of the gateway, or to root"
    return "may be changed by others; make it writable by its owner alone (chmod 644)" if mode & 0o022 else None


def _holds_files(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _newest_first(folder: Path, prefix: str, suffix: str) -> list[tuple[Path, str]]:
    """The files of one kind, with their ids."""
    found: list[tuple[Path, str]] = []
    for path in folder.glob(f"{prefix}*{suffix}"):
        key_id = path.name.removeprefix(prefix).removesuffix(suffix)
        if not _ID.fullmatch(key_id):
            raise BadKeyFile(f"{path}: `{key_id}` is not an id like `20261123T093000Z-1f0c9a2e`")
        found.append((path, key_id))
    return sorted(found, key=lambda one: one[1], reverse=True)


def _read_payload_key(path: Path, key_id: str) -> PayloadKey:
    parts = _PAYLOAD_LINE.fullmatch(_read(path, open_to_others).decode(errors="replace"))
    if parts is None:
        raise BadKeyFile(f"{path}: is not one line `partner-gateway payload key <id> <base64 of 32 bytes>`")
    secret = base64.b64decode(parts[2])
    _refuse_example(path, secret)
    if parts[1] != key_id or _fingerprint(secret) != key_id.rpartition("-")[2]:
        raise BadKeyFile(f"{path}: the key in it is not `{key_id}`; the file was renamed or damaged")
    return PayloadKey(key_id, secret)


def _read_signing_key(path: Path, key_id: str, verifiers: Mapping[str, Verifier]) -> SigningKey:
    verifier = verifiers.get(key_id)
    if verifier is None:
        raise BadKeyFile(f"{path}: its public half, `{path.with_suffix('.vkey').name}`, is missing")
    try:
        private_key = load_pem_private_key(_read(path, open_to_others), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it is encrypted
        raise BadKeyFile(f"{path}: is not an unencrypted private key in PEM") from None
    if not isinstance(private_key, Ed25519PrivateKey):
        raise BadKeyFile(f"{path}: is not an Ed25519 key")
    _refuse_example(path, private_key.private_bytes_raw())
    key = SigningKey(verifier.name, private_key)
    if key.verifier.vkey != verifier.vkey:
        raise BadKeyFile(f"{path}: is not the private half of `{path.with_suffix('.vkey').name}`")
    return key


def _read_verifier(path: Path) -> Verifier:
    try:
        return Verifier.from_vkey(_read(path, writable_by_others).decode())
    except ValueError as error:
        raise BadKeyFile(f"{path}: {error}") from None


def _read(path: Path, fault_of: Callable[[int, int, int], str | None]) -> bytes:
    """The content of a file whose permissions were checked on the very file that is read."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if sys.platform != "win32" and (fault := fault_of(status.st_mode, status.st_uid, os.geteuid())):
                raise BadKeyFile(f"{path}: {fault}")
            return file.read(MOST_BYTES)
    except OSError as error:
        raise BadKeyFile(f"{path}: cannot be read: {(error.strerror or 'unknown').lower()}") from None


def _refuse_example(path: Path, secret: bytes) -> None:
    """Keys anybody can guess: printed in a standard, counted, repeated, or typed."""
    steps = {(later - earlier) % 256 for earlier, later in pairwise(secret)}
    typed = all(0x20 <= byte < 0x7F for byte in secret)
    if secret in _PUBLISHED or len(steps) == 1 or len(set(secret)) < 12 or typed:
        raise BadKeyFile(f"{path}: is an example key, not a random one; make another")


def _fingerprint(secret: bytes) -> str:
    return hashlib.sha256(b"partner-gateway payload key\n" + secret).hexdigest()[:8]


def _stamp(now: datetime | None) -> str:
    return (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _write(path: Path, content: bytes) -> None:
    """Write a file that must not exist, closed to others from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if sys.platform != "win32":  # the name must survive a power cut as surely as the content
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
