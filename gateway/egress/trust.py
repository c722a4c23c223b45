"""Whom we believe at the other end of TLS, and how we show ourselves."""

import ssl
from hashlib import sha256
from pathlib import Path

from msgspec import Struct


class ClientCertificate(Struct, frozen=True):
    """PEM files: our certificate with what stands above it, and its key."""

    certificate: Path
    key: Path


class Trust(Struct, frozen=True, kw_only=True):
    """`pins`: SHA-256 of the certificates (DER) that the server may show; then nothing else is believed and nothing
    else asked: neither its name, nor who issued it, nor its dates, which the profile sets. Without pins the server's
    certificate must be valid for the host's name, under an authority we believe.
    """

    pins: frozenset[bytes] = frozenset()
    client: ClientCertificate | None = None


def pin_of(certificate: bytes) -> bytes:
    """The pin of a certificate (DER)."""
    return sha256(certificate).digest()


def tls_context(trust: Trust, authorities: Path | None) -> ssl.SSLContext:
    """TLS 1.2 at least. `authorities` (PEM) are believed instead of the system's. Raises OSError for bad files."""
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust.pins:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # `CheckedStream` compares the certificate before anything is sent
    if trust.client is not None:
        context.load_cert_chain(trust.client.certificate, trust.client.key)
    return context
