"""Opening envelopes: EnvelopedData (RFC 5652, 6) in CBC mode, AuthEnvelopedData (RFC 5083, 5084) in GCM mode."""

from collections.abc import Sequence
from typing import BinaryIO, Final

from cryptography import x509
from msgspec import Struct

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import (
    AUTH_ENVELOPED_DATA,
    CIPHERS,
    DATA,
    ENVELOPED_DATA,
    Cipher,
    Transport,
    dotted_oid,
)
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason, malformed
from gateway.channels.as2.cms.opening import CbcOpening, GcmOpening
from gateway.channels.as2.cms.recipients import KeyTransport, Recipient, choose, read_recipients, unwrap
from gateway.channels.as2.cms.rules import DEFAULT_CAPS, LEAST_RSA_BITS, Caps, EncryptionRules
from gateway.channels.as2.cms.signed import read_algorithm
from gateway.channels.as2.cms.tlv import END, INTEGER, OCTETS, OID, SEQUENCE, SET, Walker

_CONTENT: Final = 0x80  # [0] IMPLICIT OCTET STRING
_GCM_NONCE: Final = 12
_GCM_TAGS: Final = range(12, 17)


class Envelope(Struct, frozen=True, kw_only=True):
    """What stands in front of the encrypted content.

    `vector` is the first vector of CBC or the nonce of GCM; `tag` the length of GCM's tag, 0 for CBC; it stands behind
    the content, or where not `authenticated` at its end. `cipher` is None where it is one we do not know, named by
    `algorithm`.
    """

    authenticated: bool
    recipients: tuple[KeyTransport, ...]
    algorithm: str
    cipher: Cipher | None
    vector: bytes
    tag: int


class Decrypted(Struct, frozen=True, kw_only=True):
    """How the content came. Where the cipher is not authenticated, only a signature inside protects it."""

    cipher: Cipher
    transport: Transport
    certificate: x509.Certificate


def decrypt(
    source: BinaryIO,
    sink: BinaryIO,
    keys: Sequence[Recipient],
    rules: EncryptionRules,
    caps: Caps = DEFAULT_CAPS,
) -> Decrypted:
    """Write the content of the envelope in `source`, read to its end, to `sink`; both can be sought.

    Nothing stays in `sink` unless all of it is right: after a CryptographicFailure it is as long as before.
    """
    begins, ends = source.tell(), sink.tell()
    try:
        decrypted, attributes = _opened(source, sink, keys, rules, caps, b"")
        if attributes:
            # They are authenticated in front of the content and stand behind it: now that they are known, once more.
            source.seek(begins)
            sink.seek(ends)
            sink.truncate()
            decrypted, _ = _opened(source, sink, keys, rules, caps, attributes)
    except CryptographicFailure:
        sink.seek(ends)
        sink.truncate()
        raise
    return decrypted


def read_envelope(source: bytes | BinaryIO, caps: Caps = DEFAULT_CAPS) -> Envelope:
    """The envelope's description alone; nothing is decrypted."""
    return _envelope(Walker(source, caps), caps)


def _envelope(walker: Walker, caps: Caps) -> Envelope:
    """Go in as far as the encrypted content, which comes next."""
    walker.enter(SEQUENCE, "the envelope")
    kind = walker.value(OID, "its type")
    if kind not in (ENVELOPED_DATA, AUTH_ENVELOPED_DATA):
        raise malformed("it is no EnvelopedData or AuthEnvelopedData")
    walker.enter(0xA0, "the envelope")
    walker.enter(SEQUENCE, "the envelope")
    walker.value(INTEGER, "the version")
    if walker.tag() == 0xA0:
        walker.element()  # certificates of the sender, who proves himself by his signature
    recipients = read_recipients(walker, caps)
    walker.enter(SEQUENCE, "the encrypted content")
    if walker.value(OID, "the content's type") != DATA:
        raise malformed("what is encrypted is not plain data")
    name, parameters = read_algorithm(walker)
    cipher = CIPHERS.get(name)
    authenticated = kind == AUTH_ENVELOPED_DATA
    vector, tag = b"", 0
    if cipher:
        if authenticated and not cipher.is_authenticated:
            raise malformed(f"{cipher} does not belong into this kind of envelope")
        vector, tag = _gcm(parameters, caps) if cipher.is_authenticated else (_vector(parameters, cipher, caps), 0)
    return Envelope(
        authenticated=authenticated,
        recipients=recipients,
        algorithm=cipher or dotted_oid(name),
        cipher=cipher,
        vector=vector,
        tag=tag,
    )


def _vector(parameters: bytes, cipher: Cipher, caps: Caps) -> bytes:
    vector = Walker(parameters, caps).octets(OCTETS, "the first vector of the cipher")
    if len(vector) != cipher.shape.block:
        raise malformed("the first vector of the cipher has another length than its block")
    return vector


def _gcm(parameters: bytes, caps: Caps) -> tuple[bytes, int]:
    """Nonce and length of the tag (GCMParameters, RFC 5084, 3.2)."""
    walker = Walker(parameters, caps)
    walker.enter(SEQUENCE, "the parameter list of GCM")
    nonce = walker.octets(OCTETS, "the nonce")
    tag = 12 if walker.tag() == END else int.from_bytes(walker.value(INTEGER, "the length of the tag"))
    walker.leave("the parameter list of GCM")
    if len(nonce) != _GCM_NONCE or tag not in _GCM_TAGS:
        raise malformed("GCM needs a nonce of 12 bytes and a tag of 12 to 16")
    return nonce, tag


def _opened(
    source: BinaryIO,
    sink: BinaryIO,
    keys: Sequence[Recipient],
    rules: EncryptionRules,
    caps: Caps,
    attributes: bytes,
) -> tuple[Decrypted, bytes]:
    """One pass. Also gives the authenticated attributes (DER of the set) if they are others than were expected."""
    walker = Walker(source, caps)
    envelope = _envelope(walker, caps)
    transported, ours = choose(envelope.recipients, keys)
    cipher, transport = _allowed(envelope, transported, ours, rules)
    key = unwrap(transported.encrypted_key, transport, ours.private_key, cipher.shape.key)
    decrypted = Decrypted(cipher=cipher, transport=transport, certificate=ours.certificate)
    opening: CbcOpening | GcmOpening
    if cipher.is_authenticated:
        opening = GcmOpening(key, envelope.vector, attributes)
    else:
        opening = CbcOpening(cipher, key, envelope.vector)
    # Products on Bouncy Castle (phase2) write GCM into EnvelopedData, with the tag as the end of the content.
    behind = 0 if envelope.authenticated else envelope.tag
    length, held = 0, b""
    for piece in walker.pieces(_CONTENT, "the encrypted content"):
        length += len(piece)
        if length > caps.content:
            raise malformed(f"the content is longer than {caps.content} bytes")
        if behind:
            joined = held + piece
            piece, held = joined[:-behind], joined[-behind:]
        sink.write(opening.update(piece))
    walker.leave("the encrypted content")
    found, mac = _authenticated_end(walker, caps) if envelope.authenticated else (b"", held)
    _end(walker, envelope)
    if found != attributes:
        return decrypted, found
    if len(mac) != envelope.tag:
        raise malformed("the tag has another length than announced")
    sink.write(opening.finish(mac))
    return decrypted, b""


def _allowed(
    envelope: Envelope, transported: KeyTransport, ours: Recipient, rules: EncryptionRules
) -> tuple[Cipher, Transport]:
    if envelope.cipher is None or envelope.cipher not in rules.ciphers:
        raise _insufficient(f"it is encrypted by {envelope.algorithm}, which this relation does not allow")
    if transported.transport is None or transported.transport not in rules.transports:
        raise _insufficient(f"its key comes by {transported.algorithm}, which this relation does not allow")
    if ours.private_key.key_size < LEAST_RSA_BITS:
        raise _insufficient(f"our key has {ours.private_key.key_size} bits; RSA needs {LEAST_RSA_BITS}")
    return envelope.cipher, transported.transport


def _authenticated_end(walker: Walker, caps: Caps) -> tuple[bytes, bytes]:
    """Authenticated attributes as they are authenticated (RFC 5083, 2.2), empty where there are none, and the tag."""
    attributes = b""
    if walker.tag() == 0xA1:
        attributes = der.distinguished(bytes((SET,)) + _definite(walker.element(), caps)[1:], caps)
    return attributes, walker.octets(OCTETS, "the tag")


def _definite(element: bytes, caps: Caps) -> bytes:
    return der.distinguished(element, caps) if element[1] == 0x80 else element


def _end(walker: Walker, envelope: Envelope) -> None:
    if walker.tag() == (0xA2 if envelope.authenticated else 0xA1):
        walker.element()  # attributes nobody vouches for
    for _ in range(2):
        walker.leave("the envelope")
    walker.leave("the envelope")
    walker.finish()


def _insufficient(detail: str) -> CryptographicFailure:
    return CryptographicFailure(Reason.INSUFFICIENT_SECURITY, detail)
