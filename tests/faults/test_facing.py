"""Two whole gateways do business over AS2: an order, its receipt, its CONTRL, the answer, and the CONTRL to that. Then
the wire between them is cut at every stage, and their processes are killed."""

import asyncio
import os
from collections.abc import Iterator
from itertools import count

import asyncpg
import pytest
from faults.agreeing import all_done, settled
from faults.facing import PARTNERS, Facing, facing
from support.cutting import Cut, Passed

from gateway.embedded import database_url

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("facing")]
_AGAIN = (
    "update as2_replies set due_at = now() where attempts = 1 and error is not null and sent_at is null returning id"
)
_numbers = count(1)


@pytest.fixture(scope="module")
def both(postgresql_server: str, valkey_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facing]:
    names = {side: f"facing_{side}_{os.getpid()}" for side in PARTNERS}

    async def on_server(*statements: str) -> None:
        connection = await asyncpg.connect(postgresql_server)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(on_server(*(f"create database {name} template ledger" for name in names.values())))
    urls = {side: database_url(postgresql_server, name) for side, name in names.items()}
    with facing(tmp_path_factory.mktemp("facing"), urls, valkey_server) as opened:
        yield opened
    asyncio.run(on_server(*(f"drop database {name} with (force)" for name in names.values())))


class Orders:
    """Orders of one test, each with what happens to its exchange; `settle` then looks at both ledgers and both ERPs."""

    def __init__(self, both: Facing) -> None:
        self._both = both
        self._numbers: set[str] = set()

    async def send(self, *cuts: Cut) -> list[Passed]:
        """One, until it is answered, whatever is cut on its way there; the requests that carried it."""
        number, way = f"F2F-{next(_numbers)}", self._both.bergmann.proxy
        self._numbers.add(number)
        way.meet(*cuts)
        self._both.order(number)
        await asyncio.to_thread(self._both.wait_for_answer, number)
        await all_done(self._both)
        assert way.met is not None
        assert way.cuts == []
        return way.of(way.met)

    async def settle(self) -> None:
        await settled(self._both, self._numbers)


@pytest.fixture
def orders(both: Facing) -> Orders:
    return Orders(both)


async def test_an_order_goes_out_from_one_and_its_answer_comes_back_from_the_other(
    both: Facing, orders: Orders
) -> None:
    (request,) = await orders.send()
    assert b'content-type: multipart/signed; protocol="application/pkcs7-signature"' in request.given.lower()
    await orders.settle()
    owed = (
        {("theirs", "contrl"), ("theirs", "order_response"), ("ours", "contrl")},
        {("ours", "contrl"), ("ours", "order_response"), ("theirs", "contrl")},
    )
    for side, answers in zip((both.werra, both.bergmann), owed, strict=True):
        listed = await asyncio.to_thread(side.command, "acknowledgement", "list", "--all")
        said = {(one["side"], one["kind"], one["state"]) for one in listed if one["kind"] != "mdn"}
        assert said == {(*one, "accepted") for one in answers}


async def test_asynchronous_receipts_go_both_ways_and_one_that_is_cut_comes_again(both: Facing, orders: Orders) -> None:
    for side, other in (both.sides, both.sides[::-1]):
        side.change(f'send: {{url: "{other.proxy.url}/as2"', f'send: {{receipt: async, url: "{other.proxy.url}/as2"')
    way = both.werra.proxy
    try:
        way.meet(Cut("asked", "body", 0.5), without=b"disposition-notification-to")  # what asks for no receipt is one
        sending = asyncio.create_task(orders.send())
        while not await both.bergmann.rows(_AGAIN):
            await asyncio.sleep(0.2)
        (request,) = await sending
        assert request.given.partition(b"\r\n\r\n")[2] == b""
        await orders.settle()
        assert way.met is not None
        receipts = way.of(way.met)
        assert len(receipts) == 2
        assert len({one.asked for one in receipts}) == 1, "the very bytes that were kept"
    finally:
        for side in both.sides:
            side.change("receipt: async, ", "")


async def test_an_exchange_that_is_cut_is_repeated_under_its_message_id_and_counts_once(
    both: Facing, orders: Orders
) -> None:
    """At nine places, three for each order: while it asks, until it is answered, while it is answered."""
    for cuts in (
        (Cut("asked", "head", 0.4), Cut("asked", "body", 0.0, is_reset=False), Cut("asked", "body", 0.1)),
        (Cut("asked", "body", 0.9, is_reset=False), Cut("asked", "body", 1.0), Cut("answered", "head", 0.0)),
        (Cut("answered", "head", 0.5), Cut("answered", "body", 0.1), Cut("answered", "body", 0.9, is_reset=False)),
    ):
        requests = await orders.send(*cuts)
        assert [one.cut for one in requests] == [*cuts, None]
        query = "select receipt from as2_received where message_id = $1"
        (kept,) = await both.bergmann.rows(query, both.bergmann.proxy.met)
        given = {one.given.partition(b"\r\n\r\n")[2] for one in requests if one.given}
        assert len(given) == 1, "the receipt of then, byte for byte"
        assert given.pop() in kept["receipt"]
    await orders.settle()


async def test_a_receiver_that_is_killed_loses_and_doubles_nothing(both: Facing, orders: Orders) -> None:
    """While it reads, while it works, and once it has committed and before its receipt left."""
    kill = both.bergmann.kill_server
    cuts = (
        Cut("asked", "body", 0.5, then=kill),
        Cut("asked", "body", 1.0, then=kill),
        Cut("answered", "head", 0, then=kill),
    )
    requests = await orders.send(*cuts)
    assert [one.cut for one in requests if one.cut or one.given] == [*cuts, None]
    await orders.settle()


async def test_a_sender_that_is_killed_loses_and_doubles_nothing(both: Facing, orders: Orders) -> None:
    """While it sends, and while it hears the receipt."""
    kill = both.werra.kill_worker
    cuts = Cut("asked", "body", 0.5, then=kill), Cut("answered", "body", 0.5, then=kill)
    requests = await orders.send(*cuts)
    assert [one.cut for one in requests] == [*cuts, None]
    await orders.settle()
