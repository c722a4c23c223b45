"""Signed heads of the audit tree, in the format every transparency tool reads.

A checkpoint (c2sp.org/tlog-checkpoint) is a signed note (c2sp.org/signed-note):

    gateway.example.com/audit
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — gateway.example.com/audit Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurm…

The origin names the log, then come the number of leaves and the head of the tree. Each signature line holds the name
of a key and, in base64, four bytes that identify the key and an Ed25519 signature over the three lines. There may be
several: of an old and a new key during a rotation, or of witnesses.

A *verifier key* (`gateway.example.com/audit+8de2c54b+AYzz…`) is what a partner keeps to check them.
"""

import base64
import hashlib
import re
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from gateway.ledger.merkle import EMPTY_ROOT, HASH_SIZE

ED25519 = b"\x01"
MOST_SIGNATURES = 32  # the format asks for at least 16
MOST_CHARACTERS = 64 * 1024

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # control characters, and what is not UTF-8
_NAME = re.compile(r"[^\s+]+")
_VERIFIER_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")


class BadCheckpoint(Exception):  # noqa: N818 - a refusal, not a defect
    """The text is not a checkpoint of a log we know; says why in a sentence."""


class UnknownSigner(BadCheckpoint):
    """Well formed, but no signature is of a key we were given."""


class Verifier:
    """The public half of a signing key, with its name."""

    def __init__(self, name: str, public_key: Ed25519PublicKey) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError("the name of a signing key must not be empty nor hold spaces or `+`")
        self.name = name
        self._public_key = public_key
        self._encoded = ED25519 + public_key.public_bytes_raw()
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self._encoded).digest()[:4]

    @classmethod
    def from_vkey(cls, vkey: str) -> "Verifier":
        """Read `name+key id+base64(0x01 || public key)`; ValueError says what is wrong with it."""
        parts = _VERIFIER_KEY.fullmatch(vkey.strip())
        encoded = _decoded(parts[3]) if parts else None
        if parts is None or encoded is None:
            raise ValueError("a verifier key reads `name+8 hexadecimal digits+base64`")
        if encoded[:1] != ED25519 or len(encoded) != 33:
            raise ValueError(f"the verifier key of `{parts[1]}` is not an Ed25519 key")
        verifier = cls(parts[1], Ed25519PublicKey.from_public_bytes(encoded[1:]))
        if verifier.key_id.hex() != parts[2]:
            raise ValueError(f"the verifier key of `{parts[1]}` is damaged: its key id is not `{parts[2]}`")
        return verifier

    @property
    def vkey(self) -> str:
        """What a partner is given to check our checkpoints."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._encoded).decode()}"

    def verifies(self, signature: bytes, body: bytes) -> bool:
        """Whether this key made the signature over the body."""
        try:
            self._public_key.verify(signature, body)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """An Ed25519 key that signs checkpoints; its name is the origin of the log."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.verifier = Verifier(name, private_key.public_key())

    @property
    def name(self) -> str:
        return self.verifier.name

    def signature_line(self, body: str) -> str:
        """The line of a signed note that carries this key's signature over the body."""
        signature = self._private_key.sign(body.encode())
        return f"— {self.name} {base64.b64encode(self.verifier.key_id + signature).decode()}\n"

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier.vkey!r})"


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A checkpoint whose signature was verified. `signers` names the keys that did, `extensions` is opaque."""

    origin: str
    size: int
    root: bytes
    signers: tuple[str, ...]
    extensions: tuple[str, ...] = ()


def sign(origin: str, size: int, root: bytes, key: SigningKey) -> str:
    """The checkpoint of a tree. Sign only trees that continue every tree signed before."""
    if origin != key.name:
        raise ValueError(f"the key `{key.name}` does not sign for the log `{origin}`")
    if len(root) != HASH_SIZE or not 0 <= size < 10**18:
        raise ValueError(f"a head of {len(root)} bytes over {size} leaves cannot be signed")
    if size == 0 and root != EMPTY_ROOT:
        raise ValueError("a tree without leaves has no other head than the hash of nothing")
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return f"{body}\n{key.signature_line(body)}"


def cosign(text: str, key: SigningKey) -> str:
    """The same checkpoint with one more signature: of the next key during a rotation, or of a witness."""
    body, _ = _divided(text)
    return text + key.signature_line(body)


def open_checkpoint(text: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Read a checkpoint and verify it; BadCheckpoint says in a sentence why it is not to be trusted.

    Lines of unknown keys are ignored, as the format demands; each line of a known key must verify, and one at least
    must be of the log itself, so that neither a witness nor another log can speak in its name.
    """
    body, lines = _divided(text)
    origin, size, root, extensions = _read_body(body)
    signers = _signers(body, lines, verifiers)
    if not signers:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(name for name, _ in lines))
        raise UnknownSigner(f"signed by {names}, with none of the keys given")
    if origin not in signers:
        raise UnknownSigner(f"the log is `{origin}`, but the keys that signed are of {_listed(signers)}")
    return Checkpoint(origin=origin, size=size, root=root, signers=signers, extensions=extensions)


def _divided(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The signed body, and the name and content of each signature line."""
    if len(text) > MOST_CHARACTERS:
        raise BadCheckpoint(f"longer than {MOST_CHARACTERS} characters")
    body, blank, signatures = text.rpartition("\n\n")
    if not blank or not signatures.endswith("\n") or _FORBIDDEN.search(text):
        raise BadCheckpoint("not a signed note: a text, an empty line and signature lines are expected")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadCheckpoint(f"more than {MOST_SIGNATURES} signatures")
    return body + "\n", [_read_signature(line) for line in lines]


def _read_signature(line: str) -> tuple[str, bytes]:
    parts = _SIGNATURE_LINE.fullmatch(line)
    content = _decoded(parts[2]) if parts else None
    if parts is None or content is None or len(content) < 5:
        raise BadCheckpoint("a signature line does not read `— name base64`")
    return parts[1], content


def _read_body(body: str) -> tuple[str, int, bytes, tuple[str, ...]]:
    lines = body[:-1].split("\n")
    if len(lines) >= 3 and "" not in lines and _SIZE.fullmatch(lines[1]):
        root = _decoded(lines[2])
        if root is not None and len(root) == HASH_SIZE:
            return lines[0], int(lines[1]), root, tuple(lines[3:])
    raise BadCheckpoint("not a checkpoint: an origin, a number of leaves and a base64 hash are expected")


def _signers(body: str, lines: list[tuple[str, bytes]], verifiers: Sequence[Verifier]) -> tuple[str, ...]:
    """The names of the known keys that signed; BadCheckpoint when a signature of a known key is wrong."""
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signers: list[str] = []
    for name, content in lines:
        verifier = known.get((name, content[:4]))
        if verifier is None:
            continue
        if not verifier.verifies(content[4:], body.encode()):
            raise BadCheckpoint(f"the signature of `{name}` is not over this text: the checkpoint was changed")
        signers.append(name)
    return tuple(dict.fromkeys(signers))


def _decoded(text: str) -> bytes | None:
    """Base64 read strictly: one text for one content, so that no changed character goes unnoticed."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return content if base64.b64encode(content).decode() == text else None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
