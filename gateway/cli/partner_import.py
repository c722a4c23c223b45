"""`partner import`: a certificate as a partner sent it, or a key of ours as a P12, as files that a profile can name."""

import argparse
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.partner_certificates import keys_option
from gateway.cli.telling import Impossible, carefully, json_option, partners_option, safe, tell_json
from partners.certificatefiles import (
    MOST_BYTES,
    BadCertificate,
    certificates_in,
    own_certificate,
    read_bundle,
    weakness_of,
)
from partners.filed import read_folder
from partners.ownkeys import read_pair
from partners.profile import Partner

PASSPHRASE = "PARTNER_IMPORT_PASSPHRASE"  # noqa: S105 - the name of a variable


def add_verb(verbs: Any) -> None:
    taken = verbs.add_parser("import", help="take a certificate (PEM, DER, P7B) or our key (P12) into the folders")
    taken.add_argument("file", metavar="FILE", type=Path, help="as it was sent")
    taken.add_argument(
        "--partner", metavar="ID", required=True, help="whose certificate it is, or towards whom our key is used"
    )
    taken.add_argument("--as", metavar="NAME", dest="name", help="default: ID and the day from which it is valid")
    taken.add_argument(
        "--passphrase-file", type=Path, metavar="FILE",
        help=f"of a P12; or in the environment as {PASSPHRASE}, never on the command line",
    )  # fmt: skip
    partners_option(taken)
    keys_option(taken)
    json_option(taken)
    taken.set_defaults(run=carefully(_import))


def _import(chosen: argparse.Namespace) -> int:
    partner = _partner(chosen)
    with chosen.file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Impossible(f"{chosen.file}: it is larger than 256 KiB, which no certificate is")
    try:
        is_bundle = chosen.file.suffix.lower() in (".p12", ".pfx")
        certificate, files, snippet = (_key if is_bundle else _certificate)(chosen, partner, content)
    except BadCertificate as problem:
        raise Impossible(f"{chosen.file}: {problem}") from None
    told = {
        "files": [str(file) for file in files],
        "holder": certificate.subject.rfc4514_string(),
        "begins": certificate.not_valid_before_utc,
        "ends": certificate.not_valid_after_utc,
        "sha256": certificate.fingerprint(SHA256()).hex(),
        "profile": snippet,
    }
    if chosen.json:
        tell_json({"ok": True, **told})
        return 0
    for file in files:
        print(file)
    print(safe(f"{told['holder']}, valid {told['begins']:%Y-%m-%d} to {told['ends']:%Y-%m-%d}"))
    print(f"SHA-256 {told['sha256']}: compare it with the partner by another way than the file came")
    print(f"in profiles/{partner.id}.yaml: {snippet}")
    return 0


def _partner(chosen: argparse.Namespace) -> Partner:
    """Whatever else is wrong in the folder: a profile may name the very file that is to be imported."""
    found = {one.profile.id: one.profile for one in read_folder(chosen.partners / "profiles", Partner, [])}
    if chosen.partner not in found:
        raise Impossible(f"there is no profile of `{chosen.partner}` that can be read; there are: {', '.join(found)}")
    return found[chosen.partner]


def _certificate(
    chosen: argparse.Namespace, partner: Partner, content: bytes
) -> tuple[x509.Certificate, list[Path], str]:
    found = certificates_in(content)
    own = own_certificate(found)
    if (weakness := weakness_of(own)) is not None:
        raise BadCertificate(weakness)
    name = f"{_name(chosen, partner, own)}.pem"
    file = chosen.partners / "certificates" / name
    above = [one for one in found if one != own]
    _write(file, b"".join(one.public_bytes(Encoding.PEM) for one in (own, *above)), mode=0o644)
    uses = [use for entry in partner.certificates if entry.file == name for use in entry.use]
    if uses:
        return own, [file], f"it is named there for {', '.join(uses)}"
    return own, [file], f"under `certificates`: - {{use: [verify, encrypt], file: {name}, from: DATE}}"


def _key(chosen: argparse.Namespace, partner: Partner, content: bytes) -> tuple[x509.Certificate, list[Path], str]:
    if chosen.keys is None:
        raise Impossible("a P12 holds a key of ours: name its folder in GATEWAY_PARTNER_KEYS or `--keys`")
    bundle = read_bundle(content, _passphrase(chosen))
    name = _name(chosen, partner, bundle.certificate)
    key = bundle.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (bundle.certificate, *bundle.chain))
    read_pair(name, key, chain)
    files = [chosen.keys / f"{name}.key", chosen.keys / f"{name}.crt"]
    _write(files[0], key, mode=0o600)
    _write(files[1], chain, mode=0o644)
    uses = [use for entry in (partner.as2.keys if partner.as2 is not None else ()) if entry.name == name
            for use in entry.use]  # fmt: skip
    if uses:
        return bundle.certificate, files, f"it is named there for {', '.join(uses)}"
    return bundle.certificate, files, f"under `as2.keys`: - {{use: [sign, decrypt], name: {name}, from: DATE}}"


def _passphrase(chosen: argparse.Namespace) -> bytes | None:
    if chosen.passphrase_file is not None:
        return bytes(chosen.passphrase_file.read_bytes().rstrip(b"\r\n"))
    given = os.environ.get(PASSPHRASE)
    return given.encode() if given else None


def _name(chosen: argparse.Namespace, partner: Partner, certificate: x509.Certificate) -> str:
    name = chosen.name or f"{partner.id}-{certificate.not_valid_before_utc:%Y-%m-%d}"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,90}", name):
        raise Impossible(f"`{name}` is no name for a file here; use letters, digits, `.`, `_` and `-`")
    return str(name)


def _write(file: Path, content: bytes, *, mode: int) -> None:
    """Whole or not at all, and never over something else: a certificate in use is not changed under its name."""
    if file.exists():
        if file.read_bytes() == content:
            return
        raise Impossible(f"{file} is there already with another content; choose another name with `--as`")
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=file.parent, prefix=".importing-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(mode)
        os.link(beside, file)
    except FileExistsError:
        raise Impossible(f"{file} has come meanwhile; nothing was changed") from None
    finally:
        Path(beside).unlink(missing_ok=True)
