"""The keys that a profile names for OpenPGP: enough of them for what is agreed, there, and public ones alone."""

from collections.abc import Iterator
from pathlib import Path

from partners.filed import Filed
from partners.profile import Partner
from translators.fileproblems import FileProblem

_PUBLIC, _SECRET = b"-----BEGIN PGP PUBLIC KEY BLOCK-----", b"-----BEGIN PGP PRIVATE KEY BLOCK-----"
_MOST_BYTES = 1 << 20


def check_pgp(one: Filed[Partner], folder: Path) -> Iterator[FileProblem]:
    """`folder`: where the certificates lie."""
    pgp = one.profile.sftp.pgp if one.profile.sftp is not None else None
    if pgp is None:
        return
    if not (pgp.receive.encrypted or pgp.receive.signed):
        text = "neither encrypted nor signed is nothing agreed; leave `pgp` away, or demand one of both"
        yield one.problem("sftp.pgp.receive", text)
    if pgp.receive.encrypted and not pgp.ours:
        yield one.problem("sftp.pgp", "they encrypt to us: name a secret key in `ours`", at_key=True)
    if pgp.receive.signed and not pgp.theirs:
        yield one.problem("sftp.pgp", "their files are signed: name their public key in `theirs`", at_key=True)
    for number, name in enumerate(pgp.theirs):
        wrong = _wrong_with(folder / name)
        if wrong is not None:
            yield one.problem(f"sftp.pgp.theirs[{number}]", f"`certificates/{name}`: {wrong}")


def _wrong_with(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        return (error.strerror or "cannot be read").lower()
    if _SECRET in content:
        return "it holds a private key, which must never leave its owner; ask for the public one"
    if _PUBLIC not in content or len(content) > _MOST_BYTES:
        return "it is no public key of OpenPGP in ASCII armor (`gpg --armor --export`)"
    return None
