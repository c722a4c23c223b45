"""Keys and certificates for a look into a message: from files, or those of a partner's profile."""

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from gateway.channels.as2.cms.recipients import Recipient
from gateway.settings import read_settings
from partners import directory
from partners.certificatefiles import BadCertificate, certificates_in
from partners.ownkeys import OwnKeys

Found = tuple[list[Recipient], list[x509.Certificate]]


class CannotUse(Exception):  # noqa: N818 - a refusal of input, not a defect
    """A sentence about a file or a profile that gives nothing to look with."""


def of_files(
    keys: Sequence[Path], certificates: Sequence[Path], partners: Sequence[Path], passphrase: bytes | None
) -> Found:
    """Keys that open, certificates that verify. A PEM key needs its certificate: envelopes name keys by it."""
    bundles = [path for path in keys if path.suffix.lower() in (".p12", ".pfx")]
    pems = [path for path in keys if path not in bundles]
    ours = [certificate for path in certificates for certificate in _certificates(path)]
    found = [_bundle(path, passphrase) for path in bundles]
    for path in pems:
        key = _key(path, passphrase)
        own = [one for one in ours if one.public_key() == key.public_key()]
        if not own:
            raise CannotUse(f"{path}: no certificate given with --cert belongs to this key")
        found += [Recipient(one, key) for one in own]
    return found, [certificate for path in partners for certificate in _certificates(path)]


def of_profile(partner: str) -> Found:
    """All of them, in their time or not: the look tells which is too old."""
    settings = read_settings(os.environ)
    profiles = directory.load(settings.partners)
    profile = profiles.partners.get(partner)
    if profile is None:
        raise CannotUse(f"there is no profile `{partner}` in {settings.partners}")
    if profile.as2 is None:
        raise CannotUse(f"the profile `{partner}` has no AS2 relation")
    own, keys = OwnKeys(settings.partner_keys), []
    for entry in profile.as2.keys:
        if "decrypt" in entry.use:
            try:
                pair = own.pair(entry.name)
            except BadCertificate as problem:
                raise CannotUse(str(problem)) from None
            if isinstance(pair.key, RSAPrivateKey):
                keys.append(Recipient(pair.certificate, pair.key))
    return keys, [dated.certificate for dated in profiles.timeline(partner).of("verify")]


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return certificates_in(path.read_bytes())
    except BadCertificate as problem:
        raise CannotUse(f"{path}: {problem}") from None


def _key(path: Path, passphrase: bytes | None) -> RSAPrivateKey:
    content = path.read_bytes()
    try:
        key = load_pem_private_key(content, passphrase if b"ENCRYPTED" in content else None)
    except TypeError:
        raise CannotUse(f"{path}: the key has a passphrase: --passphrase-file, or GATEWAY_AS2_PASSPHRASE") from None
    except (ValueError, UnsupportedAlgorithm):
        told = "the passphrase is another, or it is" if b"ENCRYPTED" in content else "it is"
        raise CannotUse(f"{path}: {told} no private key in PEM") from None
    return _rsa(path, key)


def _bundle(path: Path, passphrase: bytes | None) -> Recipient:
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(path.read_bytes(), passphrase)
    except (ValueError, UnsupportedAlgorithm):
        raise CannotUse(f"{path}: the passphrase is another, or it is no P12") from None
    if certificate is None:
        raise CannotUse(f"{path}: the P12 holds no certificate of its key")
    return Recipient(certificate, _rsa(path, key))


def _rsa(path: Path, key: object) -> RSAPrivateKey:
    if not isinstance(key, RSAPrivateKey):
        raise CannotUse(f"{path}: only RSA keys open AS2 envelopes, and this is none")
    return key
