"""Delivering: forward by cursor, in order per lane, exceptions as rows, fenced leases."""

import pytest
from support.ledgering import an_entry, delivered, held, lease_all, parked, postponed, take_all

from gateway.ledger.database import open_pool
from gateway.ledger.delivering import Fenced
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer
from gateway.ledger.sharding import SHARDS
from gateway.ledger.states import State


async def _one_lane(ledger: Ledger, count: int) -> None:
    for n in range(count):
        await ledger.record(an_entry(f"PO-{n}"))


async def test_what_is_settled_is_not_taken_again(ledger: Ledger) -> None:
    await _one_lane(ledger, 3)
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    assert [work.delivery.business_key for work in works] == ["b|PO-0", "b|PO-1", "b|PO-2"]
    assert not any(work.maybe_sent or work.blocked for work in works)
    await ledger.settle(lease, [delivered(work) for work in works])
    assert await take_all(ledger, leases) == []
    balance = await ledger.balance()
    assert (balance.delivered, balance.pending, balance.imbalance) == (3, 0, 0)


async def test_the_document_arrives_as_it_was_recorded(ledger: Ledger) -> None:
    entry = an_entry("PO-1")
    await ledger.record(entry)
    [(_, [work])] = await take_all(ledger, await lease_all(ledger))
    assert work.delivery.body == entry.documents[0].body
    assert work.delivery.attempt == 1


async def test_what_was_taken_and_never_settled_may_have_been_sent(ledger: Ledger) -> None:
    await _one_lane(ledger, 2)
    leases = await lease_all(ledger)
    await take_all(ledger, leases)
    await ledger.record(an_entry("PO-new"))
    [(_, works)] = await take_all(ledger, leases)
    assert [work.maybe_sent for work in works] == [True, True, False]


async def test_followers_of_a_waiting_delivery_are_held_and_come_in_order(ledger: Ledger) -> None:
    await _one_lane(ledger, 3)
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    await ledger.settle(lease, [postponed(works[0], after=0.0), held(works[1]), held(works[2])])
    assert (await ledger.balance()).imbalance == 0
    [(_, again)] = await take_all(ledger, leases)
    assert [(work.number, work.state) for work in again] == [(1, State.WAITING), (1, State.HELD), (1, State.HELD)]
    assert [work.delivery.business_key for work in again] == ["b|PO-0", "b|PO-1", "b|PO-2"]
    assert [work.delivery.attempt for work in again] == [2, 1, 1]
    await ledger.settle(lease, [delivered(work) for work in again])
    assert (await ledger.balance()).delivered == 3


async def test_a_lane_that_waits_takes_newcomers_as_blocked(ledger: Ledger) -> None:
    await _one_lane(ledger, 1)
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    await ledger.settle(lease, [postponed(works[0], after=60)])
    await ledger.record(an_entry("PO-later"))
    [(lease, [later])] = await take_all(ledger, leases)
    assert later.blocked
    await ledger.settle(lease, [held(later)])
    assert await take_all(ledger, leases) == []


async def test_a_parked_head_holds_its_followers_until_it_is_replayed(ledger: Ledger) -> None:
    await _one_lane(ledger, 2)
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    await ledger.settle(lease, [parked(works[0]), held(works[1])])
    assert await take_all(ledger, leases) == []
    [seen] = await ledger.parked()
    assert (seen.cause, seen.last_error, seen.id) == ("no", "never", works[0].delivery.id)
    assert await ledger.replay(Selection(destination="recording"), actor="op", reason="fixed") == [seen.id]
    [(lease, again)] = await take_all(ledger, leases)
    assert [(work.state, work.maybe_sent) for work in again] == [(State.UNKNOWN, True), (State.HELD, False)]
    await ledger.settle(lease, [delivered(work) for work in again])
    assert (await ledger.balance()).imbalance == 0


async def test_cancelling_a_parked_head_lets_the_followers_go_on(ledger: Ledger) -> None:
    await _one_lane(ledger, 2)
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    await ledger.settle(lease, [parked(works[0]), held(works[1])])
    assert await ledger.cancel(works[0].message_id, 1, actor="op", reason="withdrawn")
    [(_, [follower])] = await take_all(ledger, leases)
    assert follower.delivery.business_key == "b|PO-1"
    assert not await ledger.cancel(works[0].message_id, 1, actor="op", reason="again")
    assert (await ledger.balance()).imbalance == 0


async def test_a_parked_delivery_that_lets_pass_blocks_nobody(ledger: Ledger) -> None:
    await _one_lane(ledger, 1)
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    await ledger.settle(lease, [parked(works[0], blocks=False)])
    await ledger.record(an_entry("PO-later"))
    [(_, [later])] = await take_all(ledger, leases)
    assert not later.blocked


async def test_a_worker_that_lost_its_lease_records_nothing(ledger: Ledger, database: str, sealer: Sealer) -> None:
    await _one_lane(ledger, 1)
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    await ledger.leases.release()
    other = Ledger(await open_pool(database), Payloads(sealer), "other")
    successors = await lease_all(other)
    with pytest.raises(Fenced, match="has another owner"):
        await ledger.settle(lease, [delivered(work) for work in works])
    [(_, [again])] = await take_all(other, successors)
    assert again.maybe_sent
    assert (await ledger.balance()).delivered == 0
    await other.close()


async def test_two_workers_share_the_shards_fairly(ledger: Ledger, database: str, sealer: Sealer) -> None:
    await lease_all(ledger)
    other = Ledger(await open_pool(database), Payloads(sealer), "other")
    await lease_all(other)
    await ledger.leases.rebalance(["recording"])
    await other.leases.rebalance(["recording"])
    shares = [{lease.shard for lease in one.leases.of("recording")} for one in (ledger, other)]
    assert [len(share) for share in shares] == [SHARDS // 2] * 2
    assert not shares[0] & shares[1]
    await other.close()


async def test_a_delivery_ends_once(ledger: Ledger) -> None:
    await _one_lane(ledger, 1)
    leases = await lease_all(ledger)
    [(lease, [work])] = await take_all(ledger, leases)
    await ledger.settle(lease, [delivered(work)])
    with pytest.raises(Exception, match="attempts_end"):
        await ledger.settle(lease, [delivered(work)])


async def test_replay_is_spread_over_time(ledger: Ledger) -> None:
    for n in range(3):
        await ledger.record(an_entry(f"PO-{n}", lane=f"lane {n}"))
    leases = await lease_all(ledger)
    for lease, works in await take_all(ledger, leases):
        await ledger.settle(lease, [parked(work) for work in works])
    await ledger.replay(Selection(), actor="op", reason="fixed", per_second=0.01)
    due = [work for _, works in await take_all(ledger, leases) for work in works]
    assert [work.delivery.business_key for work in due] == ["b|PO-0"]
