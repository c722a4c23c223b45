"""A breaker for each channel of a partner: what is out holds up its own way and no other, and is probed as one."""

import asyncio
from functools import partial

import pytest
from prometheus_client import REGISTRY
from support.delivering import states
from support.leaving import SAMPLES, Carrying, World, a_partner, accept, an_agreement
from support.serving import until

from gateway.breaker import Breaker
from gateway.destinations.contract import Delivered, Offered, Outcome, Unavailable, Unknown
from gateway.destinations.partner.circuits import Circuits, channels_of
from gateway.ledger.ledger import Ledger
from gateway.ledger.sharding import shard_of
from gateway.working import Worker
from policies.masking import Masking

BILLS = an_agreement(name="bills", document="invoice", channel="webhook", format="json", association="")
INVOICE = (SAMPLES / "invoice-d96a.out.json").read_bytes()
OUT = Unavailable("connection refused")


@pytest.fixture
def world(ledger: Ledger, masking: Masking) -> World:
    """A partner that gets order responses over AS2 and invoices by a webhook, which is broken."""
    world = World(ledger, masking, a_partner(an_agreement(), BILLS), carriers=[Carrying("webhook", OUT)])
    world.carrier.otherwise = Delivered("processed")
    return world


async def test_a_partner_whose_webhook_is_broken_gets_what_goes_over_as2(
    world: World, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though both wait in one shard, where what waited comes first."""
    hook = world.carriers["webhook"]
    beside = [lane for lane in map(str, range(200)) if shard_of(lane) == shard_of("answers")][:6]
    for lane in beside:
        await accept(ledger, f"RE-{lane}", lane=lane, body=INVOICE, document_type="invoice")
    # past the first seconds of an outage: what was put off is due again before anything is probed
    monkeypatch.setattr("gateway.working.Breaker", partial(Breaker, pause=4.0))
    destination = world.destination()
    destination.look_every = 0.05
    running = asyncio.create_task(Worker(ledger, [destination], None).run())
    try:
        await until(lambda: len(hook.carried) >= 3, seconds=30)
        await accept(ledger, *(f"AB-{number}" for number in range(6)), lane="answers")
        await until(lambda: len(world.carrier.carried) == 6, seconds=30)
        assert len(hook.carried) == len({one.id for one in hook.carried}), "its pause is not over"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [one.control_number for one in world.carrier.carried] == [f"{number:09}" for number in range(1, 7)]


async def test_what_waits_for_a_channel_that_was_out_leaves_in_order_when_it_is_back(
    world: World, ledger: Ledger
) -> None:
    hook = world.carriers["webhook"]
    for number in range(5):
        await accept(ledger, f"RE-{number}", lane="bills", body=INVOICE, document_type="invoice")
    for _ in range(6):
        await world.work_off()
        await world.make_due()
    assert {one.deliveries for one in hook.carried} == {hook.carried[0].deliveries}, (
        "only the first of the lane is tried"
    )
    assert set((await states(ledger)).values()) <= {"waiting", "held"}
    assert await ledger._pool.fetchval("select max(attempt) from attempts") == 0, "an outage spends nothing"
    hook.otherwise = Delivered("HTTP 204")
    hook.carried.clear()
    await world.work_off()
    assert [one.id for one in hook.carried] == sorted(one.id for one in hook.carried)
    assert set((await states(ledger)).values()) == {"delivered"}


async def test_while_it_is_out_one_probe_at_a_time_is_tried() -> None:
    clock = [0.0]
    circuits, partner, tried = Circuits(lambda: clock[0]), a_partner(an_agreement(), BILLS), 0

    async def carry(answer: Outcome = OUT) -> Outcome:
        nonlocal tried
        tried += 1
        return answer

    for _ in range(3):
        outcome = await circuits.through(partner, "webhook", carry)
        assert isinstance(outcome, Unavailable)
        assert outcome.partly
    assert outcome.after == pytest.approx(1.0), "not before the probe"
    outcome = await circuits.through(partner, "webhook", carry)
    assert (tried, outcome) == (3, Unavailable("`webhook` of `nordlicht` is out", after=1.0, partly=True))
    assert REGISTRY.get_sample_value("gateway_breaker_state", {"destination": "partner:nordlicht/webhook"}) == 2
    clock[0] = 1.0

    async def probe() -> Outcome:
        beside = await circuits.through(partner, "webhook", carry)
        assert isinstance(beside, Unavailable)
        return Unknown("cut")

    assert await circuits.through(partner, "webhook", probe) == Unknown("cut", partly=True)
    assert tried == 3
    assert await circuits.through(partner, "as2", lambda: carry(Offered())) == Offered()
    clock[0] = 3.0
    assert await circuits.through(partner, "webhook", lambda: carry(Delivered("204"))) == Delivered("204")
    assert REGISTRY.get_sample_value("gateway_breaker_state", {"destination": "partner:nordlicht/webhook"}) == 0


async def test_a_probe_that_breaks_leaves_the_way_to_the_next() -> None:
    clock = [0.0]
    circuits, partner = Circuits(lambda: clock[0]), a_partner(an_agreement())

    async def breaks() -> Outcome:
        raise RuntimeError

    async def out() -> Outcome:
        return OUT

    for _ in range(3):
        outcome = await circuits.through(partner, "as2", out)
    clock[0] = 1.0
    with pytest.raises(RuntimeError):
        await circuits.through(partner, "as2", breaks)
    outcome = await circuits.through(partner, "as2", out)
    assert outcome == Unavailable(OUT.why, after=2.0), "a partner with one channel is out as a whole"


def test_the_channels_of_a_partner_are_those_of_what_we_send_and_answer() -> None:
    received = an_agreement(name="orders", document="purchase_order", direction="in", channel="sftp")
    assert channels_of(a_partner(an_agreement(), BILLS, received)) == {"as2", "webhook"}
