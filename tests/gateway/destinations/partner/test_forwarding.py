"""Parcels that are carried by themselves: what is put off, what hangs, and who waits for whom."""

import asyncio

from support.delivering import states, whole
from support.leaving import Carrying, World, a_partner, accept, an_agreement, batched

from gateway.beside import Beside
from gateway.destinations.carrying import Parcel
from gateway.destinations.contract import Delivered, Outcome, Postponed, Unavailable
from gateway.destinations.partner.forwarding import Forwarding
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection
from partners.profile import Partner

NOT_FOUND = Postponed("their server answers HTTP 404")


async def _work(world: World, times: int) -> None:
    for _ in range(times):
        await world.forwarding.look()
        await world.make_due()


async def test_a_batch_that_is_put_off_again_and_again_is_parked_and_the_next_one_leaves(
    world: World, ledger: Ledger
) -> None:
    world.let(a_partner(batched(2)))
    world.carrier.answers = [NOT_FOUND] * 7
    world.carrier.otherwise = Delivered("MDN")
    await accept(ledger, "AB-1", "AB-2", "AB-3", "AB-4")
    await world.work_off()
    await _work(world, 8)
    assert await states(ledger) == {"AB-1": "parked", "AB-2": "parked", "AB-3": "delivered", "AB-4": "delivered"}
    assert await world.states() == ["refused", "delivered"]
    assert {one.last_error for one in await ledger.parked()} == {"their server answers HTTP 404"}
    await whole(ledger)
    await ledger.replay(Selection(destination="partner:nordlicht"), actor="operator ann", reason="they have mended it",
                        per_second=100)  # fmt: skip
    await world.make_due()
    await world.work_off()
    world.carrier.answers = [NOT_FOUND] * 3
    await _work(world, 4)
    assert set((await states(ledger)).values()) == {"delivered"}, "its attempts are counted anew"
    await whole(ledger)


async def test_the_pauses_of_a_batch_that_is_put_off_grow(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(1 + 1)))
    world.carrier.otherwise = NOT_FOUND
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    pauses = []
    for _ in range(6):
        await world.forwarding.look()
        pauses.append(await ledger._pool.fetchval("select extract(epoch from due_at - now())::float8 from parcels"))
        await world.make_due()
    for pause, least in zip(pauses, (10, 60, 300, 900, 3600, 14400), strict=True):
        assert least - 5 < pause < least * 1.1 + 1


async def test_an_outage_spends_no_attempt_of_a_batch_however_long_it_lasts(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    world.carrier.otherwise = Unavailable("connection refused")
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    await _work(world, 30)
    assert await ledger._pool.fetchval("select attempts from parcels") == 0
    world.carrier.answers, world.carrier.otherwise = [NOT_FOUND], Delivered("MDN")
    await _work(world, 2)
    assert set((await states(ledger)).values()) == {"delivered"}


async def test_a_partner_whose_server_hangs_holds_up_no_batch_of_another(world: World, ledger: Ledger) -> None:
    go = asyncio.Event()

    class Hanging(Carrying):
        async def carry(self, parcel: Parcel, partner: Partner) -> Outcome:
            answer = await super().carry(parcel, partner)
            await go.wait()
            return answer

    hanging = world.carriers["webhook"] = Hanging("webhook", Delivered("HTTP 204"))
    slow = a_partner(
        an_agreement(channel="webhook", batch=batched(1).batch, format="json", association=""), id="stahlhof"
    )
    world.carrier.otherwise = Delivered("MDN")
    world.let(a_partner(batched(1)), slow)
    world.forwarding = Forwarding(
        lambda: world.directory, world.parcels, world.composer, world.carriers, world.circuits, Beside(patience=0.1)
    )
    await accept(ledger, "AB-1", partner="stahlhof")
    await world.work_off("stahlhof")
    await world.forwarding.look()
    assert len(hanging.carried) == 1
    await accept(ledger, "AB-2")
    await world.work_off()
    async with asyncio.timeout(30):
        while not world.carrier.carried:
            await world.make_due()
            await world.forwarding.look()
    assert len(hanging.carried) == 1, "what is under way is not taken a second time"
    go.set()
    async with asyncio.timeout(30):
        while await states(ledger) != {"AB-1": "delivered", "AB-2": "delivered"}:
            await world.forwarding.look()
    await world.forwarding.close()
