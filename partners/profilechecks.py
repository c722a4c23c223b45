"""What must fit together inside one profile, beside its agreements. Nothing here looks at a clock."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from partners.as2relations import As2Relation
from partners.certificatefiles import LEAST_RSA
from partners.filed import Filed
from partners.oauthchecks import check_oauth
from partners.profile import Partner, Plant
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
        yield from _check_sftp(one)
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


def _check_sftp(one: Filed[Partner]) -> Iterator[FileProblem]:
    sftp = one.profile.sftp
    assert sftp is not None
    mailbox, server = sftp.mailbox, sftp.server
    if mailbox is None and server is None:
        yield one.problem("sftp", "give it a `mailbox` (their account here), a `server` (theirs), or both", at_key=True)
    if mailbox is not None:
        if not mailbox.keys and mailbox.password is None:
            yield one.problem("sftp.mailbox", "nobody can log in; list `keys`, or name a `password`", at_key=True)
        yield from _check_ssh_keys(one, "sftp.mailbox.keys", mailbox.keys)
    if server is not None:
        if server.key is None and server.password is None:
            yield one.problem("sftp.server", "we cannot log in; name a `key` or a `password` of ours", at_key=True)
        if server.push is None and server.poll is None:
            yield one.problem(
                "sftp.server", "it is used for nothing; name a folder to `push` to or to `poll`", at_key=True
            )
        if server.push is not None and server.push.rstrip("/") == (server.poll or "").rstrip("/"):
            yield one.problem("sftp.server.poll", "we would fetch what we delivered; `push` and `poll` must differ")
        yield from _check_ssh_keys(one, "sftp.server.host_keys", server.host_keys)


def _check_ssh_keys(one: Filed[Partner], path: str, keys: tuple[str, ...]) -> Iterator[FileProblem]:
    for number, line in enumerate(keys):
        if line.startswith("sk-"):
            continue  # the key of a security token, which cryptography does not read
        try:
            key = load_ssh_public_key(line.encode())
        except (ValueError, UnsupportedAlgorithm):
            yield one.problem(
                f"{path}[{number}]", "this is no whole public key; copy the line of the `.pub` file again"
            )
            continue
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA:
            text = f"its RSA key has {key.key_size} bits; {LEAST_RSA} are needed, better an `ssh-ed25519`"
            yield one.problem(f"{path}[{number}]", text)


def _is_open_to_readers(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in _HERE
