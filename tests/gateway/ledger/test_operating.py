"""What operators do: select, replay, cancel; the figures they look at."""

import asyncio
from uuid import UUID

import msgspec
from support.delivering import make_due, states, whole
from support.ledgering import an_entry, delivered, held, lease_all, parked, postponed, take_all

from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection


async def _parked(ledger: Ledger, *numbers: str) -> None:
    """Each in a lane of its own."""
    for number in numbers:
        await ledger.record(an_entry(number, lane=f"lane {number}"))
    for lease, works in await take_all(ledger, await lease_all(ledger)):
        await ledger.settle(lease, [parked(work) for work in works])


async def _id(ledger: Ledger, number: str) -> UUID:
    found = await ledger._pool.fetchval("select message_id from documents where business_number = $1", number)
    assert isinstance(found, UUID)
    return found


async def _last_event(ledger: Ledger) -> dict[str, object]:
    body = await ledger._pool.fetchval("select body from events order by tick desc, id desc limit 1")
    event: dict[str, object] = msgspec.json.decode(body)
    return event


async def test_parked_deliveries_are_listed_by_destination_and_cause(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1", "PO-2")
    await ledger._pool.execute("update exceptions set cause = 'other' where lane = 'lane PO-2'")
    assert [seen.business_number for seen in await ledger.parked()] == ["PO-1", "PO-2"]
    assert [seen.business_number for seen in await ledger.parked(cause="other")] == ["PO-2"]
    assert await ledger.parked(destination="odoo") == []
    assert len(await ledger.parked(limit=1)) == 1


async def test_a_replay_takes_what_is_selected_and_nothing_else(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1", "PO-2", "PO-3")
    one = Selection(message_id=await _id(ledger, "PO-2"), number=1)
    assert len(await ledger.replay(one, actor="op", reason="fixed")) == 1
    assert await states(ledger) == {"PO-1": "parked", "PO-2": "unknown", "PO-3": "parked"}
    assert await ledger.replay(Selection(cause="another"), actor="op", reason="fixed") == []
    assert len(await ledger.replay(Selection(destination="recording"), actor="op", reason="all", limit=1)) == 1
    await whole(ledger)


async def test_a_proposal_is_approved_by_its_message_or_its_cause_and_never_among_others(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1", "PO-2", "PO-3")
    await ledger._pool.execute("update exceptions set cause = 'ownership.proposed' where lane <> 'lane PO-1'")
    assert len(await ledger.replay(Selection(), actor="op", reason="all")) == 1
    assert len(await ledger.replay(Selection(destination="recording"), actor="op", reason="all")) == 0
    assert await states(ledger) == {"PO-1": "unknown", "PO-2": "parked", "PO-3": "parked"}
    one = Selection(message_id=await _id(ledger, "PO-2"), number=1)
    assert len(await ledger.replay(one, actor="op", reason="the buyer agrees")) == 1
    which = Selection(cause="ownership.proposed")
    assert len(await ledger.replay(which, actor="op", reason="all agreed", per_second=1000)) == 1
    taken = [work for _, works in await take_all(ledger, await lease_all(ledger)) for work in works]
    assert {work.delivery.lane: work.delivery.approved for work in taken} == {
        "lane PO-1": False, "lane PO-2": True, "lane PO-3": True,
    }  # fmt: skip


async def test_an_approval_outlasts_a_destination_that_is_busy(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1")
    await ledger._pool.execute("update exceptions set cause = 'ownership.proposed'")
    await ledger.replay(Selection(cause="ownership.proposed"), actor="op", reason="agreed")
    [(lease, [work])] = await take_all(ledger, await lease_all(ledger))
    await ledger.settle(lease, [postponed(work)])
    await make_due(ledger)
    [(_, [work])] = await take_all(ledger, await lease_all(ledger))
    assert work.delivery.approved


async def test_every_act_is_an_event_with_its_actor_and_reason(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1")
    message = await _id(ledger, "PO-1")
    await ledger.replay(Selection(), actor="mara", reason="price fixed")
    event = await _last_event(ledger)
    assert (event["event"], event["actor"], event["reason"]) == ("operator.document.replayed", "mara", "price fixed")
    await ledger._pool.execute("update exceptions set state = 'parked'")
    await ledger.cancel(message, 1, actor="jens", reason="withdrawn")
    event = await _last_event(ledger)
    assert (event["event"], event["actor"], event["reason"]) == ("operator.document.cancelled", "jens", "withdrawn")
    assert event["delivery"] == f"{message}.1"


async def test_a_replay_starts_the_attempts_anew(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1")
    await ledger.replay(Selection(), actor="op", reason="fixed")
    [(_, [work])] = await take_all(ledger, await lease_all(ledger))
    assert (work.delivery.attempt, work.maybe_sent) == (1, True)


async def test_what_is_delivered_or_under_way_cannot_be_cancelled(ledger: Ledger) -> None:
    await ledger.record(an_entry("PO-1", lane="a"))
    message = await _id(ledger, "PO-1")
    assert not await ledger.cancel(message, 1, actor="op", reason="too early")
    [(lease, [work])] = await take_all(ledger, await lease_all(ledger))
    await ledger.settle(lease, [postponed(work)])
    [(lease, [work])] = await take_all(ledger, [lease])
    assert not await ledger.cancel(message, 1, actor="op", reason="it may have been sent")
    await ledger.settle(lease, [delivered(work)])
    assert not await ledger.cancel(message, 1, actor="op", reason="too late")
    assert (await whole(ledger)).cancelled == 0


async def test_what_waits_or_is_held_can_be_cancelled_and_the_rest_of_the_lane_goes_on(ledger: Ledger) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        await ledger.record(an_entry(number))
    leases = await lease_all(ledger)
    [(lease, works)] = await take_all(ledger, leases)
    await ledger.settle(lease, [postponed(works[0], after=600), held(works[1]), held(works[2])])
    assert await ledger.cancel(await _id(ledger, "PO-2"), 1, actor="op", reason="x")
    assert await take_all(ledger, leases) == []
    assert await ledger.cancel(await _id(ledger, "PO-1"), 1, actor="op", reason="x")
    [(_, [third])] = await take_all(ledger, leases)
    assert third.delivery.business_key == "b|PO-3"
    assert (await whole(ledger)).cancelled == 2


async def test_a_cancel_and_a_settling_worker_never_strand_a_follower(ledger: Ledger) -> None:
    leases = await lease_all(ledger)
    for n in range(15):
        await ledger.record(an_entry(f"H-{n}"))
        [(lease, [head])] = await take_all(ledger, leases)
        await ledger.settle(lease, [parked(head)])
        await ledger.record(an_entry(f"F-{n}"))
        [(lease, [follower])] = await take_all(ledger, leases)
        assert follower.blocked
        await asyncio.gather(
            ledger.settle(lease, [held(follower)]), ledger.cancel(head.message_id, 1, actor="op", reason="x")
        )
        [(lease, [again])] = await take_all(ledger, leases)
        await ledger.settle(lease, [delivered(again)])
    assert (await whole(ledger)).delivered == 15


async def test_a_replay_does_not_hold_up_a_lane_whose_rule_lets_pass(ledger: Ledger) -> None:
    await ledger.record(an_entry("PO-1"))
    leases = await lease_all(ledger)
    [(lease, [work])] = await take_all(ledger, leases)
    await ledger.settle(lease, [parked(work, blocks=False)])
    await ledger.replay(Selection(), actor="op", reason="slowly", per_second=0.001)
    await ledger.record(an_entry("PO-2"))
    taken = [work for _, works in await take_all(ledger, leases) for work in works]
    assert [(w.delivery.business_key, w.passed, w.blocked) for w in taken] == [
        ("b|PO-1", True, False), ("b|PO-2", False, False)
    ]  # fmt: skip


async def test_the_balance_finds_a_delivery_that_is_nowhere(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1", "PO-2")
    await ledger._pool.execute("delete from exceptions where lane = 'lane PO-1'")
    balance = await ledger.balance()
    assert (balance.deliveries, balance.parked, balance.imbalance) == (2, 1, 1)


async def test_the_balance_finds_a_cursor_that_skipped_and_a_message_without_delivery(ledger: Ledger) -> None:
    await ledger.record(an_entry("PO-1"))
    await lease_all(ledger)
    await ledger._pool.execute("update shards set tick = 9000000000")
    assert (await ledger.balance()).imbalance == 1
    await ledger._pool.execute("delete from deliveries")
    assert (await ledger.balance()).imbalance == 1


async def test_depths_show_what_is_where_and_how_old(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1", "PO-2")
    await ledger.record(an_entry("PO-3"))
    await ledger._pool.execute("update exceptions set since = now() - interval '1 hour' where lane = 'lane PO-1'")
    depths = {(one.destination, one.state): one for one in await ledger.depths()}
    assert {place: one.depth for place, one in depths.items()} == {
        ("recording", "parked"): 2, ("recording", "pending"): 1
    }  # fmt: skip
    assert 3599 < depths["recording", "parked"].oldest < 3700


async def test_what_is_replayed_and_due_goes_through(ledger: Ledger) -> None:
    await _parked(ledger, "PO-1", "PO-2")
    await ledger.replay(Selection(), actor="op", reason="fixed", per_second=0.01)
    await make_due(ledger)
    for lease, works in await take_all(ledger, await lease_all(ledger)):
        await ledger.settle(lease, [delivered(work) for work in works])
    assert (await whole(ledger)).delivered == 2
