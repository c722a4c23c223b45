"""The certificates a profile names: there, readable, strong enough, and with some time to be used in."""

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from partners.certificatefiles import BadCertificate, read_certificate
from partners.filed import Filed
from partners.profile import Partner
from partners.profilechecks import check_times
from partners.timelines import Dated, dated
from translators.fileproblems import FileProblem


def read_certificates(one: Filed[Partner], folder: Path, problems: list[FileProblem]) -> list[Dated]:
    """Those of one partner, from `folder`; what is wrong is added to `problems`.

    One that has expired is none of it: time alone must not keep a gateway from starting. `partner check` warns of it.
    """
    found: list[Dated] = []
    for number, entry in enumerate(one.profile.certificates):
        path = f"certificates[{number}]."
        backwards = list(check_times(one, path, entry))
        problems += backwards
        try:
            certificate = read_certificate(folder / entry.file)
        except BadCertificate as problem:
            problems.append(one.problem(f"{path}file", f"`certificates/{entry.file}`: {problem}"))
            continue
        if "encrypt" in entry.use and not isinstance(certificate.public_key(), rsa.RSAPublicKey):
            text = f"`certificates/{entry.file}`: its key is not RSA; nothing can be encrypted to it here"
            problems.append(one.problem(f"{path}file", text))
        here = dated(entry, certificate)
        problems += () if backwards else _check_time(one, path, here)
        found.append(here)
    problems += _check_doubles(one, found)
    return found


def _check_time(one: Filed[Partner], path: str, here: Dated) -> Iterator[FileProblem]:
    if here.begins >= here.ends:
        begins, ends = here.certificate.not_valid_before_utc, here.certificate.not_valid_after_utc
        text = f"never used: the certificate itself is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
        yield one.problem(f"{path}file", text)


def _check_doubles(one: Filed[Partner], found: list[Dated]) -> Iterator[FileProblem]:
    """The same use of the same certificate twice, by whatever file."""
    seen: set[tuple[str, bytes]] = set()
    for number, each in enumerate(found):
        for use in each.use:
            key = (use, each.certificate.public_bytes(Encoding.DER))
            if key in seen:
                yield one.problem(f"certificates[{number}].file", f"this certificate is already there for `{use}`")
            seen.add(key)
