"""Who may sign a set of rules: a file of the operators outside the folder of rules: no set can say who signs it.

kind: signers
approvals: 2
signers:
- {name: mira.keller, key: "ed25519:…"}
"""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Meta, Struct

from policies.written import Name
from translators.yamlfiles import FileProblem, FileProblems, convert, load

Role = Literal["author", "approver"]


class PublicKey:
    """`ed25519:` and 32 bytes in base64."""

    SCHEMA = r"^ed25519:[A-Za-z0-9+/]{43}=$"

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @classmethod
    def from_text(cls, text: str) -> "PublicKey":
        scheme, _, encoded = text.partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raw = b""
        if scheme != "ed25519" or len(raw) != 32:
            raise ValueError(
                f"`{text[:60]}` is not a key; write what `policy keygen` printed: `ed25519:` and 44 letters"
            )
        return cls(raw)

    @property
    def text(self) -> str:
        return f"ed25519:{base64.b64encode(self.raw).decode()}"

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    key: PublicKey
    may: tuple[Role, ...] = ("author", "approver")


class _SignersFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["signers"]
    approvals: Annotated[int, Meta(ge=1, le=20)]
    """How many people beside the author must approve a set."""
    signers: Annotated[tuple[Signer, ...], Meta(min_length=2)]


class Signers(Struct, frozen=True):
    """Everybody who may sign, by name."""

    approvals: int
    by_name: dict[str, Signer]


def load_signers(path: Path) -> Signers:
    """Raises FileProblems with everything that is wrong."""
    file = load(path)
    content = convert(file, _SignersFile)
    problems: list[FileProblem] = []
    keys: dict[bytes, str] = {}
    by_name: dict[str, Signer] = {}
    for number, one in enumerate(content.signers):
        place = f"$.signers[{number}]"
        if one.name in by_name:
            problems.append(file.problem(f"{place}.name", f"`{one.name}` is already in the list"))
        if one.key.raw in keys:
            text = f"this is the key of `{keys[one.key.raw]}` too; nobody signs under two names"
            problems.append(file.problem(f"{place}.key", text))
        keys.setdefault(one.key.raw, one.name)
        by_name.setdefault(one.name, one)
    approvers = sum("approver" in one.may for one in by_name.values())
    authors = [one for one in by_name.values() if "author" in one.may]
    if not authors:
        problems.append(file.problem("$.signers", "nobody may be an author, so no set could ever be signed"))
    elif all(approvers - ("approver" in one.may) < content.approvals for one in authors):
        text = f"{content.approvals} approvals can never be reached; the author does not count"
        problems.append(file.problem("$.approvals", text))
    if problems:
        raise FileProblems(problems)
    return Signers(content.approvals, by_name)


class PrivateKey:
    """A signer's own key, a PKCS#8 PEM file that only they can read."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "PrivateKey":
        """Raises FileProblems."""
        try:
            if path.stat().st_mode & 0o077:
                text = f"others can read this private key; run `chmod 600 {path}`"
                raise FileProblems([FileProblem(path, 0, 0, text)])
            key = load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            raise FileProblems([FileProblem(path, 0, 0, f"cannot be read: {reason}")]) from None
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise FileProblems(
                [FileProblem(path, 0, 0, "this is no Ed25519 private key; make one with `policy keygen`")]
            )
        return cls(key)

    @classmethod
    def create(cls, path: Path) -> "PrivateKey":
        """Raises FileExistsError: a key is never overwritten."""
        key = Ed25519PrivateKey.generate()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(key)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)
