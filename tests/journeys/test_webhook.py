"""A document on its whole way to an endpoint: a worker as it is wired, its settings, profiles and secrets as files."""

import asyncio
from pathlib import Path

from standardwebhooks import Webhook as Verifier
from support.leaving import accept
from support.partner_server import partner_server, says
from support.receiving import PROFILE, SERVER

from gateway.app import open_records
from gateway.channels.webhooks.signing import new_secret
from gateway.settings import Settings
from gateway.wayout import open_worker


def settings_in(folder: Path, database: str, port: int, secret: str) -> Settings:
    for name in ("profiles", "plants", "keys", "partner-keys"):
        (folder / name).mkdir()
    (folder / "profiles" / "nordlicht.yaml").write_text(PROFILE.format(port=port))
    (folder / "partner-keys" / "nordlicht-hook").write_text(secret)
    return Settings(
        database_url=database, partners=folder, keys=folder / "keys", state=folder / "state",
        partner_keys=folder / "partner-keys", egress_authorities=SERVER.certificate,
    )  # fmt: skip


async def test_a_worker_sends_what_waits_and_again_after_the_endpoint_was_out(tmp_path: Path, database: str) -> None:
    secret = new_secret(asymmetric=False)
    async with partner_server(says(503), tls=SERVER) as server:
        settings = settings_in(tmp_path, database, server.port, secret)
        async with open_records(settings, "test") as ledger, open_worker(settings) as worker:
            await accept(ledger, "AB-1", "AB-2")
            running = asyncio.create_task(worker.run())
            try:
                async with asyncio.timeout(60):
                    while not server.heard:
                        await asyncio.sleep(0.05)
                    server.manners = says(202)
                    while len(await ledger.parcels.search(state="delivered")) < 2:
                        await asyncio.sleep(0.05)
            finally:
                await worker.stop()
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            assert (await ledger.balance()).imbalance == 0
            parcels = await ledger.parcels.search()
    assert [(one.state, one.reference) for one in parcels] == [("delivered", "HTTP 202")] * 2
    events = [Verifier(secret).verify(one.body, one.headers) for one in server.heard]
    numbers = [event["data"]["number"] for event in events]
    assert numbers == sorted(numbers)
    assert set(numbers) == {"AB-1", "AB-2"}
    assert len({one.headers["webhook-id"] for one in server.heard}) == 2
