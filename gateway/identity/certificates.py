"""The client certificate a token may be bound to (RFC 8705), as seen here or handed on by our own proxy."""

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.identity.compact import encode_base64url
from gateway.identity.refusals import refusal
from gateway.networks import Networks, is_in

# RFC 9440 (a structured byte sequence of DER) and the escaped PEM nginx writes as $ssl_client_escaped_cert
STANDARD_HEADER: Final = b"client-cert"
ESCAPED_PEM_HEADER: Final = b"ssl-client-cert"
HEADERS: Final = frozenset({STANDARD_HEADER, ESCAPED_PEM_HEADER})
_MAX_BYTES: Final = 16_384
_PEM_START: Final = b"-----BEGIN CERTIFICATE-----"


def thumbprint_from(
    headers: Iterable[tuple[bytes, bytes]],
    peer: str | None,
    trusted_proxies: Networks,
) -> str | None:
    """The thumbprint (`x5t#S256`) of the certificate a trusted proxy saw; None when there is none to believe.

    `headers` as ASGI gives them (lower-case names, repeated names repeated), `peer` the address of the connection
    itself, never one from `X-Forwarded-For`. Headers of any other peer are as good as absent, because anyone can
    write them. Raises Unauthenticated `certificate.malformed` when a trusted proxy hands on something unreadable,
    more than one header, or more than one certificate.
    """
    if peer is None or not is_in(peer, trusted_proxies):
        return None
    found = [(name, value) for name, value in headers if name in HEADERS]
    if not found or found == [(ESCAPED_PEM_HEADER, b"")]:  # nginx writes an empty header when there was no certificate
        return None
    if len(found) > 1 or len(found[0][1]) > _MAX_BYTES:
        raise refusal("certificate.malformed")
    name, value = found[0]
    try:
        certificate = _read_der(value) if name == STANDARD_HEADER else _read_escaped_pem(value)
    except (ValueError, NotBase64) as error:
        raise refusal("certificate.malformed") from error
    return thumbprint_of_certificate(certificate)


def thumbprint_of_certificate(certificate: x509.Certificate) -> str:
    """`x5t#S256`: base64url of SHA-256 over the DER form (RFC 8705 section 3.1)."""
    return encode_base64url(hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())


def _read_der(value: bytes) -> x509.Certificate:
    if len(value) < 2 or not (value.startswith(b":") and value.endswith(b":")):
        raise ValueError("not a structured byte sequence")
    return x509.load_der_x509_certificate(b64decode(value[1:-1], validate=True))


def _read_escaped_pem(value: bytes) -> x509.Certificate:
    pem = unquote_to_bytes(value)
    if pem.count(_PEM_START) != 1:
        raise ValueError("not one certificate")
    return x509.load_pem_x509_certificate(pem)
