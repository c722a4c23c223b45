"""Certificates made for a test: invented holders, real shapes."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2036, 1, 1, tzinfo=UTC)


@cache
def key(bits: int = 2048, which: str = "") -> Key:
    """An RSA key, or one on P-256 for 256 bits; the same for the same name, because making one takes long."""
    del which
    return ec.generate_private_key(ec.SECP256R1()) if bits == 256 else rsa.generate_private_key(65537, bits)


def certificate(
    name: str,
    *,
    of: Key | None = None,
    begins: datetime = BEGIN,
    ends: datetime = END,
    issuer: tuple[x509.Certificate, Key] | None = None,
) -> x509.Certificate:
    """Self-signed without an issuer."""
    of = of if of is not None else key(256, name)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    return builder.sign(issuer[1] if issuer else of, hashes.SHA256())


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def key_pem(one: Key) -> bytes:
    return one.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_pair(folder: Path, name: str, *, of: Key | None = None, **given: datetime) -> x509.Certificate:
    """`NAME.key` and `NAME.crt`, as the folder of our keys holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    of = of if of is not None else key(2048, name)
    made = certificate(name, of=of, **given)
    (folder / f"{name}.key").write_bytes(key_pem(of))
    (folder / f"{name}.crt").write_bytes(pem(made))
    return made


def write_mixture(folder: Path) -> None:
    """Certificates as partners send them, good and bad; tests/broken/partners names them."""
    folder.mkdir(parents=True, exist_ok=True)
    root_key = key(256, "root")
    root = certificate("root", of=root_key)
    theirs = key(2048, "acme")
    own = certificate("acme", of=theirs, issuer=(root, root_key))
    (folder / "acme.pem").write_bytes(pem(own))
    (folder / "acme-with-chain.pem").write_bytes(pem(root, own))
    (folder / "acme.der").write_bytes(own.public_bytes(Encoding.DER))
    (folder / "acme-next.pem").write_bytes(pem(certificate("acme", of=theirs, begins=BEGIN + timedelta(days=300))))
    (folder / "short.pem").write_bytes(pem(certificate("acme", of=theirs, ends=BEGIN + timedelta(days=30))))
    (folder / "weak.pem").write_bytes(pem(certificate("acme", of=key(1024))))
    (folder / "two.pem").write_bytes(pem(own, certificate("other")))
    (folder / "text.pem").write_text("please find our certificate attached\n")
    (folder / "with-key.pem").write_bytes(pem(own) + key_pem(key(256, "acme")))
    (folder / "secret.asc").write_text("-----BEGIN PGP PRIVATE KEY BLOCK-----\n")
    (folder / "curve.pem").write_bytes(pem(certificate("acme")))
