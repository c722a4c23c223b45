"""Envelopes as we write them: AES alone, definite lengths, one pass, one key for all recipients."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives import ciphers, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

from gateway.channels.as2.cms import algorithms, der
from gateway.channels.as2.cms.algorithms import OAEP_DIGESTS, RSA, RSA_OAEP, Cipher, Transport
from gateway.channels.as2.cms.recipients import padding_of
from gateway.channels.as2.cms.rules import LEAST_RSA_BITS, MODERN_CIPHERS, MODERN_TRANSPORTS
from gateway.channels.as2.cms.signatures import public_key
from gateway.channels.as2.cms.signed import identities
from gateway.randomness import random_bytes

_PIECE: Final = 1 << 16
_GCM_NONCE: Final = 12
_GCM_TAG: Final = 16
_DATA: Final = der.oid(algorithms.DATA)
_VERSION_0: Final = der.integer(0)


def encrypt(
    source: BinaryIO,
    sink: BinaryIO,
    certificates: Sequence[x509.Certificate],
    cipher: Cipher,
    transport: Transport,
) -> None:
    """Write an envelope with everything from here to the end of `source`, which can be sought.

    AuthEnvelopedData for GCM, EnvelopedData for CBC, DER. Raises ValueError for what is never written (3DES, SHA-1)
    and for certificates without an RSA key of 2048 bits or more.
    """
    if cipher not in MODERN_CIPHERS or transport not in MODERN_TRANSPORTS:
        raise ValueError(f"{cipher} with {transport} is never written")
    if not certificates:
        raise ValueError("an envelope needs a recipient")
    key = random_bytes(cipher.shape.key)
    recipients = der.set_of(_recipient(certificate, key, transport) for certificate in certificates)
    length = _length(source)
    if cipher.is_authenticated:
        _write_gcm(source, sink, recipients, cipher, key, length)
    else:
        _write_cbc(source, sink, recipients, cipher, key, length)


def _length(source: BinaryIO) -> int:
    here = source.tell()
    length = source.seek(0, 2) - here
    source.seek(here)
    return length


def _recipient(certificate: x509.Certificate, key: bytes, transport: Transport) -> bytes:
    public = public_key(certificate)
    if not isinstance(public, RSAPublicKey) or public.key_size < LEAST_RSA_BITS:
        raise ValueError(f"a recipient needs an RSA key of {LEAST_RSA_BITS} bits or more")
    named, _ = identities(certificate)
    return der.sequence(
        _VERSION_0,
        der.sequence(named.issuer, der.tagged(0x02, named.serial)),
        _transport_algorithm(transport),
        der.tagged(0x04, public.encrypt(key, padding_of(transport))),
    )


def _transport_algorithm(transport: Transport) -> bytes:
    if transport is Transport.RSA_PKCS1:
        return der.sequence(der.oid(RSA), der.NULL)
    hashed = der.sequence(der.oid(OAEP_DIGESTS[transport].oid), der.NULL)
    mask = der.sequence(der.oid(algorithms.MGF1), hashed)
    return der.sequence(der.oid(RSA_OAEP), der.sequence(der.tagged(0xA0, hashed), der.tagged(0xA1, mask)))


def _write_cbc(source: BinaryIO, sink: BinaryIO, recipients: bytes, cipher: Cipher, key: bytes, length: int) -> None:
    shape = cipher.shape
    vector = random_bytes(shape.block)
    algorithm = der.sequence(der.oid(shape.oid), der.tagged(0x04, vector))
    padder = padding.PKCS7(shape.block * 8).padder()
    encryptor = ciphers.Cipher(shape.algorithm(key), CBC(vector)).encryptor()
    sink.write(
        _head(algorithms.ENVELOPED_DATA, recipients, algorithm, length + shape.block - length % shape.block, after=0)
    )
    for piece in _pieces(source, length):
        sink.write(encryptor.update(padder.update(piece)))
    sink.write(encryptor.update(padder.finalize()) + encryptor.finalize())


def _write_gcm(source: BinaryIO, sink: BinaryIO, recipients: bytes, cipher: Cipher, key: bytes, length: int) -> None:
    nonce = random_bytes(_GCM_NONCE)
    parameters = der.sequence(der.tagged(0x04, nonce), der.integer(_GCM_TAG))
    algorithm = der.sequence(der.oid(cipher.shape.oid), parameters)
    encryptor = ciphers.Cipher(AES(key), GCM(nonce)).encryptor()
    sink.write(_head(algorithms.AUTH_ENVELOPED_DATA, recipients, algorithm, length, after=_GCM_TAG + 2))
    for piece in _pieces(source, length):
        sink.write(encryptor.update(piece))
    sink.write(encryptor.finalize() + der.tagged(0x04, encryptor.tag))


def _head(kind: bytes, recipients: bytes, algorithm: bytes, length: int, *, after: int) -> bytes:
    """Everything in front of `length` bytes of ciphertext, which `after` bytes follow inside the envelope."""
    content = _DATA + algorithm + der.header(0x80, length)
    inner = der.header(0x30, len(content) + length) + content
    envelope = _VERSION_0 + recipients + inner
    envelope = der.header(0x30, len(envelope) + length + after) + envelope
    envelope = der.oid(kind) + der.header(0xA0, len(envelope) + length + after) + envelope
    return der.header(0x30, len(envelope) + length + after) + envelope


def _pieces(source: BinaryIO, length: int) -> Iterator[bytes]:
    """Exactly as many bytes as were announced; a source that ends before is a defect of ours."""
    while length:
        piece = source.read(min(_PIECE, length))
        if not piece:
            raise ValueError("the source is shorter than it said")
        length -= len(piece)
        yield piece
