"""One partner's relation at one moment: what its profile says, with the keys and certificates that hold just then."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from msgspec import Struct

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Transport
from gateway.channels.as2.cms.recipients import Recipient
from gateway.channels.as2.cms.rules import (
    MODERN_CIPHERS,
    MODERN_DIGESTS,
    MODERN_TRANSPORTS,
    EncryptionRules,
    SignatureRules,
)
from partners.as2relations import As2Relation
from partners.ownkeys import KeyPair


class Relation(Struct, frozen=True, kw_only=True):
    """`pinned` are their certificates that verify now, `encrypt_to` the one we encrypt to; `openers` our keys that
    decrypt what comes now, `signer` the one that signs what goes. `at` is the moment (aware, UTC)."""

    partner: str
    agreed: As2Relation
    at: datetime
    pinned: tuple[x509.Certificate, ...] = ()
    encrypt_to: x509.Certificate | None = None
    openers: Sequence[Recipient] = ()
    signer: KeyPair | None = None

    @property
    def is_modern(self) -> bool:
        """The partner speaks the draft's additions (AS2-Version 1.3)."""
        return self.agreed.version == "1.3"

    @property
    def allowances(self) -> frozenset[str]:
        """What the old product at the other end may still do, while its exception lasts."""
        legacy = self.agreed.legacy
        return frozenset(legacy.allows) if legacy is not None and self.at < legacy.until.at else frozenset()

    @property
    def signature_rules(self) -> SignatureRules:
        allowed = self.allowances
        return SignatureRules(
            digests=frozenset(Digest) if "sha-1" in allowed else MODERN_DIGESTS,
            attributes="absent" if "no-signed-attributes" in allowed else "required",
        )

    @property
    def encryption_rules(self) -> EncryptionRules:
        allowed = self.allowances
        return EncryptionRules(
            ciphers=frozenset(Cipher) if "3des" in allowed else MODERN_CIPHERS,
            transports=frozenset(Transport) if "oaep-sha-1" in allowed else MODERN_TRANSPORTS,
        )
