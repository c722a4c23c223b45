"""The partners' folder of the demo: the shipped profiles, two partners with channels of their own, and their keys.

Nothing secret ships: keys and certificates are made on the first run and kept for the next.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from cryptography.x509.oid import NameOID

import partners
from gateway.channels.as2.cms.recipients import Recipient
from gateway.channels.as2.relation import Relation
from gateway.cli.demo.secret_files import write_secret
from partners.as2relations import As2Relation, As2Send
from partners.ownkeys import KeyPair

SHIPPED = Path(partners.__file__).parent
TEMPLATES = Path(__file__).with_name("partners")
YEARS = timedelta(days=3650)


class PartnerFiles:
    """`folder` is what GATEWAY_PARTNERS names, `ours` what GATEWAY_PARTNER_KEYS does; `theirs` the partners keep."""

    def __init__(self, folder: Path, ours: Path, theirs: Path) -> None:
        self.folder, self.ours, self.theirs = folder, ours, theirs

    def write(self, as2_url: str) -> None:
        """The profiles anew, as they ship; keys only where there are none."""
        for name in ("profiles", "plants"):
            shutil.copytree(SHIPPED / name, self.folder / name, dirs_exist_ok=True)
        (self.folder / "certificates").mkdir(exist_ok=True)
        _make_pair(self.ours, "bergmann")
        certificate = _make_pair(self.theirs, "werra")
        (self.folder / "certificates" / "werra.pem").write_bytes(certificate)
        filled = {"@url@": as2_url, "@key@": self._ssh_key()}
        for template in TEMPLATES.glob("*.yaml"):
            text = template.read_text()
            for place, value in filled.items():
                text = text.replace(place, value)
            (self.folder / "profiles" / template.name).write_text(text)

    @property
    def ssh_key_file(self) -> Path:
        return self.theirs / "tannhaus.ssh"

    def werra(self) -> Callable[[], Relation]:
        """The AS2 relation as Werra has it, at any moment."""
        key, certificate = _read_pair(self.theirs, "werra")
        us = x509.load_pem_x509_certificate((self.ours / "bergmann.crt").read_bytes())
        agreed = As2Relation(theirs="BERGMANN", ours="WERRA-EDI", send=As2Send(url="http://-"))

        def now() -> Relation:
            return Relation(
                partner="bergmann",
                agreed=agreed,
                at=datetime.now(UTC),
                pinned=(us,),
                encrypt_to=us,
                openers=(Recipient(certificate, key),),
                signer=KeyPair("werra", key, certificate),
            )

        return now

    def _ssh_key(self) -> str:
        """The public half as authorized_keys has it; the private one is made on the first run."""
        if not self.ssh_key_file.exists():
            made = ed25519.Ed25519PrivateKey.generate()
            write_secret(self.ssh_key_file, made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        key = load_ssh_private_key(self.ssh_key_file.read_bytes(), None)
        return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _make_pair(folder: Path, name: str) -> bytes:
    """`NAME.key` and `NAME.crt`, self-signed; the certificate as PEM."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{name}.crt"
    if not file.exists():
        key = rsa.generate_private_key(65537, 3072)
        subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
        builder = x509.CertificateBuilder(
            issuer_name=subject, subject_name=subject, public_key=key.public_key(),
            serial_number=x509.random_serial_number(), not_valid_before=now - timedelta(days=1),
            not_valid_after=now + YEARS,
        )  # fmt: skip
        write_secret(folder / f"{name}.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return file.read_bytes()


def _read_pair(folder: Path, name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
