"""What one relation allows, and how much of anything is read for it."""

from datetime import timedelta
from typing import Final, Literal

from msgspec import Struct

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Transport

MODERN_DIGESTS: Final = frozenset({Digest.SHA256, Digest.SHA384, Digest.SHA512})
MODERN_CIPHERS: Final = frozenset(Cipher) - {Cipher.DES3_CBC}
MODERN_TRANSPORTS: Final = frozenset(Transport) - {Transport.RSA_OAEP_SHA1}

LEAST_RSA_BITS: Final = 2048
LEAST_CURVE_BITS: Final = 256
"""No relation allows less (NIST SP 800-131A)."""

AHEAD: Final = timedelta(minutes=15)
"""How far a partner's clock may be ahead of ours: so much before its time begins a certificate of theirs verifies. Its
end is exact, for that is how a key is given up."""


class SignatureRules(Struct, frozen=True, kw_only=True):
    """What a signature may be made of.

    `attributes` says whether signatures come with signed attributes or without, never either: whoever may choose can
    turn a signature with attributes into one without, whose content is the attributes.
    """

    digests: frozenset[Digest] = MODERN_DIGESTS
    attributes: Literal["required", "absent"] = "required"


class EncryptionRules(Struct, frozen=True, kw_only=True):
    """How content may be encrypted, and how its key may be transported."""

    ciphers: frozenset[Cipher] = MODERN_CIPHERS
    transports: frozenset[Transport] = MODERN_TRANSPORTS


MODERN_SIGNATURES: Final = SignatureRules()
MODERN_ENCRYPTION: Final = EncryptionRules()

LEGACY_SIGNATURES: Final = SignatureRules(digests=frozenset(Digest))
LEGACY_ENCRYPTION: Final = EncryptionRules(ciphers=frozenset(Cipher), transports=frozenset(Transport))
"""Reading alone: nothing here writes SHA-1 or 3DES, whatever a partner's agreement says."""


class Caps(Struct, frozen=True, kw_only=True):
    """Where reading ends. Lengths in bytes."""

    depth: int = 32
    elements: int = 10_000
    structure: int = 1 << 20
    """Any one structure that is held in memory, and a signature as a whole."""
    content: int = 2 << 30
    """What decryption or decompression may give."""
    expansion: int = 100
    """How many times as long as the compressed bytes the content may be."""
    recipients: int = 16
    signers: int = 4
    certificates: int = 16


DEFAULT_CAPS: Final = Caps()
