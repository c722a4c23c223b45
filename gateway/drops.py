"""The wiring of the way in over SFTP: apart from that over HTTP, whose processes need not carry an SSH library."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.app import open_judging
from gateway.channels.sftp.accounts import Accounts
from gateway.channels.sftp.connections import Bounds
from gateway.channels.sftp.hostkeys import load_host_keys
from gateway.channels.sftp.listening import SftpServer
from gateway.channels.sftp.pgp import PgpDesk
from gateway.channels.sftp.submitting import Submitting
from gateway.ledger.ledger import Ledger
from gateway.settings import Settings
from partners.live import LiveDirectory


def pgp_desk(settings: Settings, partners: LiveDirectory, ledger: Ledger) -> PgpDesk:
    """Opens what partners protect with OpenPGP."""
    certificates = settings.partners / "certificates"
    return PgpDesk(lambda: partners.current, settings.partner_keys, certificates, settings.max_body, ledger.note)


@asynccontextmanager
async def open_sftp(settings: Settings) -> AsyncIterator[SftpServer]:
    """The SFTP server, listening, with the way in behind it."""
    host_keys = await asyncio.to_thread(load_host_keys, settings.sftp_host_keys, create=settings.is_development)
    async with open_judging(settings, "sftp") as judging:
        mailboxes = judging.ledger.mailboxes
        server = SftpServer(
            Accounts(judging.partners, settings.partner_keys),
            Submitting(
                judging.intake, mailboxes, settings.total_seconds, pgp_desk(settings, judging.partners, judging.ledger)
            ),
            mailboxes,
            settings.sftp_spool,
            settings.max_body,
            Bounds(connections=settings.sftp_connections),
        )
        async with server.listening(settings.sftp_host, settings.sftp_port, host_keys):
            yield server
