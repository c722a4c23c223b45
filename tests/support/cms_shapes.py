"""CMS as other products write it, and as somebody writes it who wants to be taken for a partner."""

import hashlib
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from support.as2_keys import NOW, Holder

from gateway.channels.as2.cms import algorithms, der
from gateway.channels.as2.cms.algorithms import Digest
from gateway.channels.as2.cms.rules import DEFAULT_CAPS
from gateway.channels.as2.cms.signed import identities
from gateway.channels.as2.cms.tlv import END, Walker


def indefinite(element: bytes, *, segment: int = 1000, depth: int = 99) -> bytes:
    """The same in BER: indefinite lengths down to `depth`, octet strings (04 and [0]) in segments.

    With one empty segment in front, and every third one wrapped once more, as the standard allows.
    """
    tag = element[0]
    walker = Walker(element, DEFAULT_CAPS)
    if not depth:
        return element
    if tag in (0x04, 0x80):
        content = walker.value(tag, "octets")
        pieces = [b"", *(content[at : at + segment] for at in range(0, len(content), segment))]
        parts = [der.tagged(0x04, piece) for piece in pieces]
        parts = [b"\x24\x80" + part + bytes(2) if number % 3 == 2 else part for number, part in enumerate(parts)]
        return bytes((tag | 0x20, 0x80)) + b"".join(parts) + bytes(2)
    if not tag & 0x20:
        return element
    walker.enter(tag, "a structure")
    inner = b""
    while walker.tag() != END:
        inner += indefinite(walker.element(), segment=segment, depth=depth - 1)
    return bytes((tag, 0x80)) + inner + bytes(2)


def attribute(name: bytes, *values: bytes) -> bytes:
    return der.sequence(der.oid(name), der.set_of(values))


def content_type(kind: bytes = algorithms.DATA) -> bytes:
    return attribute(algorithms.CONTENT_TYPE, der.oid(kind))


def message_digest(digest: bytes) -> bytes:
    return attribute(algorithms.MESSAGE_DIGEST, der.tagged(0x04, digest))


def signing_time() -> bytes:
    return attribute(algorithms.SIGNING_TIME, der.time(NOW))


def signer_info(
    holder: Holder,
    *,
    attributes: Iterable[bytes] | None,
    content: bytes = b"",
    digest: Digest = Digest.SHA256,
    named: Holder | None = None,
) -> bytes:
    """`attributes` are signed by the holder's RSA key, or `content` where they are None. `named` is who is said to."""
    identity, _ = identities((named or holder).certificate)
    encoded = None if attributes is None else der.set_of(attributes)
    signature = holder.key.sign(content if encoded is None else encoded, PKCS1v15(), digest.hash)
    return der.sequence(
        der.integer(1),
        der.sequence(identity.issuer, der.tagged(0x02, identity.serial)),
        der.sequence(der.oid(digest.oid), der.NULL),
        b"" if encoded is None else b"\xa0" + encoded[1:],
        der.sequence(der.oid(algorithms.RSA), der.NULL),
        der.tagged(0x04, signature),
    )


def signed_data(*signers: bytes, certificates: Iterable[Holder] = (), content: bytes | None = None) -> bytes:
    enclosed = b"" if content is None else der.tagged(0xA0, der.tagged(0x04, content))
    enclosed_certificates = b"".join(one.certificate.public_bytes(Encoding.DER) for one in certificates)
    signed = der.sequence(
        der.integer(1),
        der.set_of([der.sequence(der.oid(Digest.SHA256.oid), der.NULL)]),
        der.sequence(der.oid(algorithms.DATA), enclosed),
        der.tagged(0xA0, enclosed_certificates) if enclosed_certificates else b"",
        der.set_of(signers),
    )
    return der.sequence(der.oid(algorithms.SIGNED_DATA), der.tagged(0xA0, signed))


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
