"""Where is order 4711, and what waits: the ledger asked as an operator is asked at night."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
from support.ledgering import an_entry, held, lease_all, parked, postponed, take_all

from gateway.clock import now
from gateway.identifiers import earliest_id, new_message_id
from gateway.ledger.database import connection
from gateway.ledger.entries import Refusal
from gateway.ledger.finding import Wanted
from gateway.ledger.ledger import Ledger
from gateway.ledger.statements import statements

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def test_a_message_is_found_by_its_number_or_a_part_of_it_newest_first(ledger: Ledger) -> None:
    first, second, other = an_entry("PO-4711"), an_entry("PO-4711", sender="kiesel"), an_entry("PO-5")
    ids = sorted(entry.message_id for entry in (first, second, other))  # they may be of one millisecond
    first, second, other = (
        msgspec.structs.replace(entry, message_id=one) for entry, one in zip((first, second, other), ids, strict=True)
    )
    for entry in (first, second, other):
        await ledger.record(entry)
    assert await ledger.find(Wanted(number="PO-4711")) == [second.message_id, first.message_id]
    assert await ledger.find(Wanted(number="4711")) == []
    assert await ledger.find(Wanted(number="po-47"), contained=True) == [second.message_id, first.message_id]
    assert await ledger.find(Wanted(number="PO-4711", sender="kiesel")) == [second.message_id]
    assert await ledger.find(Wanted(number="%"), contained=True) == []
    assert await ledger.find(Wanted(), limit=1) == [other.message_id]


async def test_a_message_is_found_by_time_verdict_and_trace(ledger: Ledger) -> None:
    entry = an_entry(traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    await ledger.record(entry)
    refusal = Refusal(
        message_id=new_message_id(), received_at=now(), sender_kind="partner", sender="nordwind", channel="http",
        document_type=None, content=b"x", content_hash=sha256(b"x").digest(), refusal='{"code":"document.malformed"}',
        policy_revision="sha256:0", statement=msgspec.json.encode({"event": "intake.message.refused"}),
    )  # fmt: skip
    await ledger.refuse(refusal)
    assert await ledger.find(Wanted(trace=TRACE)) == [entry.message_id]
    assert await ledger.find(Wanted(verdict="refused")) == [refusal.message_id]
    assert await ledger.find(Wanted(since=now() + timedelta(minutes=1))) == []
    assert await ledger.find(Wanted(until=now() - timedelta(minutes=1))) == []
    assert len(await ledger.find(Wanted(since=now() - timedelta(minutes=1), until=now() + timedelta(minutes=1)))) == 2


def _refused(numbers: list[str], sender: str = "nordwind", text: str = "no") -> Refusal:
    why = {"code": "document.invalid", "text": text, "rule": None, "findings": [], "numbers": numbers}
    return Refusal(
        message_id=new_message_id(), received_at=now(), sender_kind="partner", sender=sender, channel="http",
        document_type="purchase_order", content=b"x", content_hash=sha256(b"x").digest(),
        refusal=msgspec.json.encode(why).decode(), policy_revision="sha256:0",
        statement=msgspec.json.encode({"event": "intake.message.refused"}),
    )  # fmt: skip


async def test_what_was_refused_is_found_by_its_number_beside_what_was_taken(ledger: Ledger) -> None:
    first, taken = _refused(["PO-4711", "PO-4712"]), an_entry("PO-4712")
    await ledger.refuse(first)
    await ledger.record(taken)
    assert set(await ledger.find(Wanted(number="PO-4712"))) == {first.message_id, taken.message_id}
    assert await ledger.find(Wanted(number="PO-4712", verdict="refused")) == [first.message_id]
    assert await ledger.find(Wanted(number="PO-4711", sender="kiesel")) == []
    assert await ledger.find(Wanted(number="po-4711"), contained=True) == [first.message_id]
    assert await ledger.find(Wanted(number="PO-4711", since=now() + timedelta(minutes=1))) == []


async def test_a_refusal_whose_words_no_index_can_hold_is_kept_all_the_same(ledger: Ledger) -> None:
    odd = _refused(["PO-1"], text="`\x00` is no letter")
    await ledger.refuse(odd)
    assert await ledger.find(Wanted(number="PO-1")) == []
    assert await ledger.find(Wanted(verdict="refused")) == [odd.message_id]


def test_a_moment_bounds_the_ids_of_its_messages() -> None:
    assert earliest_id(now() - timedelta(seconds=1)) < new_message_id() < earliest_id(now() + timedelta(seconds=1))


async def test_what_waits_says_why_since_when_how_often_and_behind_what(ledger: Ledger) -> None:
    for number in ("PO-1", "PO-2"):
        await ledger.record(an_entry(number))
    [(lease, [head, follower])] = await take_all(ledger, await lease_all(ledger))
    await ledger.settle(lease, [postponed(head, after=60.0), held(follower)])
    await ledger.record(an_entry("PO-3", sender="kiesel"))
    waits, behind, new = await ledger.waiting()
    assert (waits.business_number, waits.state, waits.cause, waits.attempts) == ("PO-1", "waiting", "busy", 1)
    assert waits.due_at is not None
    assert 50 < (waits.due_at - waits.since).total_seconds() < 70
    assert (behind.business_number, behind.state, behind.behind) == ("PO-2", "held", waits.id)
    assert (behind.behind_state, behind.behind_due_at) == ("waiting", waits.due_at)
    assert (new.business_number, new.state, new.attempts, new.due_at) == ("PO-3", "pending", 0, None)
    assert [one.business_number for one in await ledger.waiting(sender="kiesel")] == ["PO-3"]
    assert await ledger.waiting(destination="odoo") == []
    assert len(await ledger.waiting(limit=2)) == 2


async def test_what_is_parked_does_not_wait_and_its_followers_name_it(ledger: Ledger) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        await ledger.record(an_entry(number))
    [(lease, [poison, second, third])] = await take_all(ledger, await lease_all(ledger))
    await ledger.settle(lease, [parked(poison), held(second), held(third)])
    [dead] = await ledger.parked()
    assert [(one.business_number, one.behind) for one in await ledger.waiting()] == [
        ("PO-2", dead.id), ("PO-3", dead.id),
    ]  # fmt: skip


async def test_what_holds_a_delivery_is_looked_for_of_what_is_shown_alone(ledger: Ledger) -> None:
    """Of thousands held in one lane each was asked for all before it: the list came to nothing after half a minute."""
    for n in range(40):
        await ledger.record(an_entry(f"PO-{n}"))
    [(lease, [first, *others])] = await take_all(ledger, await lease_all(ledger))
    await ledger.settle(lease, [postponed(first, 60.0), *map(held, others)])
    async with connection(ledger._pool) as asked:
        statement = f"explain (analyze, format json) {statements('finding')['waiting']}"
        [plan] = msgspec.json.decode(await asked.fetchval(statement, None, None, 5))
    looked = [one["Actual Loops"] for one in _nodes(plan["Plan"]) if one.get("Alias") == "b"]
    assert looked != []
    assert max(looked) <= 5


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


async def test_workers_that_were_seen_of_late_are_counted(ledger: Ledger) -> None:
    assert await ledger.leases.live_workers() == 0
    await lease_all(ledger)
    assert await ledger.leases.live_workers() == 1
