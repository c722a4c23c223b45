"""Parcels over AS2 to a partner that listens on a real socket: what its receipts, its faults and its silence become."""

import asyncio
import json
import socket
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.as2_leaving import HOST, Answer, Listening, Out, later, said
from support.as2_serving import As2World, as2_world
from support.serving import LOCAL, PUBLIC_URL

from gateway.beside import Beside
from gateway.channels.as2.carrier import MOST_ATTEMPTS
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.replying import Replying
from gateway.cli.demo.as2_partner import As2Partner
from gateway.cli.parcel import _show
from gateway.egress.client import Answer as Reply
from gateway.egress.client import Egress
from gateway.ledger.exchanging import ExchangeKey
from gateway.ledger.ledger import Ledger


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


async def test_a_receipt_for_these_bytes_delivers_it(out: Out, werra: Listening) -> None:
    await out.order_response()
    await out.work()
    assert await out.state() == ("delivered", None)
    (received,) = werra.received
    assert b"+ORDRSP:D:96A:UN" in received.content
    assert received.file_name == "order-response-000000001.edi"
    assert (await out.ledger.balance()).imbalance == 0


async def test_an_operator_sees_the_exchange_of_a_parcel(
    out: Out, werra: Listening, capsys: pytest.CaptureFixture[str]
) -> None:
    await out.order_response()
    await out.work()
    parcel = await out.ledger._pool.fetchval("select id from parcels")
    capsys.readouterr()
    assert await _show(out.ledger, Namespace(id=parcel, reveal=None)) == 0
    exchange = json.loads(capsys.readouterr().out)["exchange"]
    assert (exchange["state"], exchange["disposition"], exchange["attempts"]) == ("receipted", "processed", 1)
    assert exchange["key"]["message_id"] == f"{parcel}@{HOST}"


async def test_what_an_operator_sends_again_is_sent_under_the_same_message_id(out: Out, werra: Listening) -> None:
    await out.order_response()
    await out.work()
    parcel_id = await out.ledger._pool.fetchval("select id from parcels")
    assert await out.ledger.parcels.resend(parcel_id, actor="ann", reason="they lost it") == "due"
    await out.forwarding.look()
    assert [one.content for one in werra.received] == [werra.received[0].content] * 2
    assert len(werra.message_ids()) == 1
    assert await out.parcel_state() == "delivered"


async def test_a_receipt_that_was_lost_is_asked_for_again_under_the_same_message_id(out: Out, werra: Listening) -> None:
    def taken_and_lost(fields: list[tuple[str, str]], body: bytes) -> Answer:
        As2Partner.take(werra, fields, body)
        raise ConnectionResetError

    werra.answers = [taken_and_lost]
    await out.order_response()
    await out.work()
    assert (await out.state())[0] != "delivered"
    await out.due_now()
    await out.work()
    assert await out.state() == ("delivered", None)
    assert len(werra.requests) == 2
    assert len(werra.message_ids()) == 1


async def test_a_refusal_by_the_partner_parks_it(out: Out, werra: Listening) -> None:
    werra.answers = [lambda fields, body: said(werra, fields, body, Disposition("processed", "error", "no such order"))]
    await out.order_response()
    await out.work()
    assert await out.state() == ("parked", "partner.refused")
    (parked,) = await out.ledger.parked()
    assert parked.last_error is not None
    assert parked.last_error.startswith("processed/error: no such order")


@pytest.mark.parametrize(
    "answer",
    [
        lambda werra, fields, body: said(werra, fields, body, mic=b"other bytes"),
        lambda werra, fields, body: said(werra, fields, body, message_id="<other@werra.example>"),
        lambda werra, fields, body: said(werra, fields, body, signed=False),
        lambda werra, fields, body: ([("Content-Type", "text/html")], b"<h1>It works!</h1>"),
    ],
    ids=["of other bytes", "of another message", "not signed", "no receipt at all"],
)
async def test_what_is_no_receipt_for_it_delivers_nothing_and_parks_nothing(
    out: Out, werra: Listening, answer: Callable[..., Answer]
) -> None:
    werra.answers = [lambda fields, body: answer(werra, fields, body)]
    await out.order_response()
    await out.work()
    assert (await out.state())[0] not in ("delivered", "parked")
    await out.due_now()
    await out.work()
    assert await out.state() == ("delivered", None)
    assert len(werra.message_ids()) == 1


async def test_a_partner_that_is_down_costs_no_attempt(out: Out, werra: Listening, world: As2World) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/as2"
        world.profile(werra.url, url)
        await out.order_response()
        await out.work()
        assert (await out.told())["attempts"] == 0
        world.profile(url, werra.url)
    await out.due_now()
    await out.work()
    assert await out.state() == ("delivered", None)


async def test_an_asynchronous_receipt_ends_it_when_it_comes(out: Out, werra: Listening, world: As2World) -> None:
    later(world)
    werra.answers = [lambda fields, body: ([], b"")]
    await out.order_response()
    await out.work()
    assert (await out.state(), await out.parcel_state()) == (("offered", None), "offered")
    ((fields, body),) = werra.requests
    assert dict(fields)["receipt-delivery-option"] == f"{PUBLIC_URL}/as2"
    receipt = said(werra, fields, body)
    for _ in range(2):  # it is sent twice: the second changes nothing
        answer = await world.served.client.post("/as2", content=receipt[1], headers=dict(receipt[0]))
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await out.state(), await out.parcel_state()) == (("delivered", None), "delivered")
    events = await out.ledger._pool.fetch("select body from events")
    assert sum(b'"as2.parcel.receipted"' in bytes(row["body"]) for row in events) == 1


async def test_a_strangers_receipt_changes_nothing_and_is_on_record(
    out: Out, werra: Listening, world: As2World
) -> None:
    later(world)
    werra.answers = [lambda fields, body: ([], b"")]
    await out.order_response()
    await out.work()
    ((fields, body),) = werra.requests
    forged = said(werra, fields, body, signed=False)
    answer = await world.served.client.post("/as2", content=forged[1], headers=dict(forged[0]))
    assert answer.status_code == 200
    assert await out.state() == ("offered", None)
    events = await out.ledger._pool.fetch("select body from events")
    (ignored,) = [bytes(row["body"]) for row in events if b'"as2.receipt.ignored"' in bytes(row["body"])]
    assert b"a signed receipt was asked for and this one is not signed" in ignored


async def test_an_overdue_receipt_is_asked_for_again_and_then_told_once(
    out: Out, werra: Listening, world: As2World
) -> None:
    later(world, receipt_within="1m")
    werra.answers = [lambda fields, body: ([], b"")] * 10
    await out.order_response()
    await out.work()
    for _ in range(MOST_ATTEMPTS + 2):
        await out.ledger._pool.execute("update as2_sent set sent_at = sent_at - interval '2 minutes'")
        await out.replying.look()
    assert len(werra.requests) == MOST_ATTEMPTS
    assert len(werra.message_ids()) == 1
    events = await out.ledger._pool.fetch("select body from events")
    assert sum(b'"as2.receipt.overdue"' in bytes(row["body"]) for row in events) == 1
    assert await out.state() == ("offered", None)
    receipt = said(werra, *werra.requests[0])  # late, and for the first attempt
    await world.served.client.post("/as2", content=receipt[1], headers=dict(receipt[0]))
    assert await out.state() == ("delivered", None)


async def test_a_receipt_that_we_owe_is_brought_to_their_address_byte_for_byte(
    out: Out, werra: Listening, world: As2World
) -> None:
    world.profile("keys:", f'receipt_urls: ["{werra.url}"]\n  keys:')

    def broken(fields: list[tuple[str, str]], body: bytes) -> Answer:
        raise ConnectionResetError

    werra.answers = [broken, lambda fields, body: ([], b"")]
    built = world.built(b"nothing that is read", "<9@werra.example>", receipt="async", receipt_url=werra.url)
    await world.post(built)
    await out.replying.look()
    await out.ledger._pool.execute("update as2_replies set due_at = now()")
    await out.replying.look()
    await out.replying.look()
    first, second = werra.requests
    assert first[1] == second[1]
    assert dict(first[0])["message-id"] == dict(second[0])["message-id"]
    assert await out.ledger._pool.fetchval("select count(*) from as2_replies where sent_at is not null") == 1


async def test_a_partner_whose_server_hangs_keeps_nobody_elses_receipts_back(out: Out, werra: Listening) -> None:
    """Nor is anything more taken of its own meanwhile."""
    go, posted = asyncio.Event(), []

    class Slow:
        async def post(self, url: str, *_: object, **__: object) -> Reply:
            posted.append(url)
            if "hangs" in url:
                await go.wait()
            return Reply(status=200, headers=(), content=b"", complete=True)

    async def owe(partner: str, url: str) -> None:
        await out.ledger.exchanges.owe(ExchangeKey(partner, "BERGMANN", url), url, b"\r\n\r\n")

    replying = Replying(
        out.ledger, out.stations, Slow(), out.carrier, lambda: out.partners.current,  # type: ignore[arg-type]
        beside=Beside(patience=0.1),
    )  # fmt: skip
    await owe("nordlicht", "https://hangs.example/1")
    await replying.look()
    await owe("nordlicht", "https://hangs.example/2")
    await owe("werra", "https://answers.example/1")
    await replying.look()
    assert posted == ["https://hangs.example/1", "https://answers.example/1"]
    go.set()
    async with asyncio.timeout(30):
        while await out.ledger._pool.fetchval("select count(*) from as2_replies where sent_at is null"):
            await replying.look()
    assert sorted(posted) == ["https://answers.example/1", "https://hangs.example/1", "https://hangs.example/2"]
    await replying.close()
