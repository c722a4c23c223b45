"""The self-test of one partner as an operator runs it, way by way.

steps = [step async for step in self_test(settings, load(settings.partners), "acme", send=False)]
"""

from collections.abc import AsyncIterator

import httpx

from gateway.clock import now
from gateway.probing.as2 import As2Probing
from gateway.probing.documents import document_steps
from gateway.probing.sftp import MailboxProbing, ServerProbing
from gateway.probing.steps import Attempt, Step, one_after_the_other
from gateway.probing.web import OursProbing, WebhookProbing
from gateway.settings import Settings
from gateway.submissions import Channel
from gateway.wayout import open_egress
from gateway.welcome.gathering import sandbox_of
from partners.directory import Directory
from partners.profile import Partner


async def self_test(settings: Settings, directory: Directory, partner: Partner, *, send: bool) -> AsyncIterator[Step]:
    """Each step when it has ended. Without `send` the partner is sent no document. Raises FileProblems (rules)."""
    at, timeline = now(), directory.timeline(partner.id)
    async with (
        open_egress(settings) as egress,
        httpx.AsyncClient(follow_redirects=False) as client,
        sandbox_of(settings) as intake,
    ):
        ours = OursProbing(settings, client)
        ways: list[tuple[str, list[tuple[str, Attempt]]]] = []
        if partner.clients:
            ways.append(("http", [("connection", ours.answers_at("/health/live")), ("token", ours.token)]))
        if partner.as2 is not None:
            ways.append(("as2 from them", [("connection", ours.answers_at("/as2"))]))
            to_them = As2Probing(settings, directory, partner, egress, intake.masking, at, send)
            ways.append(("as2 to them", to_them.attempts()))
        if partner.sftp is not None and partner.sftp.mailbox is not None:
            mailbox = MailboxProbing(settings, partner.sftp.mailbox)
            ways.append(("sftp mailbox", [("connection", mailbox.connection), ("signature", mailbox.login)]))
        if partner.sftp is not None and partner.sftp.server is not None:
            ways.append(
                ("sftp to them", [("connection", ServerProbing(settings, partner.sftp.server, egress).connection)])
            )
        if partner.webhook is not None:
            webhook = WebhookProbing(settings, partner.webhook, timeline, egress, now, send)
            ways.append(("webhook", webhook.attempts()))
        for way, attempts in ways:
            for step in await one_after_the_other(way, attempts):
                yield step
        channels: tuple[Channel, ...] = ("http", "as2", "sftp")
        for channel in channels:
            async for step in document_steps(settings, directory, partner, channel, intake, at):
                yield step
