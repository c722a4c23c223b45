"""A partner that is told by webhooks."""

from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from support.partner_server import partner_server, says
from support.receiving import SERVER, Receiving, a_webhook, told_by_webhook

from gateway.channels.webhooks.carrier import WebhookCarrier
from gateway.channels.webhooks.signing import new_secret
from gateway.egress.client import Egress
from gateway.ledger.ledger import Ledger
from policies.loading import load

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
async def world(ledger: Ledger, repository: Path, tmp_path: Path) -> AsyncIterator[Receiving]:
    async with partner_server(says(204), tls=SERVER) as server:
        world = Receiving(ledger, load(repository / "policies" / "rules").masking, told_by_webhook(a_webhook(1)))
        world.server, world.secret = server, new_secret(asymmetric=False)
        (tmp_path / "nordlicht-hook").write_text(world.secret)
        egress = Egress(LOOPBACK, authorities=SERVER.certificate)
        world.hook = WebhookCarrier(egress, tmp_path, ledger.webhooks, lambda: world.directory, world.clock)
        world.carriers["webhook"] = world.hook
        world.let(told_by_webhook(a_webhook(server.port)))
        yield world
        await egress.close()
