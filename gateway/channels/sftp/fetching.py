"""What we do in a folder of a partner's server: list it, read a file of it, clear a file away.

Whatever their server says is a claim of a stranger: listings end, sizes are held against what comes, a name is never a
path of ours.
"""

import asyncio
import stat
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import cast

import asyncssh
from msgspec import Struct

from gateway.channels.sftp.names import BadName, checked
from gateway.ledger.pickups import SeenFile

MOST_LISTED = 20_000
LIST_SECONDS = 60.0
REQUEST_SECONDS = 30.0
SLOWEST = 32 * 1024
"""Bytes a second: a file that comes more slowly does not come."""
_MOST_REASON = 200
_SHOWN = 80

LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, ConnectionError)
"""What says nothing of a file: the server is away."""


class CannotLook(Exception):  # noqa: N818 - a state of the world, not a defect
    """The folder cannot be looked at; a sentence for operators. `shown` may go into logs and the audit."""

    def __init__(self, shown: str, reason: str = "") -> None:
        super().__init__(f"{shown}: {reason}" if reason else shown)
        self.shown = shown


class CannotTake(Exception):  # noqa: N818 - a state of the world, not a defect
    """A file cannot be read or cleared away. `lasting`: waiting does not help. `shown` may go into logs and the audit:
    it holds no word of theirs."""

    def __init__(self, shown: str, reason: str = "", *, lasting: bool = False) -> None:
        super().__init__(f"{shown}: {reason}" if reason else shown)
        self.shown = shown
        self.lasting = lasting


class ListedFile(Struct, frozen=True):
    """`raw` is its name as their server has it; `bad` says why we take no file of that name."""

    seen: SeenFile
    raw: bytes
    bad: str | None = None


class Listing(Struct, frozen=True):
    """Files alone. `whole`: nothing was left out because it was too much."""

    files: tuple[ListedFile, ...]
    whole: bool


async def list_folder(client: asyncssh.SFTPClient, folder: str) -> Listing:
    """Links and folders are left out: who could make one could have us take what was not meant for us. Raises
    CannotLook, or one of LOST."""
    found: list[ListedFile] = []
    count = 0
    async with _saying(f"the folder `{folder}` cannot be listed", LIST_SECONDS):
        async for entry in client.scandir(folder.encode()):
            count += 1
            if count > MOST_LISTED:
                return Listing(tuple(found), whole=False)
            raw = entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode()
            if raw in (b".", b".."):
                continue
            name, bad = _named(raw)
            attrs = entry.attrs if bad is not None else await _whole(client, folder, raw, entry.attrs)
            if attrs is not None and _is_file(attrs):
                seen = SeenFile(name, min(attrs.size or 0, 2**62), _time(attrs))
                found.append(ListedFile(seen, raw, bad))
    return Listing(tuple(found), whole=True)


async def read_file(client: asyncssh.SFTPClient, path: bytes, file: ListedFile, most: int) -> bytes | None:
    """All of it; None when it is not there any more. `most`: bytes we take. Raises CannotTake, or one of LOST."""
    seen = file.seen
    if file.bad is not None:
        raise CannotTake(f"its name cannot be taken: {file.bad}", lasting=True)
    if seen.size > most:
        raise CannotTake(f"it has {seen.size} bytes, and a file has at most {most} here", lasting=True)
    try:
        async with asyncio.timeout(REQUEST_SECONDS + seen.size / SLOWEST):
            async with client.open(path, asyncssh.FXF_READ, encoding=None) as handle:
                content = cast(bytes, await handle.read(seen.size + 1, 0))
            after = await client.lstat(path)
    except asyncssh.SFTPNoSuchFile:
        return None
    except asyncssh.SFTPPermissionDenied as error:
        raise CannotTake("we may not read it", _reason(error)) from None
    except LOST:
        raise
    except asyncssh.SFTPError as error:
        raise CannotTake("it cannot be read", _reason(error)) from None
    except TimeoutError:
        raise CannotTake(f"it does not come within {REQUEST_SECONDS + seen.size / SLOWEST:.0f} s") from None
    if len(content) != seen.size or (after.size, _time(after)) != (seen.size, seen.modified):
        raise CannotTake("it changed while it was read, or their server lists another size than it has")
    return content


async def is_still(client: asyncssh.SFTPClient, path: bytes, seen: SeenFile) -> bool:
    """Whether the very file lies there. Raises CannotTake, or one of LOST."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            attrs = await client.lstat(path)
    except asyncssh.SFTPNoSuchFile:
        return False
    except LOST:
        raise
    except (asyncssh.SFTPError, TimeoutError) as error:
        raise CannotTake("it is on record, and cannot be looked at any more", _reason(error)) from None
    return (attrs.size, _time(attrs)) == (seen.size, seen.modified)


async def delete(client: asyncssh.SFTPClient, path: bytes) -> None:
    """Harmless where it is gone. Raises CannotTake, or one of LOST."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            await client.remove(path)
    except asyncssh.SFTPNoSuchFile:
        return
    except LOST:
        raise
    except (asyncssh.SFTPError, TimeoutError) as error:
        raise CannotTake("it is on record, and cannot be deleted there", _reason(error)) from None


async def move(client: asyncssh.SFTPClient, path: bytes, targets: tuple[bytes, ...]) -> None:
    """To the first of these names that is free: nothing is ever overwritten. Raises CannotTake, or one of LOST."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            for target in targets:
                if not await client.exists(target):
                    await client.rename(path, target)
                    return
    except LOST:
        raise
    except (asyncssh.SFTPError, TimeoutError) as error:
        raise CannotTake("it is on record, and cannot be moved there", _reason(error)) from None
    raise CannotTake("it is on record, and cannot be moved there", "another file has its name in that folder")


def _named(raw: bytes) -> tuple[str, str | None]:
    """A name as text, and what is wrong with it."""
    try:
        return checked(raw), None
    except BadName as error:
        return _printable(raw), str(error)


async def _whole(
    client: asyncssh.SFTPClient, folder: str, raw: bytes, attrs: asyncssh.SFTPAttrs
) -> asyncssh.SFTPAttrs | None:
    """What a terse listing leaves out is asked for; None where it is gone, or not told."""
    if attrs.size is not None and attrs.mtime is not None and _says_what_it_is(attrs):
        return attrs
    try:
        return await client.lstat(folder.encode() + b"/" + raw)
    except LOST:
        raise
    except asyncssh.SFTPError:
        return None


def _time(attrs: asyncssh.SFTPAttrs) -> int:
    return attrs.mtime or 0


def _says_what_it_is(attrs: asyncssh.SFTPAttrs) -> bool:
    return attrs.permissions is not None or attrs.type != asyncssh.FILEXFER_TYPE_UNKNOWN


def _is_file(attrs: asyncssh.SFTPAttrs) -> bool:
    if attrs.permissions is not None and stat.S_IFMT(attrs.permissions):
        return stat.S_ISREG(attrs.permissions)
    return attrs.type == asyncssh.FILEXFER_TYPE_REGULAR


def _printable(raw: bytes) -> str:
    """A name that is none, as operators can be shown it: different ones stay different."""
    text = raw[:_SHOWN].decode(errors="backslashreplace")
    shown = "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{ord(c):04x}" for c in text)
    return shown if len(raw) <= _SHOWN else f"{shown}… {sha256(raw).hexdigest()[:8]}"


def _reason(error: BaseException) -> str:
    """What their server said, on one line."""
    said = getattr(error, "reason", None) or ("no answer" if isinstance(error, TimeoutError) else type(error).__name__)
    return "".join(c for c in str(said)[:_MOST_REASON] if unicodedata.category(c)[0] != "C")


@asynccontextmanager
async def _saying(shown: str, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except LOST:
        raise
    except asyncssh.SFTPNoSuchFile:
        raise CannotLook(shown, "there is none of this name") from None
    except (asyncssh.SFTPError, TimeoutError) as error:
        raise CannotLook(shown, _reason(error)) from None
