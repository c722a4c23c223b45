"""Workers: they share the work, take over from one that dies, hand back at a clean stop, survive what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from support.delivering import Told, number_of, states, whole
from support.ledgering import an_entry, lease_all

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import Delivered, Delivery, Outcome, Unavailable
from gateway.destinations.recording import RecordingDestination
from gateway.ledger import leasing
from gateway.ledger.database import LedgerUnavailable, open_pool
from gateway.ledger.entries import NewDelivery
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer
from gateway.ledger.sharding import SHARDS, shard_of
from gateway.working import Worker

Opening = Callable[[str], Awaitable[Ledger]]


@pytest.fixture
async def opening(database: str, sealer: Sealer) -> AsyncIterator[Opening]:
    """Ledgers of further workers on the same database."""
    opened: list[Ledger] = []

    async def open_one(name: str) -> Ledger:
        opened.append(Ledger(await open_pool(database, size=4), Payloads(sealer), name))
        return opened[-1]

    yield open_one
    for ledger in opened:
        await ledger.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases of a second: a dead worker is missed soon."""
    monkeypatch.setattr("gateway.ledger.leasing.LEASE_SECONDS", 1.0)
    monkeypatch.setattr("gateway.working.LEASE_SECONDS", 1.0)


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator["asyncio.Task[None]"]:
    """Runs until the end of the block, then ends without a word, as a killed process does."""
    running = asyncio.create_task(worker.run())
    try:
        yield running
    finally:
        await killed(worker, running)


async def killed(worker: Worker, running: "asyncio.Task[None]") -> None:
    tasks = [running, *worker._busy.values()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.02)


async def fill(ledger: Ledger, count: int, start: int = 0) -> None:
    for n in range(start, start + count):
        await ledger.record(an_entry(f"PO-{n}", lane=f"lane {n % 16}"))


def all_delivered(ledger: Ledger, count: int) -> Callable[[], Awaitable[bool]]:
    async def done() -> bool:
        return (await ledger.balance()).delivered == count

    return done


def owner_of(ledger: Ledger) -> Callable[[], Awaitable[list[str | None]]]:
    async def owners() -> list[str | None]:
        return [row[0] for row in await ledger._pool.fetch("select owner from shards order by shard")]

    return owners


async def test_a_worker_delivers_what_was_there_and_what_comes(ledger: Ledger) -> None:
    told = Told()
    await fill(ledger, 20)
    async with working(Worker(ledger, [told], None)):
        await until(all_delivered(ledger, 20))
        await fill(ledger, 20, 20)
        await until(all_delivered(ledger, 40))
    assert told.started == 1
    assert len(told.calls) == 40
    await whole(ledger)


async def test_two_workers_share_the_work(ledger: Ledger, opening: Opening, quick: None, tmp_path: Path) -> None:
    other = await opening("other")
    first, second = (RecordingDestination("recording", tmp_path / "effects") for _ in range(2))
    async with working(Worker(ledger, [first], None)), working(Worker(other, [second], None)):

        async def shared() -> bool:
            return sorted(str(o) for o in await owner_of(ledger)()) == ["other"] * (SHARDS // 2) + ["tester"] * (
                SHARDS // 2
            )

        await until(shared)
        await fill(ledger, 64)
        await until(all_delivered(ledger, 64))
    by = await ledger._pool.fetch("select worker, count(*) from attempts group by 1")
    assert {row[0] for row in by} == {"tester", "other"}
    assert len((tmp_path / "effects").read_bytes().splitlines()) == 64


async def test_what_a_killed_worker_left_another_takes_over_and_reads_back_first(
    ledger: Ledger, opening: Opening, quick: None
) -> None:
    reached = asyncio.Event()

    class Hanging(Told):
        async def deliver(self, delivery: Delivery) -> Delivered:
            self.there.add(number_of(delivery))  # it has the document, and the worker will never hear of it
            reached.set()
            await asyncio.Event().wait()
            raise AssertionError

    hanging, told = Hanging(), Told()
    told.there = hanging.there
    await fill(ledger, 1)
    dying = Worker(await opening("dying"), [hanging], None)
    async with working(dying):
        await asyncio.wait_for(reached.wait(), 10)
    async with working(Worker(ledger, [told], None)):
        await until(all_delivered(ledger, 1))
    assert told.calls == ["verify PO-0"]


async def test_a_clean_stop_settles_what_is_under_way_and_gives_everything_back(ledger: Ledger) -> None:
    go_on, reached = asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def deliver(self, delivery: Delivery) -> Delivered:
            reached.set()
            await go_on.wait()
            return Delivered(reference="S1")

    slow = Slow()
    await fill(ledger, 1)
    worker = Worker(ledger, [slow], None)
    async with working(worker):
        await asyncio.wait_for(reached.wait(), 10)
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        await fill(ledger, 1, 1)
        go_on.set()
        await stopping
        assert await states(ledger) == {"PO-0": "delivered", "PO-1": "pending"}
        await asyncio.sleep(0.3)
        assert await owner_of(ledger)() == [None] * SHARDS
        assert await ledger._pool.fetchval("select count(*) from workers") == 0
    assert slow.closed == 1


async def test_a_stopping_worker_keeps_the_lease_of_what_is_under_way(ledger: Ledger, quick: None) -> None:
    go_on, reached = asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def deliver(self, delivery: Delivery) -> Delivered:
            reached.set()
            await go_on.wait()
            return Delivered(reference="S1")

    await fill(ledger, 1)
    worker = Worker(ledger, [Slow()], None)
    async with working(worker):
        await asyncio.wait_for(reached.wait(), 10)
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(1.5)  # longer than a lease
        go_on.set()
        await stopping
    assert await states(ledger) == {"PO-0": "delivered"}


async def test_a_lease_lost_in_the_middle_of_a_batch_records_nothing_twice(
    ledger: Ledger, opening: Opening, quick: None
) -> None:
    go_on, reached = asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def deliver(self, delivery: Delivery) -> Delivered:
            reached.set()
            await go_on.wait()
            self.there.add(number_of(delivery))
            return Delivered(reference="S1")

    slow, told = Slow(), Told()
    await fill(ledger, 1)
    sleeping = Worker(await opening("sleeping"), [slow], None)
    async with working(sleeping):
        await asyncio.wait_for(reached.wait(), 10)
        sleeping._ledger.leases.rebalance = _sleep  # type: ignore[method-assign]
        async with working(Worker(ledger, [told], None)):
            await until(all_delivered(ledger, 1))
            go_on.set()
            await asyncio.sleep(0.3)
    assert told.calls == ["verify PO-0", "deliver PO-0"]
    assert await ledger._pool.fetchval("select count(*) from attempts where outcome = 'delivered'") == 1
    assert await ledger._pool.fetchval("select worker from attempts") == "tester"
    await whole(ledger)


async def _sleep(*_: object) -> None:
    """A process that is stopped renews nothing."""


async def test_a_shard_under_way_is_not_given_up_before_it_is_at_rest(
    ledger: Ledger, opening: Opening, quick: None
) -> None:
    await fill(ledger, 32)
    await lease_all(ledger)
    busy = {lease.place for lease in ledger.leases.of("recording")}
    other = await opening("other")
    await lease_all(other)
    await ledger.leases.rebalance(["recording"], busy)
    assert await owner_of(ledger)() == ["tester"] * SHARDS
    kept = ledger.leases.of("recording")
    assert sorted(lease.shard for lease in kept) == [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19], "half of each urgency"
    leaving = leasing.Lease("recording", 7, 1)
    assert (ledger.leases.owns(leaving), ledger.leases.keeps(leaving)) == (True, False)
    told = Told()
    for shard in await ledger.shards_with_work("recording", list(range(SHARDS))):
        await deliver(ledger, told, Breaker(), leasing.Lease("recording", shard, 1))  # settles under what is leaving
    await ledger.leases.rebalance(["recording"])
    assert await owner_of(ledger)() == (["tester"] * 4 + [None] * 4) * 3
    assert (await whole(ledger)).delivered == 32


async def test_a_destination_that_cannot_start_does_not_stop_the_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Told):
        async def start(self) -> None:
            raise RuntimeError("no such host")

    await fill(ledger, 4)
    async with working(Worker(ledger, [Broken("odoo"), Told()], None)):
        await until(all_delivered(ledger, 4))


async def test_an_outage_is_probed_and_then_everything_drains_in_order(ledger: Ledger) -> None:
    out = True

    class Away(Told):
        async def deliver(self, delivery: Delivery) -> Delivered | Unavailable:  # type: ignore[override]
            self.calls.append(number_of(delivery))
            return Unavailable(why="503") if out else Delivered(reference="S1")

    away = Away()
    for n in range(30):
        await ledger.record(an_entry(f"PO-{n:02}", lane="one"))
    async with working(Worker(ledger, [away], None)):
        await until(lambda: _answers(len(away.calls) >= 2))
        assert set(away.calls) == {"PO-00"}
        out = False
        await until(all_delivered(ledger, 30))
    assert [call for call in away.calls if call != "PO-00"] == [f"PO-{n:02}" for n in range(1, 30)]
    assert await ledger._pool.fetchval("select max(attempt) from attempts") == 1


async def _answers(holds: bool) -> bool:
    return holds


async def test_a_worker_outlives_whatever_one_of_its_duties_meets(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [LedgerUnavailable(), asyncpg.DeadlockDetectedError("x"), ValueError("a defect")]
    balance, rebalance = ledger.balance, ledger.leases.rebalance

    async def failing_once(*given: object) -> None:
        if failures:
            raise failures.pop()
        await rebalance(*given)  # type: ignore[arg-type]

    async def never(*_: object) -> None:
        raise asyncpg.DataError("a defect")

    monkeypatch.setattr("gateway.working.LEASE_SECONDS", 0.1)
    monkeypatch.setattr(ledger.leases, "rebalance", failing_once)
    monkeypatch.setattr(ledger, "balance", never)
    await fill(ledger, 4)

    async def delivered() -> bool:
        return (await balance()).delivered == 4

    async with working(Worker(ledger, [Told()], None)) as running:
        await until(delivered)
        assert not running.done()
    assert failures == []


async def test_a_foreign_long_transaction_makes_deliveries_wait_and_none_is_skipped(
    ledger: Ledger, database: str
) -> None:
    foreign = await asyncpg.connect(database)
    transaction = foreign.transaction()
    await transaction.start()
    await foreign.execute("insert into workers (id, seen_at) values ('report', '-infinity')")
    await fill(ledger, 5)
    told = Told()
    async with working(Worker(ledger, [told], None)):
        await asyncio.sleep(0.5)
        assert told.calls == []
        assert (await whole(ledger)).pending == 5
        await transaction.rollback()
        await until(all_delivered(ledger, 5))
    await foreign.close()


async def test_after_the_release_nothing_is_leased_again_though_a_renewal_was_on_its_way(ledger: Ledger) -> None:
    await lease_all(ledger)
    await ledger.leases.release()
    await ledger.leases.rebalance(["recording"])
    assert ledger.leases.of("recording") == []
    assert await owner_of(ledger)() == [None] * SHARDS


async def test_what_is_urgent_does_not_wait_behind_what_is_not(ledger: Ledger) -> None:
    open_again = asyncio.Event()

    class Stopping(Told):
        async def deliver(self, delivery: Delivery) -> Outcome:
            if len(self.calls) >= 20:
                await open_again.wait()
            return await super().deliver(delivery)

    def ways(*numbers: str, priority: int) -> tuple[NewDelivery, ...]:
        return tuple(
            NewDelivery(1, "recording", "record", f"lane {number}", f"gw.{number}", "1", "hold", priority)
            for number in numbers
        )

    for n in range(300):
        await ledger.record(an_entry(f"bulk-{n}", deliveries=ways(str(n), priority=9)))
    told = Stopping(concurrency=1, batch=100)
    async with working(Worker(ledger, [told], None)):
        await until(lambda: _called(told, 20))
        await ledger.record(an_entry("urgent", deliveries=ways(*"abcde", priority=0)))
        await until(lambda: _taken(ledger))
        open_again.set()
        await until(all_delivered(ledger, 305))
    places = [place for place, call in enumerate(told.calls) if "urgent" in call]
    assert max(places) < 60, "only what was under way and what shares their shards' turns went before"
    assert len(told.calls) == 305
    await whole(ledger)


async def _taken(ledger: Ledger) -> bool:
    """Whether the urgent deliveries have been taken out of the ledger, so that they wait for their turn."""
    wanted = {shard_of(f"lane {name}", 0) for name in "abcde"}
    rows = await ledger._pool.fetch("select shard from shards where taken_tick > 0")
    return wanted <= {row["shard"] for row in rows}


async def _called(told: Told, times: int) -> bool:
    return len(told.calls) >= times


async def test_a_worker_that_has_no_part_of_a_paced_destination_yet_keeps_its_leases(
    opening: Opening,
) -> None:
    """One that starts beside others gets its shards in the next round; until then it logged an error each time."""

    shares: list[float] = []

    class Paced(RecordingDestination):
        def set_share(self, fraction: float) -> None:
            shares.append(fraction)

    first, second = await opening("first"), await opening("second")
    await lease_all(first)
    paced = Paced("recording")
    worker = Worker(second, [paced], None)
    await worker._keep_leases()
    assert second.leases.of(paced.name) == []
    assert shares == []
