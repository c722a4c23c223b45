"""The page on the way out: every outcome and what it means, lanes, reading back, the breaker, replays."""

import asyncio
import re

import pytest
from support.delivering import Told, make_due, number_of, states, whole
from support.ledgering import an_entry, lease_all

from gateway import delivery as page
from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import (
    Absent,
    Delivered,
    Delivery,
    Offered,
    Postponed,
    Refused,
    Unavailable,
    Unknown,
)
from gateway.ledger.database import open_pool
from gateway.ledger.delivering import Fenced
from gateway.ledger.entries import NewDelivery
from gateway.ledger.leasing import Lease
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer
from gateway.ledger.sharding import shard_of


async def _accept(ledger: Ledger, *numbers: str, lane: str = "a", rule: str = "hold", retries: str = "1, 5") -> None:
    for number in numbers:
        way = NewDelivery(1, "recording", "record", lane, f"gw.{number}", retries, rule)
        await ledger.record(an_entry(number, deliveries=(way,)))


async def _lease(ledger: Ledger, lane: str = "a") -> Lease:
    return next(lease for lease in await lease_all(ledger) if lease.shard == shard_of(lane))


async def _work_off(ledger: Ledger, told: Told, lease: Lease, breaker: Breaker | None = None) -> None:
    while await deliver(ledger, told, breaker or Breaker(), lease):
        pass


@pytest.mark.parametrize(
    ("answer", "state", "cause", "attempts"),
    [
        (Delivered(reference="S1"), "delivered", None, None),
        (Offered(), "offered", None, 0),
        (Postponed(why="busy"), "waiting", "destination.postponed", 1),
        (Refused(code="odoo.product.unknown", why="no such product"), "parked", "odoo.product.unknown", 1),
        (Unknown(why="time-out"), "unknown", "destination.no_answer", 1),
        (Unknown(why="time-out", harmless=True), "unknown", "destination.no_answer", 0),
        (Unavailable(why="503"), "waiting", "destination.unavailable", 0),
        (RuntimeError("a defect"), "unknown", "destination.no_answer", 1),
        (None, "unknown", "destination.no_answer", 1),
        (Absent(), "unknown", "destination.no_answer", 1),
    ],
)
async def test_what_a_destination_says_becomes_this_state(
    ledger: Ledger, answer: object, state: str, cause: str | None, attempts: int | None
) -> None:
    await _accept(ledger, "PO-1")
    told = Told()
    told.answers["PO-1"] = [answer]
    assert await deliver(ledger, told, Breaker(), await _lease(ledger)) == 1
    row = await ledger._pool.fetchrow("select state, cause, attempts from exceptions")
    assert (await states(ledger))["PO-1"] == state
    assert (row["cause"], row["attempts"]) == (cause, attempts) if row else (cause, attempts) == (None, None)
    await whole(ledger)


async def test_what_a_defect_was_is_said_without_its_text(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2", lane="a")
    told = Told()
    told.answers["PO-1"] = [RuntimeError("price 17.42"), None]
    lease = await _lease(ledger)
    await deliver(ledger, told, Breaker(), lease)
    said = "select last_error from exceptions where last_error is not null"
    assert await ledger._pool.fetchval(said) == "the destination failed in an unexpected way: RuntimeError"
    await make_due(ledger)
    await deliver(ledger, told, Breaker(), lease)
    assert await ledger._pool.fetchval(said) == "the destination answered what it may not: NoneType"


async def test_a_destination_that_hangs_does_not_stop_its_shard(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LONGEST_ANSWER", 0.05)

    class Hanging(Told):
        async def deliver(self, delivery: Delivery) -> Delivered:
            if number_of(delivery) == "PO-1":
                await asyncio.Event().wait()
            return Delivered(reference="S1")

    await _accept(ledger, "PO-1", lane="a")
    await deliver(ledger, Hanging(), Breaker(), await _lease(ledger))
    assert await states(ledger) == {"PO-1": "unknown"}


async def test_a_lane_is_delivered_in_order_and_lanes_run_beside_each_other(ledger: Ledger) -> None:
    same = [lane for lane in map(str, range(100)) if shard_of(lane) == shard_of("a")][:2]
    running: list[set[str]] = []
    now: set[str] = set()

    class Slow(Told):
        async def deliver(self, delivery: Delivery) -> Delivered:
            now.add(delivery.lane)
            await asyncio.sleep(0)
            running.append(set(now))
            now.discard(delivery.lane)
            self.calls.append(number_of(delivery))
            return Delivered(reference="S")

    for n in range(4):
        for lane in same:
            await _accept(ledger, f"{lane}-{n}", lane=lane)
    told = Slow()
    await _work_off(ledger, told, await _lease(ledger))
    for lane in same:
        assert [call for call in told.calls if call.startswith(f"{lane}-")] == [f"{lane}-{n}" for n in range(4)]
    assert set(same) in running


async def test_no_more_lanes_at_once_than_the_destination_bears(ledger: Ledger) -> None:
    lanes = [lane for lane in map(str, range(200)) if shard_of(lane) == shard_of("a")][:6]
    most = under_way = 0

    class Counting(Told):
        async def deliver(self, delivery: Delivery) -> Delivered:
            nonlocal most, under_way
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return Delivered(reference="S")

    for lane in lanes:
        await _accept(ledger, f"PO-{lane}", lane=lane)
    await deliver(ledger, Counting(concurrency=2), Breaker(), await _lease(ledger))
    assert most == 2


async def test_what_waits_holds_those_behind_it_and_all_come_in_order(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2", "PO-3")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Postponed(why="busy")]
    await deliver(ledger, told, Breaker(), lease)
    assert await states(ledger) == {"PO-1": "waiting", "PO-2": "held", "PO-3": "held"}
    await _accept(ledger, "PO-4")
    await _work_off(ledger, told, lease)
    assert (await states(ledger))["PO-4"] == "held"
    await make_due(ledger)
    await _work_off(ledger, told, lease)
    assert told.calls == [f"deliver PO-{n}" for n in (1, 1, 2, 3, 4)]
    assert (await whole(ledger)).delivered == 4


async def test_what_is_parked_holds_those_behind_it(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2", rule="hold")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Refused(code="no", why="never")]
    await _work_off(ledger, told, lease)
    await make_due(ledger)
    await _work_off(ledger, told, lease)
    assert await states(ledger) == {"PO-1": "parked", "PO-2": "held"}


async def test_what_is_parked_lets_those_behind_it_pass_where_the_rule_says_so(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2", rule="pass")
    told = Told()
    told.answers["PO-1"] = [Refused(code="no", why="never")]
    await _work_off(ledger, told, await _lease(ledger))
    assert await states(ledger) == {"PO-1": "parked", "PO-2": "delivered"}


async def test_what_was_passed_and_is_replayed_still_holds_nobody(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", rule="pass")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Refused(code="no", why="never"), Postponed(why="busy"), Delivered(reference="S")]
    await _work_off(ledger, told, lease)
    await ledger.replay(Selection(), actor="op", reason="fixed")
    await _work_off(ledger, told, lease)
    await _accept(ledger, "PO-2", rule="pass")
    await _work_off(ledger, told, lease)
    assert await states(ledger) == {"PO-1": "waiting", "PO-2": "delivered"}
    await make_due(ledger)
    await _work_off(ledger, told, lease)
    assert (await whole(ledger)).delivered == 2


async def test_a_waiting_follower_behind_a_replayed_head_waits_on(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2", rule="pass")
    told, lease = Told(), await _lease(ledger)
    told.answers = {"PO-1": [Refused(code="no", why="never")], "PO-2": [Postponed(why="busy")]}
    await _work_off(ledger, told, lease)
    assert await states(ledger) == {"PO-1": "parked", "PO-2": "waiting"}
    await ledger._pool.execute("update exceptions set blocks = true")
    await ledger.replay(Selection(), actor="op", reason="fixed")
    await make_due(ledger)
    told.answers["PO-1"] = [Postponed(why="busy", after=60)]
    await deliver(ledger, told, Breaker(), lease)
    assert await states(ledger) == {"PO-1": "waiting", "PO-2": "held"}
    await whole(ledger)


async def test_an_unknown_outcome_is_read_back_before_anything_is_sent(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2", lane="a")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Unknown(why="time-out")]
    told.there.add("PO-1")  # it had arrived
    await deliver(ledger, told, Breaker(), lease)
    await make_due(ledger)
    await _work_off(ledger, told, lease)
    assert told.calls == ["deliver PO-1", "verify PO-1", "deliver PO-2"]


async def test_what_is_read_back_and_absent_is_sent_again(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [ConnectionResetError()]
    await deliver(ledger, told, Breaker(), lease)
    await make_due(ledger)
    await deliver(ledger, told, Breaker(), lease)
    assert told.calls == ["deliver PO-1", "verify PO-1", "deliver PO-1"]
    assert await states(ledger) == {"PO-1": "delivered"}


async def test_while_reading_back_fails_it_stays_unknown_and_spends_attempts_only_on_silence(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Unknown(why="time-out")]
    told.verdicts["PO-1"] = [
        Unavailable(why="503"),
        Unavailable(why="503"),
        RuntimeError(),
        Refused(code="no", why="n"),
    ]
    seen = []
    for _ in range(5):
        await deliver(ledger, told, Breaker(failures=99), lease)
        seen.append(tuple(await ledger._pool.fetchrow("select state, attempts from exceptions")))
        await make_due(ledger)
    assert seen == [("unknown", 1), ("unknown", 1), ("unknown", 1), ("unknown", 2), ("parked", 3)]
    assert told.calls.count("deliver PO-1") == 1


async def test_a_dead_worker_leaves_nothing_that_is_sent_blindly(ledger: Ledger, database: str, sealer: Sealer) -> None:
    await _accept(ledger, "PO-1", "PO-2", "PO-3")
    told, lease = Told(), await _lease(ledger)
    told.before = lambda delivery: number_of(delivery) == "PO-3" and _die()
    with pytest.raises(asyncio.CancelledError):
        await deliver(ledger, told, Breaker(), lease)
    await ledger.leases.release()
    told.before = lambda _: None
    told.calls.clear()
    successor = Ledger(await open_pool(database), Payloads(sealer), "successor")
    told.verdicts["PO-1"] = [Unavailable(why="503")]
    again = await _lease(successor)
    await deliver(successor, told, Breaker(), again)
    assert await states(successor) == {"PO-1": "unknown", "PO-2": "unknown", "PO-3": "unknown"}
    await make_due(successor)
    await _work_off(successor, told, again)
    assert told.calls == ["verify PO-1", "verify PO-1", "verify PO-2", "verify PO-3", "deliver PO-3"]
    assert (await whole(successor)).delivered == 3
    await successor.close()


def _die() -> None:
    raise asyncio.CancelledError


async def test_a_worker_that_slept_past_its_lease_sends_nothing_more(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2")
    told, lease = Told(), await _lease(ledger)
    told.before = lambda _: setattr(ledger.leases, "_until", 0.0)  # PO-1 took longer than the lease
    with pytest.raises(Fenced, match=re.escape(f"the lease of shard {lease.shard} of recording has ended")):
        await deliver(ledger, told, Breaker(), lease)
    assert told.calls == ["deliver PO-1"]
    assert (await whole(ledger)).pending == 2


async def test_while_the_destination_is_out_no_attempt_is_spent_and_all_drains_in_order(ledger: Ledger) -> None:
    await _accept(ledger, *(f"PO-{n}" for n in range(6)), retries="1")
    told, lease, breaker = Told(batch=3), await _lease(ledger), Breaker()
    told.answers["PO-0"] = [Unavailable(why="503")] * 20
    for _ in range(20):
        await deliver(ledger, told, breaker, lease)
        await make_due(ledger)
        breaker.circuit = "probing"
    assert [tuple(r) for r in await ledger._pool.fetch("select distinct attempts from exceptions")] == [(0,)]
    assert set(told.calls) == {"deliver PO-0"}
    told.calls.clear()
    await _work_off(ledger, told, lease, breaker)
    assert told.calls == [f"deliver PO-{n}" for n in range(6)]
    assert breaker.circuit == "closed"


async def test_an_open_breaker_sends_nothing(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1")
    told, breaker = Told(), Breaker()
    breaker.circuit = "open"
    await deliver(ledger, told, breaker, await _lease(ledger))
    assert told.calls == []
    assert await states(ledger) == {"PO-1": "waiting"}


async def test_a_probe_is_one_delivery(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", "PO-2")
    told, breaker = Told(), Breaker()
    breaker.circuit = "probing"
    assert await deliver(ledger, told, breaker, await _lease(ledger)) == 1
    assert told.calls == ["deliver PO-1"]


async def test_a_probe_is_not_wasted_on_what_stands_behind_a_parked_one(ledger: Ledger) -> None:
    other = next(lane for lane in map(str, range(100)) if shard_of(lane) == shard_of("a"))
    await _accept(ledger, "PO-1", "PO-2", lane="a")
    await _accept(ledger, "PO-3", lane=other)
    told, lease = Told(), await _lease(ledger)
    told.answers = {"PO-1": [Refused(code="no", why="n")], "PO-3": [Postponed(why="busy")]}
    await deliver(ledger, told, Breaker(), lease)
    await make_due(ledger)
    # as a worker leaves it that died with both of a lane taken
    await ledger._pool.execute("update exceptions set state = 'unknown', due_at = '-infinity' where state = 'held'")
    breaker = Breaker()
    breaker.circuit = "probing"
    assert await ledger.shards_with_work("recording", [lease.shard]) == [lease.shard]
    assert await deliver(ledger, told, breaker, lease) == 1
    assert told.calls[-1] == "deliver PO-3"
    assert await ledger.shards_with_work("recording", [lease.shard]) == []


async def test_what_was_unavailable_is_not_tried_again_at_once_though_others_get_through(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", lane="a")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Unavailable(why="this one operation is switched off")] * 100
    await _work_off(ledger, told, lease)
    assert told.calls == ["deliver PO-1"]


async def test_attempts_used_up_park_with_the_last_reason(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", retries="1, 5")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Postponed(why=f"busy {n}") for n in range(5)]
    for _ in range(3):
        await deliver(ledger, told, Breaker(), lease)
        await make_due(ledger)
    [seen] = await ledger.parked()
    assert (seen.cause, seen.last_error, seen.attempts) == ("delivery.attempts_used_up", "busy 2", 3)
    assert await deliver(ledger, told, Breaker(), lease) == 0


async def test_a_postponed_one_waits_as_long_as_its_schedule_or_the_destination_says(ledger: Ledger) -> None:
    other = next(lane for lane in map(str, range(100)) if shard_of(lane) == shard_of("a"))
    await _accept(ledger, "PO-1", lane="a", retries="100")
    await _accept(ledger, "PO-2", lane=other, retries="100")
    told = Told()
    told.answers = {"PO-1": [Postponed(why="busy", after=5)], "PO-2": [Postponed(why="busy", after=900)]}
    await deliver(ledger, told, Breaker(), await _lease(ledger))
    waits = await ledger._pool.fetch("select extract(epoch from due_at - now())::float8 from exceptions order by 1")
    assert [90 < waits[0][0] <= 110, 890 < waits[1][0] <= 900] == [True, True]


async def test_a_replayed_delivery_is_read_back_first(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1", retries="")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Unknown(why="time-out")]
    told.there.add("PO-1")
    await deliver(ledger, told, Breaker(), lease)
    assert await states(ledger) == {"PO-1": "parked"}
    await ledger.replay(Selection(), actor="op", reason="look again")
    await deliver(ledger, told, Breaker(), lease)
    assert told.calls == ["deliver PO-1", "verify PO-1"]
    assert await states(ledger) == {"PO-1": "delivered"}


async def test_a_payload_that_does_not_open_is_parked_and_stops_nobody(ledger: Ledger) -> None:
    other = next(lane for lane in map(str, range(100)) if shard_of(lane) == shard_of("a"))
    await _accept(ledger, "PO-1", lane="a")
    await _accept(ledger, "PO-2", lane=other)
    await _accept(ledger, "PO-3", lane="b")
    await ledger._pool.execute(
        "update payloads set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20)) "
        "where hash = (select coalesce(bundle, body_hash) from documents where business_number = 'PO-1')"
    )
    await ledger._pool.execute(
        "delete from payloads where hash = "
        "(select coalesce(bundle, body_hash) from documents where business_number = 'PO-3')"
    )
    told = Told()
    await _work_off(ledger, told, await _lease(ledger))
    await _work_off(ledger, told, await _lease(ledger, "b"))
    assert await states(ledger) == {"PO-1": "parked", "PO-2": "delivered", "PO-3": "parked"}
    assert {seen.cause for seen in await ledger.parked()} == {"ledger.payload_unreadable"}
    why = "the payload does not open: its row was changed, or a payload key is missing; the log says which"
    assert {seen.last_error for seen in await ledger.parked()} == {why}
    assert told.calls == ["deliver PO-2"]


async def test_a_long_lane_that_catches_up_does_not_stop_the_others(ledger: Ledger) -> None:
    other = next(lane for lane in map(str, range(100)) if shard_of(lane) == shard_of("a"))
    await _accept(ledger, *(f"PO-{n:02}" for n in range(20)), lane="a")
    told, lease = Told(batch=100), await _lease(ledger)
    told.answers["PO-00"] = [Postponed(why="busy")]
    await deliver(ledger, told, Breaker(), lease)
    await make_due(ledger)
    await _accept(ledger, "PO-other", lane=other)
    told.batch = 4
    await deliver(ledger, told, Breaker(), lease)
    assert "deliver PO-other" in told.calls
    await _work_off(ledger, told, lease)
    assert [call for call in told.calls if "other" not in call][1:] == [f"deliver PO-{n:02}" for n in range(20)]


async def test_a_batch_that_cuts_a_lane_in_the_middle_keeps_its_order(ledger: Ledger) -> None:
    await _accept(ledger, *(f"PO-{n}" for n in range(9)))
    told, lease = Told(batch=2), await _lease(ledger)
    told.answers = {"PO-0": [Postponed(why="busy")], "PO-4": [Postponed(why="busy")]}
    for _ in range(12):
        await make_due(ledger)
        await _work_off(ledger, told, lease)
    tried = [call.removeprefix("deliver ") for call in told.calls]
    assert tried == ["PO-0", "PO-0", "PO-1", "PO-2", "PO-3", "PO-4", "PO-4", "PO-5", "PO-6", "PO-7", "PO-8"]
    assert (await whole(ledger)).delivered == 9


async def test_a_head_cancelled_while_its_followers_are_under_way_strands_nobody(ledger: Ledger) -> None:
    await _accept(ledger, "PO-1")
    told, lease = Told(), await _lease(ledger)
    told.answers["PO-1"] = [Refused(code="no", why="n")]
    await _work_off(ledger, told, lease)
    await _accept(ledger, "PO-2")
    works = await ledger.next_deliveries(lease, 10)
    assert [work.blocked for work in works] == [True]
    head = (await ledger.parked())[0].id.partition(".")[0]
    assert await ledger.cancel(await ledger._pool.fetchval(f"select '{head}'::uuid"), 1, actor="op", reason="gone")
    await ledger.settle(lease, [page._hold(work) for work in works])
    await _work_off(ledger, told, lease)
    assert await states(ledger) == {"PO-1": "cancelled", "PO-2": "delivered"}
