"""Workers that die at any step, and several at once: nothing is lost, nothing leaves under two control numbers, and the
numbers of what was kept have no gaps."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from support.delivering import states, whole
from support.leaving import World, a_partner, accept, an_agreement, batched
from support.ledgering import lease_all

from gateway.delivery import deliver
from gateway.destinations.contract import Delivered, Delivery, Offered, Unavailable
from gateway.ledger.database import open_pool
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer
from policies.masking import Masking


class Died(BaseException):
    """The worker is gone: nothing after this is done by it."""


async def _dies(world: World, step: str) -> None:
    """One worker that dies at a step; what it has taken is never settled by it."""
    destination, parcels = world.destination(), world.parcels
    kept, told = parcels.keep, parcels.tell
    carrier = world.carrier

    async def die(*_: object, **__: object) -> None:
        raise Died

    async def keep_and_die(*arguments: object, **named: object) -> None:
        await kept(*arguments, **named)  # type: ignore[arg-type]
        raise Died

    async def tell_and_die(*arguments: object, **named: object) -> None:
        await told(*arguments, **named)  # type: ignore[arg-type]
        raise Died

    if step == "before keeping":
        parcels.keep = die  # type: ignore[method-assign, assignment]
    elif step == "after keeping":
        parcels.keep = keep_and_die  # type: ignore[method-assign, assignment]
    elif step == "while carrying":
        carrier.answers = [Died()]
    elif step == "after carrying":
        parcels.tell = die  # type: ignore[method-assign, assignment]
    elif step == "before settling":
        parcels.tell = tell_and_die  # type: ignore[method-assign, assignment]
    try:
        for lease in await lease_all(world.ledger, destination.name):
            if await world.ledger.shards_with_work(destination.name, [lease.shard]):
                with pytest.raises((Died, BaseExceptionGroup)):
                    await deliver(world.ledger, destination, world.breaker, lease)
    finally:
        parcels.keep, parcels.tell = kept, told  # type: ignore[method-assign]
        carrier.answers = []


STEPS = ("before keeping", "after keeping", "while carrying", "after carrying", "before settling")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("outcome", [Delivered("MDN 1"), Offered()])
async def test_a_worker_that_dies_leaves_one_parcel_and_its_successor_finishes(
    world: World, ledger: Ledger, step: str, outcome: Delivered | Offered
) -> None:
    world.carrier.otherwise = outcome
    await accept(ledger, "AB-1")
    await _dies(world, step)
    await world.work_off()
    assert await states(ledger) == {"AB-1": "delivered" if isinstance(outcome, Delivered) else "offered"}
    assert await world.numbers() == ["000000001"]
    assert len({(parcel.id, parcel.content) for parcel in world.carrier.carried}) == 1
    if step in ("while carrying", "after carrying"):
        assert world.carrier.looked, "what may have left is looked for before it is carried again"
    await whole(ledger)


@pytest.mark.parametrize("step", ["after keeping", "while carrying", "before settling"])
async def test_a_batch_whose_worker_dies_leaves_once(world: World, ledger: Ledger, step: str) -> None:
    world.let(a_partner(batched(2)))
    world.carrier.otherwise = Delivered("MDN 1")
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    forwarding = world.forwarding
    if step == "after keeping":
        await forwarding._close_if_due((await world.parcels.gathering.waiting())[0])
    elif step == "while carrying":
        world.carrier.answers = [Died()]
        with pytest.raises((Died, BaseExceptionGroup)):
            await forwarding.look()
    else:
        settle = world.parcels.settle

        async def die(*_: object, **__: object) -> None:
            raise Died

        world.parcels.settle = die  # type: ignore[method-assign, assignment]
        with pytest.raises((Died, BaseExceptionGroup)):
            await forwarding.look()
        world.parcels.settle = settle  # type: ignore[method-assign]
    await world.make_due()
    await forwarding.look()
    assert await states(ledger) == {"AB-1": "delivered", "AB-2": "delivered"}
    assert await world.numbers() == ["000000001"]
    assert len({parcel.id for parcel in world.carrier.carried}) == 1
    await whole(ledger)


@pytest.fixture
async def workers(database: str, ledger: Ledger, sealer: Sealer, masking: Masking) -> Iterator[list[World]]:
    """Two workers on one database, with pools of their own."""
    others = [Ledger(await open_pool(database), Payloads(sealer), f"worker-{number}") for number in range(2)]
    yield [World(one, masking, a_partner(an_agreement())) for one in others]  # type: ignore[misc]
    for one in others:
        await one.close()


async def test_two_workers_give_200_documents_consecutive_numbers(workers: list[World], ledger: Ledger) -> None:
    for number in range(200):
        await accept(ledger, f"AB-{number}", lane=f"lane {number}")
    names = [world.destination().name for world in workers]
    for world, name in zip(workers, names, strict=True):
        await world.ledger.leases.seat([name])
    for _ in range(3):
        for world, name in zip(workers, names, strict=True):
            await world.ledger.leases.rebalance([name])

    async def work(world: World, name: str) -> None:
        destination = world.destination()

        async def off(lease: object) -> None:
            while await deliver(world.ledger, destination, world.breaker, lease):  # type: ignore[arg-type]
                pass

        await asyncio.gather(*(off(lease) for lease in world.ledger.leases.of(name)))

    await asyncio.gather(*(work(world, name) for world, name in zip(workers, names, strict=True)))
    for world in workers:  # what a clash of the two has put off
        await world.make_due()
        await work(world, names[0])
    carried = [[parcel.control_number for parcel in world.carrier.carried] for world in workers]
    assert all(carried), "both of them worked"
    assert sorted(number for numbers in carried for number in numbers) == [f"{number:09}" for number in range(1, 201)]
    members = await ledger._pool.fetch("select count(*) as n from parcel_members group by parcel")
    assert [row["n"] for row in members] == [1] * 200
    contents = [parcel.content for world in workers for parcel in world.carrier.carried]
    references = [content.partition(b"UNH+")[2].partition(b"+")[0] for content in contents]
    assert sorted(int(one) for one in references) == list(range(1, 201))
    await whole(ledger)


async def test_two_workers_at_one_document_keep_one_parcel(workers: list[World], ledger: Ledger) -> None:
    """One was fenced and does not know it yet: the other has taken over."""
    await accept(ledger, "AB-1")
    taken: list[Delivery] = []
    name = workers[0].destination().name
    for lease in await lease_all(ledger, name):
        taken += [work.delivery for work in await ledger.next_deliveries(lease, 10)]
    outcomes = await asyncio.gather(*(world.destination().deliver(taken[0]) for world in workers))
    assert {type(one).__name__ for one in outcomes} <= {"Offered", "Postponed"}
    assert await workers[0].numbers() == ["000000001"]


async def test_a_partner_that_is_down_for_a_day_gets_everything_once_and_in_order(
    world: World, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [datetime(2026, 11, 23, 6, tzinfo=UTC)]
    monkeypatch.setattr("gateway.destinations.partner.destination.now", lambda: clock[0])
    world.carrier.otherwise = Unavailable("connection refused")
    for hour in range(24):
        await accept(ledger, f"AB-{hour}")
        await world.work_off()
        await world.make_due()
        clock[0] += timedelta(hours=1)
    assert set((await states(ledger)).values()) <= {"waiting", "held"}
    world.carrier.otherwise, world.breaker = Delivered("MDN"), type(world.breaker)()
    world.carrier.carried.clear()
    await world.make_due()
    await world.work_off()
    assert set((await states(ledger)).values()) == {"delivered"}
    assert [parcel.control_number for parcel in world.carrier.carried] == [f"{number:09}" for number in range(1, 25)]
    made = [parcel.made_at for parcel in world.carrier.carried]
    assert made == sorted(made)
    row = await ledger._pool.fetchrow("select count(*) as n from exceptions where state = 'parked'")
    assert row["n"] == 0
    await whole(ledger)
