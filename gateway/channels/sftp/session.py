"""An SFTP session as asyncssh runs it, cut down to what a mailbox is, and told apart where it ends.

asyncssh closes every handle that is open when a client vanishes, with the very call that an orderly close makes. Here
the two differ: `abandon` is called first when a session ends, and only a CLOSE that came over the wire is `close`.

The classes below are asyncssh's own, not of its documented interface; tests/gateway/channels/sftp/test_cut.py cuts a
connection at every request and would tell if a new version ended sessions in another way.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, cast

import asyncssh
from asyncssh.constants import (
    FXP_CLOSE,
    FXP_FSETSTAT,
    FXP_FSTAT,
    FXP_LSTAT,
    FXP_MKDIR,
    FXP_OPEN,
    FXP_OPENDIR,
    FXP_READ,
    FXP_READDIR,
    FXP_REALPATH,
    FXP_REMOVE,
    FXP_RENAME,
    FXP_RMDIR,
    FXP_SETSTAT,
    FXP_STAT,
    FXP_WRITE,
)  # fmt: skip
from asyncssh.packet import SSHPacket
from asyncssh.sftp import SFTPLimits, SFTPServerHandler
from asyncssh.stream import SSHServerStreamSession

MOST_HANDLES = 32
"""Files a session has open at once; as many folders being listed."""
MOST_DATA = 256 * 1024
"""Bytes of a read or a write we offer; clients that do not ask take 32 KB."""

_TAKEN = frozenset({
    FXP_CLOSE, FXP_FSETSTAT, FXP_FSTAT, FXP_LSTAT, FXP_MKDIR, FXP_OPEN, FXP_OPENDIR, FXP_READ, FXP_READDIR,
    FXP_REALPATH, FXP_REMOVE, FXP_RENAME, FXP_RMDIR, FXP_SETSTAT, FXP_STAT, FXP_WRITE,
    b"posix-rename@openssh.com", b"fsync@openssh.com", b"limits@openssh.com",
})  # fmt: skip
"""No links, no locks, no copying on the server, no figures about our disks."""


class MailboxServer(Protocol):
    """What a session serves: an `asyncssh.SFTPServer` that can be told that its client is gone."""

    def abandon(self) -> None: ...
    def stir(self) -> None: ...


class MailboxHandler(SFTPServerHandler):
    """Requests of one session, one after the other, in the order in which they came."""

    _extensions: ClassVar[list[tuple[bytes, bytes]]] = [  # type: ignore[misc]  # theirs is no class variable
        (b"posix-rename@openssh.com", b"1"),
        (b"fsync@openssh.com", b"1"),
        (b"limits@openssh.com", b"1"),
    ]
    _packet_handlers: ClassVar[dict[int | bytes, Any]] = {  # type: ignore[misc]
        kind: handler for kind, handler in SFTPServerHandler._packet_handlers.items() if kind in _TAKEN
    }

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        cast(MailboxServer, self._server).stir()
        await super()._process_packet(pkttype, pktid, packet)

    async def _cleanup(self, exc: Exception | None) -> None:
        cast(MailboxServer, self._server).abandon()
        await super()._cleanup(exc)

    async def _process_open(self, packet: SSHPacket) -> bytes:
        if len(self._file_handles) >= MOST_HANDLES:
            raise asyncssh.SFTPFailure(f"a session has at most {MOST_HANDLES} files open")
        return await super()._process_open(packet)

    async def _process_opendir(self, packet: SSHPacket) -> bytes:
        if len(self._dir_handles) >= MOST_HANDLES:
            raise asyncssh.SFTPFailure(f"a session lists at most {MOST_HANDLES} folders at once")
        return await super()._process_opendir(packet)

    async def _process_limits(self, packet: SSHPacket) -> SFTPLimits:
        packet.check_end()
        return SFTPLimits(MOST_DATA + 1024, MOST_DATA, MOST_DATA, MOST_HANDLES)


for _kind, _own in ((FXP_OPEN, MailboxHandler._process_open), (FXP_OPENDIR, MailboxHandler._process_opendir),
                    (b"limits@openssh.com", MailboxHandler._process_limits)):  # fmt: skip
    MailboxHandler._packet_handlers[_kind] = _own


class MailboxSession(SSHServerStreamSession[bytes]):
    """A channel that is SFTP and nothing else: no shell, no command, no SCP."""

    def __init__(self, serve: Callable[[asyncssh.SSHServerChannel[bytes]], asyncssh.SFTPServer]) -> None:
        super().__init__(None)
        self._serve = serve

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    def session_started(self) -> None:
        assert self._chan is not None
        assert self._conn is not None
        channel = cast("asyncssh.SSHServerChannel[bytes]", self._chan)
        reader = asyncssh.SSHReader[bytes](self, channel)
        writer = asyncssh.SSHWriter[bytes](self, channel)
        handler = MailboxHandler(self._serve(channel), reader, writer, 3)
        self._conn.create_task(handler.run(), reader.logger)
