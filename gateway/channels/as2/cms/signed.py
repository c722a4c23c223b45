"""SignedData as it came (RFC 5652, 5): who is said to have signed, how, and what the signed attributes claim.

Nothing is verified here; `signatures.py` does that.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import (
    CONTENT_TYPE,
    DATA,
    DIGESTS,
    MESSAGE_DIGEST,
    MGF1,
    RSA_PSS,
    SIGNATURES,
    SIGNED_DATA,
    SIGNING_TIME,
    Digest,
    Scheme,
    dotted_oid,
)
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason, malformed
from gateway.channels.as2.cms.rules import DEFAULT_CAPS, Caps
from gateway.channels.as2.cms.tlv import CONSTRUCTED, END, INTEGER, OCTETS, OID, SEQUENCE, SET, Walker

_FIRST: Final = 0xA0  # [0], constructed
_SECOND: Final = 0xA1
_THIRD: Final = 0xA2
_KEY_ID: Final = 0x80  # [0], primitive


class Identity(Struct, frozen=True):
    """How a certificate is named in a message: by issuer (encoded) and serial number, or by the id of its key."""

    issuer: bytes = b""
    serial: bytes = b""
    key_id: bytes = b""

    def __str__(self) -> str:
        if self.key_id:
            return f"key {self.key_id.hex()}"
        return f"serial number {int.from_bytes(self.serial):x}"


class SignedAttributes(Struct, frozen=True, kw_only=True):
    """`encoded` is the set as it came, with the tag of a SET; it is what was signed."""

    encoded: bytes
    message_digest: bytes
    signing_time: datetime | None


class Signer(Struct, frozen=True, kw_only=True):
    """One SignerInfo. `salt` is the length in bytes that RSASSA-PSS was told."""

    identity: Identity
    digest: Digest
    scheme: Scheme
    salt: int
    attributes: SignedAttributes | None
    signature: bytes


class SignedData(Struct, frozen=True, kw_only=True):
    """`content` is None for a detached signature. `certificates` are hints, encoded and unread."""

    signers: tuple[Signer, ...]
    certificates: tuple[bytes, ...]
    content: bytes | None


@lru_cache(maxsize=1024)
def identities(certificate: x509.Certificate) -> tuple[Identity, Identity]:
    """Both ways a message may name this certificate."""
    walker = Walker(certificate.public_bytes(Encoding.DER), DEFAULT_CAPS)
    walker.enter(SEQUENCE, "the certificate")
    walker.enter(SEQUENCE, "its signed part")
    if walker.tag() == _FIRST:
        walker.element()
    serial = walker.value(INTEGER, "its serial number")
    walker.element()
    issuer = walker.element()
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        key_id = extension.value.digest
    except x509.ExtensionNotFound:
        key_id = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    return Identity(issuer, serial), Identity(key_id=key_id)


def read_identity(walker: Walker) -> Identity:
    """IssuerAndSerialNumber or [0] SubjectKeyIdentifier, for signers and recipients alike."""
    if walker.tag() & ~CONSTRUCTED == _KEY_ID:
        return Identity(key_id=walker.octets(_KEY_ID, "the key's id"))
    walker.enter(SEQUENCE, "the name of a certificate")
    issuer = walker.element()
    if issuer[1] == 0x80:
        issuer = der.distinguished(issuer)
    serial = walker.value(INTEGER, "the serial number of a certificate")
    walker.leave("the name of a certificate")
    return Identity(issuer, serial)


def read_algorithm(walker: Walker) -> tuple[bytes, bytes]:
    """The object identifier of an AlgorithmIdentifier and its parameters as they stand, empty where there are none."""
    walker.enter(SEQUENCE, "an algorithm")
    name = walker.value(OID, "the name of an algorithm")
    parameters = b"" if walker.tag() == END else walker.element()
    walker.leave("an algorithm")
    return name, parameters


def read_digest(walker: Walker) -> Digest:
    name, parameters = read_algorithm(walker)
    if parameters not in (b"", der.NULL):
        raise malformed("a digest algorithm has parameters")
    if name not in DIGESTS:
        raise unsupported(name)
    return DIGESTS[name]


def unsupported(name: bytes) -> CryptographicFailure:
    return CryptographicFailure(
        Reason.INSUFFICIENT_SECURITY, f"the algorithm {dotted_oid(name)} is not one the gateway knows here"
    )


def read_signed_data(blob: bytes, caps: Caps = DEFAULT_CAPS) -> SignedData:
    """ContentInfo with SignedData, to the last byte."""
    if len(blob) > caps.structure:
        raise malformed(f"the signature is longer than {caps.structure} bytes")
    walker = Walker(blob, caps)
    walker.enter(SEQUENCE, "the signature")
    if walker.value(OID, "its type") != SIGNED_DATA:
        raise malformed("it is no SignedData")
    walker.enter(_FIRST, "SignedData")
    walker.enter(SEQUENCE, "SignedData")
    walker.value(INTEGER, "the version")
    walker.enter(SET, "the digest algorithms")
    while walker.tag() != END:
        walker.element()
    walker.leave("the digest algorithms")
    content = _encapsulated(walker)
    certificates = _certificates(walker, caps)
    if walker.tag() == _SECOND:
        walker.element()  # revocation lists: ours to fetch, never a message's to bring
    signers = _signers(walker, caps)
    for _ in range(2):
        walker.leave("SignedData")
    walker.leave("the signature")
    walker.finish()
    return SignedData(signers=signers, certificates=certificates, content=content)


def _encapsulated(walker: Walker) -> bytes | None:
    walker.enter(SEQUENCE, "the content's description")
    if walker.value(OID, "the content's type") != DATA:
        raise malformed("what is signed is not plain data")
    content = None
    if walker.tag() == _FIRST:
        walker.enter(_FIRST, "the content")
        content = walker.octets(OCTETS, "the content")
        walker.leave("the content")
    walker.leave("the content's description")
    return content


def _certificates(walker: Walker, caps: Caps) -> tuple[bytes, ...]:
    found: list[bytes] = []
    if walker.tag() == _FIRST:
        walker.enter(_FIRST, "the certificates")
        while walker.tag() != END:
            found.append(walker.element())
            if len(found) > caps.certificates:
                raise malformed(f"there are more than {caps.certificates} certificates")
        walker.leave("the certificates")
    return tuple(found)


def _signers(walker: Walker, caps: Caps) -> tuple[Signer, ...]:
    walker.enter(SET, "the list of signers")
    signers: list[Signer] = []
    while walker.tag() != END:
        signers.append(_signer(walker, caps))
        if len(signers) > caps.signers:
            raise malformed(f"there are more than {caps.signers} signers")
    walker.leave("the list of signers")
    return tuple(signers)


def _signer(walker: Walker, caps: Caps) -> Signer:
    walker.enter(SEQUENCE, "a signer")
    walker.value(INTEGER, "the version of a signer")
    identity = read_identity(walker)
    digest = read_digest(walker)
    attributes = _attributes(walker.element(), caps) if walker.tag() == _FIRST else None
    scheme, salt = _scheme(*read_algorithm(walker), digest, caps)
    signature = walker.octets(OCTETS, "the signature of a signer")
    if walker.tag() == _SECOND:
        walker.element()
    walker.leave("a signer")
    return Signer(
        identity=identity, digest=digest, scheme=scheme, salt=salt, attributes=attributes, signature=signature
    )


def _scheme(name: bytes, parameters: bytes, digest: Digest, caps: Caps) -> tuple[Scheme, int]:
    if name not in SIGNATURES:
        raise unsupported(name)
    scheme, named = SIGNATURES[name]
    if named not in (None, digest):
        raise malformed(f"the signature names {named}, the signer {digest}")
    if name == RSA_PSS:
        return scheme, _pss_salt(parameters, digest, caps)
    if parameters not in (b"", der.NULL):
        raise malformed("a signature algorithm has parameters it must not have")
    return scheme, 0


def _pss_salt(parameters: bytes, digest: Digest, caps: Caps) -> int:
    """The salt of RSASSA-PSS-params (RFC 4055, 3.1); hash and mask must be of the signer's digest."""
    walker = Walker(parameters, caps)
    walker.enter(SEQUENCE, "the parameters of RSASSA-PSS")
    hashed = masked = Digest.SHA1
    salt = 20
    if walker.tag() == _FIRST:
        walker.enter(_FIRST, "its hash")
        hashed = read_digest(walker)
        walker.leave("its hash")
    if walker.tag() == _SECOND:
        walker.enter(_SECOND, "its mask")
        masked = read_mask(walker)
        walker.leave("its mask")
    if walker.tag() == _THIRD:
        walker.enter(_THIRD, "its salt")
        salt = int.from_bytes(walker.value(INTEGER, "its salt"))
        walker.leave("its salt")
    if walker.tag() == 0xA3:
        walker.element()
    walker.leave("the parameters of RSASSA-PSS")
    walker.finish()
    if (hashed, masked) != (digest, digest) or salt > 512:
        raise malformed("the parameters of RSASSA-PSS do not fit the signer's digest")
    return salt


def read_mask(walker: Walker) -> Digest:
    """The digest of MGF1, the one mask function there is."""
    walker.enter(SEQUENCE, "a mask function")
    name = walker.value(OID, "the name of a mask function")
    if name != MGF1:
        raise unsupported(name)
    digest = read_digest(walker)
    walker.leave("a mask function")
    return digest


def _attributes(element: bytes, caps: Caps) -> SignedAttributes:
    """Signed attributes ([0] IMPLICIT SET OF). The two that bind the content are there once each."""
    walker = Walker(element, caps)
    walker.enter(_FIRST, "the signed attributes")
    values: dict[bytes, bytes] = {}
    while walker.tag() != END:
        walker.enter(SEQUENCE, "a signed attribute")
        name = walker.value(OID, "the name of a signed attribute")
        if name in values:
            raise malformed(f"the signed attribute {dotted_oid(name)} is there twice")
        walker.enter(SET, "the values of a signed attribute")
        values[name] = walker.element()
        if walker.tag() != END and name in (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME):
            raise malformed(f"the signed attribute {dotted_oid(name)} has several values")
        while walker.tag() != END:
            walker.element()
        walker.leave("the values of a signed attribute")
        walker.leave("a signed attribute")
    walker.leave("the signed attributes")
    if values.get(CONTENT_TYPE) != der.oid(DATA):
        raise malformed("the signed attributes do not say once that plain data is signed")
    if MESSAGE_DIGEST not in values:
        raise malformed("the signed attributes hold no digest of the message")
    signed_at = values.get(SIGNING_TIME)
    return SignedAttributes(
        encoded=bytes((SET,)) + element[1:],
        message_digest=Walker(values[MESSAGE_DIGEST], caps).octets(OCTETS, "the digest of the message"),
        signing_time=None if signed_at is None else der.read_time(signed_at),
    )
