"""Who can open an envelope, and the key it holds for them (RFC 5652, 6.2; RFC 8017; RFC 4055, 4)."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from msgspec import Struct

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import (
    OAEP_DIGESTS,
    OAEP_TRANSPORTS,
    P_SPECIFIED,
    RSA,
    RSA_OAEP,
    Digest,
    Transport,
    dotted_oid,
)
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason, malformed
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.cms.signed import Identity, identities, read_algorithm, read_digest, read_identity, read_mask
from gateway.channels.as2.cms.tlv import END, INTEGER, OCTETS, OID, SEQUENCE, SET, Walker
from gateway.randomness import random_bytes


class Recipient(Struct, frozen=True):
    """A key of ours, and the certificate by which partners name it."""

    certificate: x509.Certificate
    private_key: RSAPrivateKey


class KeyTransport(Struct, frozen=True, kw_only=True):
    """The content's key for one recipient. `transport` is None where it is one we do not know, named by `algorithm`."""

    identity: Identity
    algorithm: str
    transport: Transport | None
    encrypted_key: bytes


def read_recipients(walker: Walker, caps: Caps) -> tuple[KeyTransport, ...]:
    """All recipients that are given the key by RSA; how others are given it is passed over."""
    walker.enter(SET, "the list of recipients")
    found: list[KeyTransport] = []
    count = 0
    while walker.tag() != END:
        count += 1
        if count > caps.recipients:
            raise malformed(f"there are more than {caps.recipients} recipients")
        if walker.tag() == SEQUENCE:
            found.append(_recipient(walker, caps))
        else:
            walker.element()
    walker.leave("the list of recipients")
    return tuple(found)


def _recipient(walker: Walker, caps: Caps) -> KeyTransport:
    walker.enter(SEQUENCE, "a recipient")
    walker.value(INTEGER, "the version of a recipient")
    identity = read_identity(walker)
    name, parameters = read_algorithm(walker)
    encrypted = walker.octets(OCTETS, "the key for a recipient")
    walker.leave("a recipient")
    if name == RSA and parameters in (b"", der.NULL):
        transport: Transport | None = Transport.RSA_PKCS1
    else:
        transport = _oaep(parameters, caps) if name == RSA_OAEP else None
    return KeyTransport(
        identity=identity,
        algorithm=transport or dotted_oid(name),
        transport=transport,
        encrypted_key=encrypted,
    )


def _oaep(parameters: bytes, caps: Caps) -> Transport | None:
    """By RSAES-OAEP-params (RFC 4055, 4.1): hash and mask of one digest and no label, as everybody has them."""
    hashed = masked = Digest.SHA1
    if parameters not in (b"", der.NULL):
        walker = Walker(parameters, caps)
        walker.enter(SEQUENCE, "the parameters of RSAES-OAEP")
        if walker.tag() == 0xA0:
            walker.enter(0xA0, "its hash")
            hashed = read_digest(walker)
            walker.leave("its hash")
        if walker.tag() == 0xA1:
            walker.enter(0xA1, "its mask")
            masked = read_mask(walker)
            walker.leave("its mask")
        if walker.tag() == 0xA2:
            walker.enter(0xA2, "its label")
            _no_label(walker)
            walker.leave("its label")
        walker.leave("the parameters of RSAES-OAEP")
        walker.finish()
    return OAEP_TRANSPORTS[hashed] if hashed is masked else None


def _no_label(walker: Walker) -> None:
    walker.enter(SEQUENCE, "the source of a label")
    if walker.value(OID, "the name of a label's source") != P_SPECIFIED or walker.octets(OCTETS, "a label"):
        raise malformed("RSAES-OAEP has a label")
    walker.leave("the source of a label")


def choose(found: Sequence[KeyTransport], keys: Sequence[Recipient]) -> tuple[KeyTransport, Recipient]:
    """The first of all recipients that is one of our keys."""
    for transported in found:
        for key in keys:
            if transported.identity in identities(key.certificate):
                return transported, key
    named = ", ".join(str(transported.identity) for transported in found) or "nobody by RSA"
    raise CryptographicFailure(Reason.DECRYPTION, f"it is encrypted for {named}; none of our certificates is that")


def padding_of(transport: Transport) -> AsymmetricPadding:
    if transport is Transport.RSA_PKCS1:
        return PKCS1v15()
    digest = OAEP_DIGESTS[transport].hash
    return OAEP(MGF1(digest), digest, None)


def unwrap(encrypted_key: bytes, transport: Transport, key: RSAPrivateKey, length: int) -> bytes:
    """The content's key of `length` bytes; a random one where it cannot be had.

    Whoever sends wrong keys to learn a right one (Bleichenbacher's attack) so meets one failure, later and elsewhere,
    the same as for wrong content.
    """
    otherwise = random_bytes(length)
    try:
        found = key.decrypt(encrypted_key, padding_of(transport))
    except ValueError:
        return otherwise
    return found if len(found) == length else otherwise
