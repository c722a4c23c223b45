"""Our keys towards partners, by name in the operators' folder (GATEWAY_PARTNER_KEYS): `NAME.key` beside `NAME.crt`.

keys = OwnKeys(settings.partner_keys)
keys.usable(partner.as2, "decrypt", now())   any of these opens what came
keys.current(partner.as2, "sign", now())     this one signs what goes, or None
"""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from msgspec import Struct

from partners.as2relations import As2Relation
from partners.certificatefiles import BadCertificate, certificates_in, weakness_of
from partners.certificates import OwnKey, OwnUse

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyPair(Struct, frozen=True):
    """A key of ours with its certificate and those above it."""

    name: str
    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:
        return f"KeyPair({self.name!r})"


class _Held(Struct, frozen=True):
    """A pair as its files were when they were `seen` (time and size), and when its certificate is `valid`."""

    files: tuple[str, ...]
    seen: tuple[tuple[int, int], ...]
    pair: KeyPair
    valid: tuple[datetime, datetime]


class OwnKeys:
    """Reads a pair when it is first asked for, and again when one of its files has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pairs: dict[str, _Held] = {}

    def pair(self, name: str) -> KeyPair:
        """Raises BadCertificate with the file and a sentence."""
        return self._held(name).pair

    def _held(self, name: str) -> "_Held":
        held = self._pairs.get(name)
        files = (
            held.files if held is not None else tuple(str(self.folder / f"{name}.{ends}") for ends in ("key", "crt"))
        )
        try:
            seen = tuple((stat.st_mtime_ns, stat.st_size) for stat in map(os.stat, files))
            if held is not None and held.seen == seen:
                return held
            pair = read_pair(name, *(Path(file).read_bytes() for file in files))
        except OSError as error:
            reason = (error.strerror or "no reason is known").lower()
            raise BadCertificate(f"{error.filename}: cannot be read: {reason}") from None
        except BadCertificate as problem:
            raise BadCertificate(f"{self.folder / name}: {problem}") from None
        valid = (pair.certificate.not_valid_before_utc, pair.certificate.not_valid_after_utc)
        held = self._pairs[name] = _Held(files, seen, pair, valid)
        return held

    def usable(
        self,
        relation: As2Relation,
        use: OwnUse,
        at: datetime,
        *,
        early: timedelta = timedelta(),
    ) -> tuple[KeyPair, ...]:
        """Inbound: every pair in its time, or that will be within `early`, the one whose time began last first. Raises
        BadCertificate."""
        found = []
        for entry in _for(relation.keys, use):
            held = self._held(entry.name)
            begins, ends = _narrowed(entry, *held.valid)
            if begins - early <= at < ends:
                found.append((begins, held.pair))
        return tuple(pair for _, pair in sorted(found, key=lambda one: one[0], reverse=True))

    def current(self, relation: As2Relation, use: OwnUse, at: datetime) -> KeyPair | None:
        """Outbound: of those in their time the one whose time began last. Raises BadCertificate."""
        return next(iter(self.usable(relation, use, at)), None)


def time_of(entry: OwnKey, certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """When both the profile and the certificate itself let it be used."""
    return _narrowed(entry, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _narrowed(entry: OwnKey, begins: datetime, ends: datetime) -> tuple[datetime, datetime]:
    return (
        begins if entry.from_ is None else max(begins, entry.from_.at),
        ends if entry.until is None else min(ends, entry.until.at),
    )


def _for(entries: Iterable[OwnKey], use: OwnUse) -> list[OwnKey]:
    return [one for one in entries if use in one.use]


def read_pair(name: str, key_pem: bytes, certificate_pem: bytes) -> KeyPair:
    """Of the content of both files. Raises BadCertificate."""
    try:
        key = load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadCertificate("the `.key` is no private key in PEM without a password") from None
    certificate, *chain = certificates_in(certificate_pem)
    weakness = weakness_of(certificate)
    if weakness is not None:
        raise BadCertificate(weakness)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) or not _belong(key, certificate):
        raise BadCertificate("the `.key` does not belong to the first certificate of the `.crt`")
    return KeyPair(name, key, certificate, tuple(chain))


def _belong(key: PrivateKey, certificate: x509.Certificate) -> bool:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form) == certificate.public_key().public_bytes(*form)
