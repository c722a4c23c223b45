"""Files that partners protect with OpenPGP, as their profiles say: opened before anything else looks at them."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.channels.sftp.pgptasks import Answer, Task
from gateway.clock import now_text
from gateway.ledger.membership import encoded_leaf
from gateway.ledger.states import Event
from gateway.observing import log_change
from gateway.submissions import Rejection
from partners.directory import Directory
from partners.sftpaccounts import Pgp

SECONDS = 90.0
AT_ONCE = 2
"""Files a process opens beside each other."""
_ARMOR = b"-----BEGIN PGP "
_TAGS = frozenset({1, 2, 3, 4, 8, 11})
"""First packets of a message: session keys, signatures, compressed and literal data (RFC 9580 section 5)."""


class Unopened(Exception):  # noqa: N818 - a state of ours, not a defect
    """We cannot open anything at the moment; the file may be whole and well."""


class Unwrapped(Struct, frozen=True):
    """`content` is what was in the file, or the file itself where it is not protected or was not opened.

    `cut`: what is missing, as a clause; the file may be whole later. `refused`: why it is not taken. `signed_by`:
    fingerprints; `encrypted` and they say what held.
    """

    content: bytes
    cut: str | None = None
    refused: Rejection | None = None
    encrypted: bool = False
    signed_by: tuple[str, ...] = ()


class PgpDesk:
    """Knows the keys. `certificates`: folder of partners' public keys; `most`: bytes of one file."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        keys: Path,
        certificates: Path,
        most: int,
        note: Callable[[bytes, UUID], Awaitable[None]],
    ) -> None:
        self._directory = directory
        self._keys = keys
        self._certificates = certificates
        self._most = most
        self._note = note
        self._room = asyncio.Semaphore(AT_ONCE)

    async def unwrap(self, partner: str, content: bytes) -> Unwrapped:
        """Raises Unopened."""
        profile = self._directory().partners.get(partner)
        pgp = profile.sftp.pgp if profile is not None and profile.sftp is not None else None
        if pgp is None:
            return Unwrapped(content)
        if not is_protected(content):
            return Unwrapped(content, refused=_plain(pgp))
        async with self._room:
            answer, plain = await self._opened(pgp, content)
        match answer.failed:
            case None:
                refused = _lacking(pgp, answer)
                return Unwrapped(content if refused else plain, None, refused, answer.encrypted, answer.signed_by)
            case "cut":
                return Unwrapped(content, cut="it is one of OpenPGP, and its end has not come")
            case "signature":
                return Unwrapped(content, refused=_SIGNATURE if pgp.receive.signed else _NOT_ENCRYPTED)
            case "large":
                return Unwrapped(content, refused=_large(self._most))
            case "keys":
                log_change(
                    "pgp.key_unusable", level=logging.ERROR, partner=partner, name=Path(answer.detail or "").name
                )
                raise Unopened
            case _:
                return Unwrapped(content, refused=_CLOSED)

    async def tell(self, partner: str, file: bytes, unwrapped: Unwrapped, message: UUID) -> None:
        """On record, beside the message: what protected the file it came in."""
        if unwrapped.content is file:
            return
        leaf: dict[str, object] = {
            "event": Event.PGP_FILE_OPENED, "at": now_text(), "partner": partner, "message": str(message),
            "content": f"sha256:{sha256(file).hexdigest()}", "encrypted": unwrapped.encrypted,
            "signed_by": list(unwrapped.signed_by),
        }  # fmt: skip
        await self._note(encoded_leaf(leaf), message)

    async def _opened(self, pgp: Pgp, content: bytes) -> tuple[Answer, bytes]:
        """By the program of openpgp.py, which may not live through what it is given."""
        task = Task(
            secret=tuple(str((self._keys / name).resolve()) for name in pgp.ours),
            public=tuple(str((self._certificates / name).resolve()) for name in pgp.theirs),
            most=self._most,
        )
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-m", "gateway.channels.sftp.openpgp", env={},
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            log_change("pgp.not_started", level=logging.ERROR, reason=error.strerror)
            raise Unopened from None
        try:
            async with asyncio.timeout(SECONDS):
                told, _ = await process.communicate(msgspec.json.encode(task) + b"\n" + content)
        except TimeoutError:
            return Answer("closed"), b""
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        head, newline, plain = told.partition(b"\n")
        if not newline:  # it was killed by a limit: the file is the cause
            return Answer("large"), b""
        return msgspec.json.decode(head, type=Answer), plain


def is_protected(content: bytes) -> bool:
    """By its first bytes."""
    start = content[:4096].lstrip()
    if start.startswith(_ARMOR):
        return True
    if not content or not content[0] & 0x80:
        return False
    first = content[0]
    return (first & 0x3F if first & 0x40 else first >> 2 & 0x0F) in _TAGS


_CLOSED = Rejection(code="pgp.not_opened", text="none of our keys opens the file to something whole")
_SIGNATURE = Rejection(code="pgp.signature", text="the file has no signature that holds by a key of the profile")
_PACKED = Rejection(
    code="pgp.signature",
    text="the file is compressed inside its encryption, so its signature cannot be verified here",
    act="send it without compression: gpg --compress-algo none",
)
_NOT_ENCRYPTED = Rejection(code="pgp.required", text="the file is not encrypted, and the agreement wants it so")


def _large(most: int) -> Rejection:
    return Rejection(code="pgp.not_opened", text=f"the file unpacks to more than {most} bytes, or to no end")


def _plain(pgp: Pgp) -> Rejection:
    wanted = [word for word, is_wanted in (("encrypted", pgp.receive.encrypted), ("signed", pgp.receive.signed)) if
              is_wanted]  # fmt: skip
    text = f"the file is no file of OpenPGP, and the agreement wants it {' and '.join(wanted)}"
    return Rejection(code="pgp.required", text=text)


def _lacking(pgp: Pgp, answer: Answer) -> Rejection | None:
    if pgp.receive.encrypted and not answer.encrypted:
        return _NOT_ENCRYPTED
    if pgp.receive.signed and not answer.signed_by:
        return _PACKED if answer.packed else _SIGNATURE
    return None
