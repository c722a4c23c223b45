"""What must fit together in a partner's SFTP: its account here, its own server, and what we fetch from there."""

from collections.abc import Iterator

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from partners.certificatefiles import LEAST_RSA
from partners.filed import Filed
from partners.profile import Partner
from partners.sftpaccounts import TEMPORARY, SftpServer
from translators.fileproblems import FileProblem

SELDOM, OFTEN = 86_400, 5
"""Seconds between two looks, at most and at least: each is a login at their server."""
_OF_POLLING = ("pattern", "every", "ready", "settle", "after_pickup", "after_refusal")


def check_sftp(one: Filed[Partner]) -> Iterator[FileProblem]:
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
        yield from _check_server(one, server)


def _check_server(one: Filed[Partner], server: SftpServer) -> Iterator[FileProblem]:
    if server.key is None and server.password is None:
        yield one.problem("sftp.server", "we cannot log in; name a `key` or a `password` of ours", at_key=True)
    if server.push is None and server.poll is None:
        yield one.problem("sftp.server", "it is used for nothing; name a folder to `push` to or to `poll`", at_key=True)
    if server.push is not None and _same(server.push, server.poll):
        yield one.problem("sftp.server.poll", "we would fetch what we delivered; `push` and `poll` must differ")
    yield from _check_ssh_keys(one, "sftp.server.host_keys", server.host_keys)
    if server.poll is not None:
        yield from _check_polling(one, server)
        return
    for name in _OF_POLLING:
        if one.says(f"sftp.server.{name}"):
            text = f"nothing is fetched; name the folder to `poll`, or leave `{name}` away"
            yield one.problem(f"sftp.server.{name}", text, at_key=True)


def _check_polling(one: Filed[Partner], server: SftpServer) -> Iterator[FileProblem]:
    path = "sftp.server"
    if "/" in server.pattern:
        yield one.problem(f"{path}.pattern", "a pattern is about names in the folder itself; write it without `/`")
    elif TEMPORARY.fullmatch(server.pattern.replace("*", "x").replace("?", "x")):
        text = f"files called `{server.pattern}` are still being written, as every such name says; none is ever fetched"
        yield one.problem(f"{path}.pattern", text)
    if not OFTEN <= server.every.seconds <= SELDOM:
        text = f"each look is a login at their server; use {OFTEN}s to {SELDOM // 86_400}d"
        yield one.problem(f"{path}.every", text)
    if server.ready != "settled" and one.says(f"{path}.settle"):
        text = f"with `ready: {server.ready}` no file waits until it has settled; leave `settle` away"
        yield one.problem(f"{path}.settle", text, at_key=True)
    ending = server.ready.partition("marker:")[2]
    if ending and server.pattern.endswith(ending):
        text = f"`{server.pattern}` fits the markers, which are never fetched, and no file that one lies beside"
        yield one.problem(f"{path}.pattern", text)
    for name, rule in (("after_pickup", server.after_pickup), ("after_refusal", server.after_refusal)):
        folder = (rule or "").partition("move:")[2]
        if folder and _same(folder, server.poll):
            yield one.problem(f"{path}.{name}", "what is moved to `poll` is fetched again; name another folder")
        elif folder and _same(folder, server.push):
            yield one.problem(f"{path}.{name}", "what we deliver lies in `push`; name another folder")


def _same(folder: str, other: str | None) -> bool:
    return other is not None and folder.rstrip("/") == other.rstrip("/")


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
