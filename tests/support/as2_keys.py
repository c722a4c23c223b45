"""Keys and certificates of invented partners, made once for a run."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec import Struct

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
"""When everything in these tests happens."""


class Holder(Struct, frozen=True):
    """Somebody with a key and a self-signed certificate, as AS2 partners have."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@lru_cache
def holder(
    name: str,
    kind: str = "rsa2048",
    *,
    begins: datetime = NOW - timedelta(days=100),
    ends: datetime = NOW + timedelta(days=200),
) -> Holder:
    """`kind` is `rsa` with bits, or a curve of `ec` by its name, as in `secp256r1`."""
    if kind.startswith("rsa"):
        key = rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))
    else:
        key = ec.generate_private_key(getattr(ec, kind.upper())())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return Holder(key, certificate)
