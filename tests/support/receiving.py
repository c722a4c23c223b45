"""A partner with a real HTTPS endpoint that verifies what it gets, and a worker's way to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook as Verifier
from support.leaving import World, a_partner, an_agreement
from support.partner_server import Heard, PartnerServer, identity

from gateway.channels.webhooks.carrier import WebhookCarrier
from partners.profile import Partner
from partners.webhooks import Webhook
from translators.amounts import Duration

SERVER = identity("hooks.nordlicht.example")
PROFILE = """
id: nordlicht
name: Nordlicht Handel GmbH
kind: distributor
state: active
plan: standard
binding: none
identifiers: {{}}
webhook: {{url: "https://localhost:{port}/hooks?v=1", secrets: [nordlicht-hook]}}
agreements:
- {{name: answers, document: order_response, direction: out, channel: webhook, format: json}}
"""
"""The same partner as a file, for a port of `localhost`."""


class Receiving(World):
    """`clock` is moved by `pass_time`; `heard` is what the endpoint was sent, each verified when asked for."""

    server: PartnerServer
    secret: str
    hook: WebhookCarrier

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.at = datetime.now(UTC)  # of this test: the package that verifies looks at the wall's clock

    def clock(self) -> datetime:
        return self.at

    async def pass_time(self, **given: float) -> None:
        self.at += timedelta(**given)
        self.breaker.succeeded()  # its clock is another
        await self.make_due()

    async def look_after(self) -> None:
        await self.hook.look_after()
        await self.forwarding.look()

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.server.heard]

    def verified(self, heard: Heard, secret: str | None = None) -> object:
        """As a partner verifies it, with the package of the specification; its clock is the wall's."""
        return Verifier(secret or self.secret).verify(heard.body, heard.headers)


def a_webhook(port: int, *secrets: str, host: str = "localhost", **given: str) -> Webhook:
    durations = {name: Duration.from_text(value) for name, value in given.items()}
    return Webhook(url=f"https://{host}:{port}/hooks?v=1", secrets=secrets or ("nordlicht-hook",), **durations)


def told_by_webhook(webhook: Webhook) -> Partner:
    agreement = an_agreement(channel="webhook", format="json", association="")
    return a_partner(agreement, webhook=webhook, edifact=None)
