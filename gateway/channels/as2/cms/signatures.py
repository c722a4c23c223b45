"""Are these signatures those of the partner over this content? Certificates inside the message prove nothing."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hmac import compare_digest

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import Digest, Scheme
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason, malformed
from gateway.channels.as2.cms.rules import AHEAD, DEFAULT_CAPS, LEAST_CURVE_BITS, LEAST_RSA_BITS, Caps, SignatureRules
from gateway.channels.as2.cms.signed import SignedData, Signer, identities, read_signed_data

Digests = Mapping[str, bytes] | Callable[[Digest], bytes]
"""The digest of the signed content by the algorithm's name (`sha256`), or what computes it."""

_MIME_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")


class VerifiedSigner(Struct, frozen=True, kw_only=True):
    """Who signed. `signing_time` is what the signer says, for the record; nothing is decided by it."""

    certificate: x509.Certificate
    digest_algorithm: Digest
    signing_time: datetime | None

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate."""
        return self.certificate.fingerprint(SHA256())


class Signatures(Struct, frozen=True):
    """The signatures over one content, read but not verified. `data.content` is None where they are detached."""

    data: SignedData

    def verify(
        self,
        digests: Digests | None,
        pinned: Sequence[x509.Certificate],
        rules: SignatureRules,
        at: datetime,
        *,
        opening: bytes = b"",
    ) -> VerifiedSigner:
        """The first signer, when every one is a pinned certificate, valid at this moment, and signed this content.

        `digests` is None where the content lies inside the signature. `opening` is how the signed content begins, the
        first 256 bytes of it; it is asked for where the rules want signatures without attributes. Raises
        CryptographicFailure: INTEGRITY when the content is another than the signed one, so that a caller may try the
        next canonical form of it.
        """
        if not self.data.signers:
            raise CryptographicFailure(Reason.AUTHENTICATION, "nobody signed: the list of signers is empty")
        if (digests is None) == (self.data.content is None):
            raise malformed("the signed content must lie either beside the signature or inside it")
        content = self.data.content
        if content is not None:
            opening = content[:256]
        digest_of = _digest_of(digests, content)
        verified = [_verified(signer, digest_of, pinned, rules, at, opening) for signer in self.data.signers]
        return verified[0]


def read_signatures(blob: bytes, caps: Caps = DEFAULT_CAPS) -> Signatures:
    """SignedData (`smime.p7s`, decoded from base64 where it came so). Raises CryptographicFailure."""
    return Signatures(read_signed_data(blob, caps))


def _digest_of(digests: Digests | None, content: bytes | None) -> Callable[[Digest], bytes]:
    if isinstance(digests, Mapping):
        known = digests
        return lambda digest: known.get(digest, b"")
    if digests is not None:
        return digests
    assert content is not None
    return lambda digest: hashlib.new(digest, content).digest()


def _verified(
    signer: Signer,
    digest_of: Callable[[Digest], bytes],
    pinned: Sequence[x509.Certificate],
    rules: SignatureRules,
    at: datetime,
    opening: bytes,
) -> VerifiedSigner:
    _judge(signer, rules, opening)
    named = [certificate for certificate in pinned if signer.identity in identities(certificate)]
    if not named:
        raise CryptographicFailure(
            Reason.AUTHENTICATION, f"the certificate with {signer.identity} signed, which is not one of this partner's"
        )
    attributes, digest = signer.attributes, digest_of(signer.digest)
    if attributes and not compare_digest(attributes.message_digest, digest):
        raise CryptographicFailure(Reason.INTEGRITY, f"the {signer.digest} of the content is not the signed one")
    for certificate in named:
        _judge_certificate(certificate, at)
        if _fits(signer, digest, certificate):
            return VerifiedSigner(
                certificate=certificate,
                digest_algorithm=signer.digest,
                signing_time=attributes.signing_time if attributes else None,
            )
    raise CryptographicFailure(
        Reason.AUTHENTICATION if attributes else Reason.INTEGRITY,
        f"the signature is not that of the certificate with {signer.identity} over this content",
    )


def _judge(signer: Signer, rules: SignatureRules, opening: bytes) -> None:
    """What the relation allows, before anything is computed."""
    if signer.digest not in rules.digests:
        raise _insufficient(f"the signature uses {signer.digest}, which this relation does not allow")
    if rules.attributes == "required" and signer.attributes is None:
        raise _insufficient("the signature has no signed attributes, which this relation requires")
    if rules.attributes == "absent":
        if signer.attributes is not None:
            raise _insufficient("the signature has signed attributes; this relation is fixed to signatures without")
        # The encoded attributes of another signature begin with the tag of a SET, which is the digit 1.
        if opening[:1] == b"1" or not _MIME_HEADER.match(opening):
            raise _insufficient("content signed without signed attributes must begin with a header line of MIME")


def _judge_certificate(certificate: x509.Certificate, at: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins - AHEAD <= at <= ends:
        raise CryptographicFailure(
            Reason.AUTHENTICATION,
            f"the signer's certificate is valid from {begins:%Y-%m-%d} until {ends:%Y-%m-%d}, not on {at:%Y-%m-%d}",
        )
    key = public_key(certificate)
    if isinstance(key, RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        raise _insufficient(f"the signer's key has {key.key_size} bits; RSA needs {LEAST_RSA_BITS}")
    if isinstance(key, EllipticCurvePublicKey) and key.key_size < LEAST_CURVE_BITS:
        raise _insufficient(f"the signer's key has {key.key_size} bits; elliptic curves need {LEAST_CURVE_BITS}")


def _fits(signer: Signer, digest: bytes, certificate: x509.Certificate) -> bool:
    """Whether the signature is this certificate's. Attributes that came in another encoding were signed as DER."""
    if signer.attributes is None:
        return _is_signature(signer, digest, certificate)
    encoded = signer.attributes.encoded
    if encoded[1] != 0x80 and _is_signature(signer, hashlib.new(signer.digest, encoded).digest(), certificate):
        return True
    distinguished = der.distinguished(encoded)
    return distinguished != encoded and _is_signature(
        signer, hashlib.new(signer.digest, distinguished).digest(), certificate
    )


def _is_signature(signer: Signer, digest: bytes, certificate: x509.Certificate) -> bool:
    key = public_key(certificate)
    prehashed = Prehashed(signer.digest.hash)
    try:
        if isinstance(key, EllipticCurvePublicKey) and signer.scheme is Scheme.ECDSA:
            key.verify(signer.signature, digest, ECDSA(prehashed))
        elif isinstance(key, RSAPublicKey) and signer.scheme is Scheme.RSA_PKCS1:
            key.verify(signer.signature, digest, PKCS1v15(), prehashed)
        elif isinstance(key, RSAPublicKey) and signer.scheme is Scheme.RSA_PSS:
            key.verify(signer.signature, digest, PSS(MGF1(signer.digest.hash), signer.salt), prehashed)
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


@lru_cache(maxsize=1024)
def public_key(certificate: x509.Certificate) -> object:
    """Loading it costs more than verifying a signature with it."""
    return certificate.public_key()


def _insufficient(detail: str) -> CryptographicFailure:
    return CryptographicFailure(Reason.INSUFFICIENT_SECURITY, detail)
