"""A partner that is down for a day, whose receipts get lost, or who switches its certificate before it tells us.

No sleeping: the clocks are moved.
"""

import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import REGISTRY
from support.as2_keys import holder
from support.as2_leaving import Answer, Listening, Out, said
from support.as2_serving import As2World, as2_world
from support.serving import LOCAL

from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.replying import MOST_ATTEMPTS
from gateway.cli.demo.as2_partner import As2Partner
from gateway.deadlines import Deadlines
from gateway.egress.client import Egress
from gateway.ledger.ledger import Ledger
from partners.ownkeys import KeyPair

HOURS = 24


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path) as opened:
        yield opened


@pytest.fixture
async def werra(world: As2World) -> AsyncIterator[Listening]:
    with Listening(world) as listening:
        world.profile('send: {url: "http://127.0.0.1:4080/as2"}', f'send: {{url: "{listening.url}"}}')
        yield listening


@pytest.fixture
async def out(world: As2World, werra: Listening) -> AsyncIterator[Out]:
    egress = Egress(LOCAL)
    yield Out(world, egress)
    await egress.close()


@pytest.fixture
def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{nobody.getsockname()[1]}/as2"


async def events(out: Out, event: str) -> list[dict[str, Any]]:
    rows = await out.ledger._pool.fetch("select body from events order by tick, id")
    return [leaf for row in rows if (leaf := json.loads(bytes(row["body"])))["event"] == event]


async def test_a_partner_that_is_down_for_a_day_gets_everything_in_order_when_it_is_back(
    out: Out, werra: Listening, world: As2World, nowhere: str
) -> None:
    deadlines = Deadlines(out.ledger, lambda: world.served.policies.current.flows.by_name)
    world.profile(werra.url, nowhere)
    for hour in range(HOURS):
        if hour % 2 == 0:
            await out.order_response(f"AB-{hour:02}")
        await out.look()
        await deadlines.look()
        await out.pass_time(1)
    assert REGISTRY.get_sample_value("gateway_breaker_state", {"destination": "partner:werra/as2"}) == 2
    assert out.breaker.circuit == "open", "it has no other channel"
    assert await out.ledger._pool.fetchval("select max(attempts) from exceptions") == 0, "an outage spends nothing"
    assert await out.ledger._pool.fetchval("select count(*) from exceptions where state = 'parked'") == 0
    late = [one["delivery"] for one in await events(out, "delivery.document.overdue")]
    assert late, "who waits longer than its flow allows is told"
    assert len(late) == len(set(late)), "once"
    assert werra.requests == []

    world.profile(nowhere, werra.url)
    await out.pass_time(1)
    await out.look()
    numbers = [one.content.decode("latin-1").partition("BGM+231+")[2][:5] for one in werra.received]
    assert numbers == [f"AB-{hour:02}" for hour in range(0, HOURS, 2)]
    assert len(werra.requests) == len(werra.message_ids()) == HOURS // 2, "each once"
    assert out.breaker.circuit == "closed"
    assert await out.ledger._pool.fetchval("select count(*) from exceptions") == 0
    assert (await out.ledger.balance()).imbalance == 0


async def test_a_receipt_that_we_owe_is_tried_for_a_day_and_then_given_up_with_a_notice(
    out: Out, world: As2World, werra: Listening, nowhere: str
) -> None:
    world.profile("keys:", f'receipt_urls: ["{nowhere}"]\n  keys:')
    await world.post(world.built(b"nothing that is read", "<9@werra.example>", receipt="async", receipt_url=nowhere))
    waited = 0.0
    for _ in range(MOST_ATTEMPTS - 1):
        await out.replying.look()
        waited += await out.ledger._pool.fetchval("select extract(epoch from due_at - now())::float8 from as2_replies")
        await out.ledger._pool.execute("update as2_replies set due_at = now()")
    assert timedelta(hours=22) < timedelta(seconds=waited) < timedelta(hours=27)
    assert await events(out, "as2.reply.abandoned") == []
    for _ in range(3):
        await out.replying.look()
    (told,) = await events(out, "as2.reply.abandoned")
    assert told["partner"] == "werra"
    assert await out.ledger._pool.fetchval("select attempts from as2_replies") == MOST_ATTEMPTS


async def test_a_partner_that_had_it_already_and_says_so_ends_it(out: Out, werra: Listening) -> None:
    """Its first receipt was lost; it answers the repetition as old products do."""

    def taken_and_lost(fields: list[tuple[str, str]], body: bytes) -> Answer:
        As2Partner.take(werra, fields, body)
        raise ConnectionResetError

    again = Disposition("processed", "warning", "duplicate-document")
    werra.answers = [taken_and_lost, lambda fields, body: said(werra, fields, body, again)]
    await out.order_response()
    await out.work()
    assert (await out.state())[0] != "delivered"
    await out.due_now()
    await out.work()
    assert await out.state() == ("delivered", None)
    assert (len(werra.requests), len(werra.message_ids()), len(werra.received)) == (2, 1, 1)
    await out.due_now()
    await out.work()
    assert len(werra.requests) == 2


async def test_a_receipt_signed_with_a_certificate_that_we_do_not_know_yet_counts_once_we_do(
    out: Out, werra: Listening, world: As2World
) -> None:
    """It is asked for again under the same Message-ID; the partner, which has the message, gives the same word."""
    begins = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    new = holder("new", begins=begins, ends=begins + timedelta(days=100))
    as_agreed = werra._relation
    werra._relation = lambda: replace(as_agreed(), signer=KeyPair("new", new.key, new.certificate))
    await out.order_response()
    await out.work()
    assert (await out.state())[0] not in ("delivered", "parked")
    (kept,) = await out.ledger.parcels.search()
    assert kept.last_error is not None
    assert "which is not one of this partner's" in kept.last_error
    (world.files.folder / "certificates" / "new.pem").write_bytes(new.pem)
    world.profile("file: werra.pem}\n", "file: werra.pem}\n- {use: [verify], file: new.pem}\n")
    await out.due_now()
    await out.work()
    assert await out.state() == ("delivered", None)
    assert (len(werra.requests), len(werra.message_ids())) == (2, 1)
