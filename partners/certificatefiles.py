"""Certificates as partners send them: PEM, DER, P7B and, with a private key of ours, P12."""

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from msgspec import Struct

MOST_BYTES = 256 * 1024
LEAST_RSA = 2048
CURVES = ("secp256r1", "secp384r1", "secp521r1")


class BadCertificate(Exception):  # noqa: N818 - a refusal of input, not a defect
    """A sentence about a file that gives no certificate we can use."""


class Bundle(Struct, frozen=True):
    """What a P12 holds: a key of ours, its certificate, and the certificates above it."""

    key: PrivateKeyTypes
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def read_certificate(path: Path) -> x509.Certificate:
    """The partner's own certificate in a PEM, DER or P7B file; those above it are left aside.

    Raises BadCertificate, also where its key is too weak to be believed.
    """
    own = own_certificate(certificates_in(_content(path)))
    weakness = weakness_of(own)
    if weakness is not None:
        raise BadCertificate(weakness)
    return own


def certificates_in(content: bytes) -> list[x509.Certificate]:
    """Every certificate of a PEM, DER or P7B file, in its order. Raises BadCertificate."""
    if b"PRIVATE KEY-----" in content:
        raise BadCertificate(
            "it holds a private key; whoever sent it must make a new one and send the certificate only"
        )
    try:
        found = _parsed(content)
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate("it is no certificate in PEM, DER or P7B") from None
    if not found:
        raise BadCertificate("there is no certificate in it")
    return found


def _parsed(content: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN PKCS7-----" in content:
        return pkcs7.load_pem_pkcs7_certificates(content)
    if b"-----BEGIN " in content:
        return x509.load_pem_x509_certificates(content)
    try:
        return [x509.load_der_x509_certificate(content)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(content)


def own_certificate(found: list[x509.Certificate]) -> x509.Certificate:
    """The one at the end of the chain: it has issued none of the others. Raises BadCertificate when that is not one."""
    issuers = {one.issuer.public_bytes() for one in found if one.issuer != one.subject}
    own = [one for one in dict.fromkeys(found) if one.subject.public_bytes() not in issuers]
    if len(own) != 1:
        raise BadCertificate(f"it holds {len(own)} certificates that are nobody's issuer; give each a file of its own")
    return own[0]


def weakness_of(certificate: x509.Certificate) -> str | None:
    """Why its key is not strong enough for anything here (notes: RSA from 2048 bits, P-256 and up); None when it is."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "its key is of a kind that is not known here"
    if isinstance(key, rsa.RSAPublicKey):
        return None if key.key_size >= LEAST_RSA else f"its RSA key has {key.key_size} bits; {LEAST_RSA} are needed"
    if isinstance(key, ec.EllipticCurvePublicKey):
        known = key.curve.name in CURVES
        return None if known else f"its key is on {key.curve.name}; use {', '.join(CURVES)}"
    return "its key is neither RSA nor on an elliptic curve"


def read_bundle(content: bytes, password: bytes | None) -> Bundle:
    """A P12 with exactly one key. Raises BadCertificate."""
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(content, password)
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate("it is no P12, or the password is another") from None
    if key is None or certificate is None:
        raise BadCertificate("a P12 must hold a private key and its certificate; this one lacks one of them")
    return Bundle(key, certificate, tuple(chain))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise BadCertificate("there is no such file") from None
    except OSError as error:
        raise BadCertificate(f"cannot be read: {(error.strerror or 'no reason is known').lower()}") from None
    if len(content) > MOST_BYTES:
        raise BadCertificate("it is larger than 256 KiB, which no certificate is")
    return content
