"""Our SFTP server, from its host keys to its last connection."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh

from gateway.channels.sftp.accounts import Accounts
from gateway.channels.sftp.connections import Bounds, Connections, Visitor
from gateway.channels.sftp.mailbox import Mailbox, open_mailbox, room
from gateway.channels.sftp.serving import PartnerMailbox
from gateway.channels.sftp.spool import SpoolRefuses
from gateway.channels.sftp.submitting import Submitting
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.mailbox import Mailboxes
from gateway.observing import log_change
from gateway.submissions import Credential

_log = logging.getLogger(__name__)

LOOK_EVERY = 0.3
TIDY_EVERY = 60.0
ANSWERING_SECONDS = 0.1
"""From the commit until the answer has left, when the server stops."""
_ALLOWED: dict[str, Any] = {
    "send_server_host_keys": True,
    "encoding": None,
    "allow_pty": False,
    "line_editor": False,
    "agent_forwarding": False,
    "x11_forwarding": False,
    "allow_scp": False,
    "gss_host": None,
    "compression_algs": ["none"],
    "login_timeout": 20,
    "keepalive_interval": 30,
    "keepalive_count_max": 3,
}


class CannotListen(Exception):  # noqa: N818 - a refusal, not a defect
    """The address is not ours to have; the text says which settings name it."""


class SftpServer:
    """One process; any number may run, each with a spool of its own."""

    def __init__(
        self, accounts: Accounts, submitting: Submitting, mailboxes: Mailboxes, folder: Path, most: int, limits: Bounds
    ) -> None:
        """`folder`: for uploads under way; `most`: bytes of one file."""
        self._accounts = accounts
        self._submitting = submitting
        self._mailboxes = mailboxes
        self._folder = folder
        self._most = most
        self._open: dict[tuple[str, str], Mailbox] = {}
        self.connections = Connections(accounts, limits)
        self.port = 0

    def _visitor(self) -> Visitor:
        return Visitor(self.connections, self._serve)

    def _serve(self, channel: "asyncssh.SSHServerChannel[bytes]", visitor: Visitor) -> asyncssh.SFTPServer:
        assert visitor.login is not None
        assert visitor.partner is not None
        credential = Credential(kind="partner", client=visitor.login.account, channel="sftp", address=visitor.address)
        try:
            mailbox = self._mailbox(visitor.login.account, visitor.partner)
        except (SpoolRefuses, OSError) as error:
            _log.error("sftp: the uploads of `%s` cannot be kept: %s", visitor.partner, error)
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "the mailbox cannot be opened") from None
        return PartnerMailbox(channel, mailbox, credential, visitor.stir)

    def _mailbox(self, account: str, partner: str) -> Mailbox:
        found = self._accounts.find(account)
        if found is None:
            raise SpoolRefuses("the account is not open")
        place = (account, partner)
        if place not in self._open:
            self._open[place] = open_mailbox(
                self._folder, partner, found[1], self._most, self._submitting, self._mailboxes
            )
        self._open[place].spool.room = room(found[1], self._most)
        return self._open[place]

    async def _watch(self) -> None:
        """Until cancelled: ends connections whose time or right is over."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.connections.look()

    async def _tidy(self) -> None:
        """Until cancelled: uploads nobody finishes go, with a notice."""
        while True:
            await asyncio.sleep(TIDY_EVERY)
            for mailbox in list(self._open.values()):
                try:
                    await mailbox.expire()
                except (LedgerUnavailable, OSError) as error:
                    _log.warning("sftp: old uploads of `%s` stay for now: %s", mailbox.partner, error)

    async def close(self) -> None:
        """Files on their way into the ledger get there, and are answered."""
        await asyncio.gather(*(mailbox.settled() for mailbox in self._open.values()))
        await asyncio.sleep(ANSWERING_SECONDS)
        self.connections.end_all()
        for mailbox in self._open.values():
            await mailbox.close()

    @asynccontextmanager
    async def listening(self, host: str, port: int, host_keys: Sequence[asyncssh.SSHKey]) -> AsyncIterator[None]:
        """No shell, no forwarding, no compression. Port 0 takes a free one. Raises CannotListen."""
        try:
            listener = await asyncssh.create_server(
                self._visitor, host, port, server_host_keys=list(host_keys), **_ALLOWED
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            where = f"{host}:{port}: {reason}; GATEWAY_SFTP_HOST and GATEWAY_SFTP_PORT name another"
            raise CannotListen(f"cannot listen on {where}") from None
        self.port = listener.get_port()
        shown = [key.get_fingerprint() for key in host_keys]
        log_change("sftp.listening", address=host, port=self.port, host_keys=shown)
        tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._tidy())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            listener.close()
            await self.close()
            await listener.wait_closed()
