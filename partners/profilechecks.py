"""What must fit together inside one profile, beside its agreements. Nothing here looks at a clock."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from partners.as2relations import As2Relation
from partners.filed import Filed
from partners.oauthchecks import check_oauth
from partners.profile import Partner, Plant
from partners.sftpchecks import check_sftp
from translators.fileproblems import FileProblem

_HERE = ("127.0.0.1", "::1", "localhost")


def check_profile(one: Filed[Any]) -> Iterator[FileProblem]:
    """A partner or a plant."""
    profile = one.profile
    if one.file.path.stem != profile.id:
        yield one.problem("id", f"the file must be named after its id: `{profile.id}.yaml`")
    yield from check_times(one, "", profile)
    if isinstance(profile, Plant) and not profile.identifiers.gln:
        yield one.problem("identifiers", "a plant needs a `gln`, or nothing that is shipped to it finds it")
    if isinstance(profile, Partner):
        yield from _check_channels(one)
        yield from check_oauth(one)


def check_times(one: Filed[Any], path: str, entry: Any) -> Iterator[FileProblem]:
    """`from` and `until` of anything that has them."""
    if entry.from_ is not None and entry.until is not None and entry.until.at <= entry.from_.at:
        yield one.problem(f"{path}until", "`until` must be later than `from`")


def _check_channels(one: Filed[Partner]) -> Iterator[FileProblem]:
    profile = one.profile
    if not (profile.clients or profile.as2 or profile.sftp or profile.webhook):
        yield one.problem("id", "it can neither send nor receive; give it `clients`, `as2`, `sftp` or a `webhook`")
    if profile.as2 is not None:
        yield from _check_as2(one, profile.as2)
    if profile.sftp is not None:
        yield from check_sftp(one)
    if profile.webhook is not None and _is_open_to_readers(profile.webhook.url):
        yield one.problem("webhook.url", "a webhook is sent over https only")


def _check_as2(one: Filed[Partner], as2: As2Relation) -> Iterator[FileProblem]:
    uses = {use for certificate in one.profile.certificates for use in certificate.use}
    ours = {use for key in as2.keys for use in key.use}
    needs: list[tuple[bool, str, bool, str]] = [
        (as2.receive.signed, "as2", "verify" in uses, "their messages are signed: add a certificate with `verify`"),
        (
            as2.receive.encrypted,
            "as2",
            "decrypt" in ours,
            "they encrypt to us: name a key with `decrypt` in `as2.keys`",
        ),
    ]
    if as2.send is not None:
        needs += [
            (as2.send.cipher is not None, "as2.send", "encrypt" in uses,
             "we encrypt to them: add a certificate with `encrypt`, or say how else in `cipher`"),
            (as2.send.digest is not None, "as2.send", "sign" in ours,
             "we sign what we send: name a key with `sign` in `as2.keys`"),
            (as2.send.receipt != "none" and as2.send.receipt_signed, "as2.send", "verify" in uses,
             "their receipts are signed: add a certificate with `verify`"),
        ]  # fmt: skip
        if as2.send.cipher is None and _is_open_to_readers(as2.send.url):
            yield one.problem("as2.send.url", "without a `cipher` everybody on the way reads it; use https")
    said: set[str] = set()
    for needed, path, given, text in needs:
        remedy = text.partition(": ")[2]
        if needed and not given and remedy not in said:
            said.add(remedy)
            yield one.problem(path, text, at_key=True)
    for number, key in enumerate(as2.keys):
        yield from check_times(one, f"as2.keys[{number}].", key)


def _is_open_to_readers(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in _HERE
