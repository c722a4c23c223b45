"""Parcels over AS2 to a partner that listens on a real socket: what its receipts, its faults and its silence become."""

import asyncio
import json
import socket
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from support.as2_serving import As2World, as2_world
from support.leaving import an_answer
from support.ledgering import lease_all
from support.serving import LOCAL, PUBLIC_URL

from gateway.beside import Beside
from gateway.breaker import Breaker
from gateway.channels.as2.building import build_receipt, station_headers
from gateway.channels.as2.carrier import MOST_ATTEMPTS, As2Carrier
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.mdn import Receipted
from gateway.channels.as2.mic import Mic
from gateway.channels.as2.replying import Replying
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.windows import Spools
from gateway.cli.demo.as2_partner import As2Partner, _open
from gateway.cli.parcel import _show
from gateway.delivery import deliver
from gateway.destinations.partner.composing import Composer
from gateway.destinations.partner.destination import PartnerDestination
from gateway.destinations.partner.forwarding import Forwarding
from gateway.egress.client import Answer as Reply
from gateway.egress.client import Egress
from gateway.ledger.exchanging import ExchangeKey
from gateway.ledger.ledger import Ledger
from partners.ownkeys import OwnKeys

HOST = "gateway.tests.example"
WERRA = {"name": "Werra", "identifiers": [{"scheme": "gln", "value": "4098765000027"}]}
Answer = tuple[list[tuple[str, str]], bytes]


class Listening(As2Partner):
    """Werra's server. `answers` are what it does with the next requests instead of taking them, one after the other."""

    def __init__(self, world: As2World) -> None:
        super().__init__(world.files.werra(), ("127.0.0.1", 0))
        self.requests: list[tuple[list[tuple[str, str]], bytes]] = []
        self.answers: list[Callable[[list[tuple[str, str]], bytes], Answer]] = []

    def take(self, fields, body):  # type: ignore[no-untyped-def]
        self.requests.append((list(fields), body))
        return self.answers.pop(0)(list(fields), body) if self.answers else super().take(fields, body)

    def message_ids(self) -> set[str]:
        return {dict(fields)["message-id"] for fields, _ in self.requests}


class Out:
    """What the worker does for Werra."""

    def __init__(self, world: As2World, egress: Egress) -> None:
        self.world, self.ledger = world, world.served.ledger
        partners = world.served.intake._partners
        self.partners = partners
        self.stations = stations = Stations(lambda: partners.current, OwnKeys(world.files.ours))
        self.carrier = As2Carrier(stations, egress, self.ledger.exchanges, PUBLIC_URL, HOST)
        self.replying = Replying(self.ledger, stations, egress, self.carrier, lambda: partners.current,
                                 beside=Beside(patience=60))  # fmt: skip
        composer = Composer(Path("/nowhere"), lambda: world.served.policies.current.masking, self.ledger.masking_key)
        self.forwarding = Forwarding(lambda: partners.current, self.ledger.parcels, composer, {"as2": self.carrier},
                                     beside=Beside(patience=60))  # fmt: skip
        self.destination = PartnerDestination(
            "werra", lambda: partners.current, self.ledger.parcels, composer, {"as2": self.carrier}
        )

    async def order_response(self, number: str = "AB-1") -> None:
        """The ERP answers Werra."""
        answer = await self.world.served.post(
            "/v1/documents", an_answer(number, buyer=WERRA, ship_to=WERRA), self.world.served.corporate()
        )
        assert answer.status_code == 202, answer.text
        self.message = str(answer.json()["message"])

    async def work(self) -> None:
        for lease in await lease_all(self.ledger, self.destination.name):
            while await deliver(self.ledger, self.destination, Breaker(), lease):
                pass

    async def due_now(self) -> None:
        await self.ledger._pool.execute("update exceptions set due_at = now() where due_at > now()")

    async def told(self) -> dict[str, Any]:
        """The delivery as the ERP sees it."""
        answer = await self.world.served.client.get(
            f"/v1/messages/{self.message}", headers=self.world.served.corporate()
        )
        (delivery,) = answer.json()["deliveries"]
        return dict(delivery)

    async def state(self) -> tuple[str, str | None]:
        delivery = await self.told()
        return delivery["state"], delivery.get("cause")

    async def parcel_state(self) -> str:
        return str(await self.ledger._pool.fetchval("select state from parcels"))


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


def later(world: As2World, **send: str) -> None:
    """Werra answers asynchronously."""
    given = ", ".join(f"{name}: {value}" for name, value in {"receipt": "async", **send}.items())
    world.profile('/as2"}', f'/as2", {given}}}')


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


def said(
    werra: Listening,
    fields: list[tuple[str, str]],
    body: bytes,
    disposition: Disposition = Disposition("processed"),  # noqa: B008 - frozen
    *,
    mic: bytes | None = None,
    message_id: str | None = None,
    signed: bool = True,
) -> Answer:
    """The receipt Werra gives for this request, right but for what is given."""
    headers = read_headers((name.encode(), value.encode("latin-1")) for name, value in fields)
    digest = _mic(werra, fields, body) if mic is None else Mic("sha256", mic.ljust(32))
    about = Receipted(
        message_id=message_id or headers.message_id, sender=headers.sender, receiver=headers.receiver, subject="",
        date="", disposition=disposition, mic=digest,
    )  # fmt: skip
    relation = werra._relation()
    made = build_receipt(about, relation, is_signed=signed)
    return [*station_headers(relation, "<r1@werra.example>"), ("Content-Type", made.content_type)], made.body


def _mic(werra: Listening, fields: list[tuple[str, str]], body: bytes) -> Mic:
    with Spools() as spools:
        return _open(fields, body, werra._relation(), spools).measured.mic("sha256")
