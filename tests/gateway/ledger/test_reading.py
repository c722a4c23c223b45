"""What is known of a message: its state, its timeline, and a sender's own messages."""

from uuid import UUID

import pytest
from support.ledgering import an_entry, delivered, lease_all, parked, postponed, take_all

from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.entries import NewDelivery, NewDocument, Refusal
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import MessageFilter, MessageHistory
from gateway.ledger.work import Result, Work

OWN = {"sender": "nordwind", "sender_kind": "partner"}


async def _history(ledger: Ledger, message_id: UUID) -> MessageHistory:
    history = await ledger.history(message_id)
    assert history is not None
    return history


async def _settle(ledger: Ledger, *results: type | object) -> None:
    for lease, works in await take_all(ledger, await lease_all(ledger)):
        await ledger.settle(lease, [result(work) for result, work in zip(results, works, strict=True)])  # type: ignore[operator]


async def test_a_message_nobody_knows_has_no_history(ledger: Ledger) -> None:
    assert await ledger.history(UUID(int=1)) is None


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (delivered, delivered, "delivered"),
        (delivered, postponed, "under way"),
        (delivered, parked, "needs attention"),
        (parked, postponed, "needs attention"),
    ],
)
async def test_a_message_is_as_far_as_the_delivery_that_is_worst_off(
    ledger: Ledger, first: object, second: object, state: str
) -> None:
    ways = tuple(NewDelivery(1, "recording", "record", lane, f"gw.{lane}", "1", "pass") for lane in ("a", "a"))
    entry = an_entry(deliveries=ways)
    await ledger.record(entry)
    await _settle(ledger, first, second)
    assert (await _history(ledger, entry.message_id)).state == state


async def test_the_history_tells_each_delivery_and_every_event_in_order(ledger: Ledger) -> None:
    entry = an_entry("PO-7", test=True, traceparent="00-1-2-01")
    await ledger.record(entry)
    await _settle(ledger, lambda work: postponed(work, after=0))
    await _settle(ledger, delivered)
    history = await _history(ledger, entry.message_id)
    [one] = history.deliveries
    assert (one.id, one.state, one.reference, one.operation) == (f"{entry.message_id}.1", "delivered", "S1", "record")
    assert one.ended_at is not None
    assert [event["event"].rpartition(".")[2] for event in history.timeline] == ["accepted", "postponed", "delivered"]
    assert [event.get("attempt") for event in history.timeline] == [None, 1, 2]
    assert (history.test, history.size, history.sender) == (True, len(entry.content), "nordwind")


async def test_the_history_says_why_and_until_when_a_delivery_waits(ledger: Ledger) -> None:
    entry = an_entry()
    await ledger.record(entry)

    def busy(work: Work) -> Result:
        return postponed(work, after=600)

    await _settle(ledger, busy)
    [one] = (await _history(ledger, entry.message_id)).deliveries
    assert (one.state, one.cause, one.attempts) == ("waiting", "busy", 1)
    assert one.due_at is not None
    assert 590 < (one.due_at - now()).total_seconds() <= 600


async def test_messages_come_newest_first_page_by_page(ledger: Ledger) -> None:
    entries = [an_entry(f"PO-{n}") for n in range(5)]
    for entry in entries:
        await ledger.record(entry)
    newest = sorted((entry.message_id for entry in entries), reverse=True)
    page = await ledger.list_messages(MessageFilter(**OWN), 3)
    assert [head.id for head in page] == newest[:3]
    page = await ledger.list_messages(MessageFilter(**OWN, before=page[-1].id), 3)
    assert [head.id for head in page] == newest[3:]


async def test_a_sender_sees_its_own_and_those_of_no_namesake_of_another_kind(ledger: Ledger) -> None:
    own, other, namesake = an_entry(), an_entry(sender="stahlhof"), an_entry(sender_kind="plant")
    for entry in (own, other, namesake):
        await ledger.record(entry)
    assert [head.id for head in await ledger.list_messages(MessageFilter(**OWN), 10)] == [own.message_id]


async def test_messages_are_found_by_type_verdict_and_the_number_people_say(ledger: Ledger) -> None:
    content = b"{}"
    two = tuple(NewDocument("purchase_order", number, f"b|{number}", content, b"x" * 32) for number in ("A-1", "A-2"))
    order, advice = an_entry(documents=two), an_entry("LS-1", document_type="despatch_advice")
    refusal = Refusal(
        message_id=new_message_id(), received_at=now(), sender_kind="partner", sender="nordwind", channel="http",
        document_type=None, content=content, content_hash=b"0" * 32, refusal='{"code":"x"}', policy_revision="r",
        statement=b'{"event":"intake.message.refused"}',
    )  # fmt: skip
    await ledger.record(order)
    await ledger.record(advice)
    await ledger.refuse(refusal)

    async def found(**which: str) -> list[UUID]:
        return [head.id for head in await ledger.list_messages(MessageFilter(**OWN, **which), 10)]

    assert await found(business_number="A-2") == [order.message_id]
    assert await found(document_type="despatch_advice") == [advice.message_id]
    assert await found(verdict="refused") == [refusal.message_id]
    assert await found(business_number="nobody's") == []
    assert len(await found()) == 3
