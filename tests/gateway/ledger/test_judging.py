"""Past traffic with the facts it was judged by, read back for other rules."""

from datetime import UTC, datetime, timedelta

import msgspec
from support.ledgering import an_entry

from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.entries import NewDelivery
from gateway.ledger.judging import JudgedMessage
from gateway.ledger.ledger import Ledger
from policies.facts import RequestFacts
from policies.recordedfacts import decode_facts, encode_facts

REQUEST = RequestFacts(
    sender_kind="partner", sender="nordwind", client="nordwind-edi", at=datetime(2026, 11, 23, tzinfo=UTC)
)
FACTS = encode_facts(REQUEST, ())


async def everything(ledger: Ledger, since: datetime) -> list[JudgedMessage]:
    return [one async for one in ledger.judged_since(since)]


async def test_messages_come_back_in_order_with_their_facts_and_routes(ledger: Ledger) -> None:
    twice = tuple(NewDelivery(1, "odoo", "order", "a", "x", "1", "hold") for _ in range(2))
    ids = sorted(new_message_id() for _ in range(2))  # those of one millisecond are in no order
    first = an_entry("PO-1", facts=FACTS, deliveries=twice, message_id=ids[0])
    second = an_entry("PO-2", facts=FACTS, deliveries=(), message_id=ids[1])
    for entry in (first, second):
        await ledger.record(entry)
    found = await everything(ledger, now() - timedelta(minutes=1))
    assert [one.id for one in found] == [first.message_id, second.message_id]
    assert [one.routes for one in found] == [("odoo order",), ()]
    assert decode_facts(found[0].facts) == (REQUEST, ())
    assert await ledger.judged_one(first.message_id) == found[0]


async def test_more_than_a_page_is_read_to_the_end(ledger: Ledger, monkeypatch) -> None:
    monkeypatch.setattr("gateway.ledger.judging._PAGE", 2)
    for number in range(5):
        await ledger.record(an_entry(f"PO-{number}", facts=FACTS))
    assert len(await everything(ledger, now() - timedelta(minutes=1))) == 5


async def test_what_came_before_the_moment_is_left_out(ledger: Ledger) -> None:
    await ledger.record(an_entry("PO-1", facts=FACTS))
    assert await everything(ledger, now() + timedelta(minutes=1)) == []


async def test_messages_from_before_facts_were_kept_are_counted_not_hidden(ledger: Ledger) -> None:
    entry = an_entry("PO-1")
    await ledger.record(entry)
    since = now() - timedelta(minutes=1)
    assert await everything(ledger, since) == []
    assert await ledger.judged_one(entry.message_id) is None
    assert await ledger.without_facts(since) == 1


async def test_sums_of_refused_requests_are_read_back(ledger: Ledger) -> None:
    leaf = {
        "event": "intake.requests.refused", "at": now(), "sender": "nordwind", "sender_kind": "partner",
        "rule": "versions `api-v0` (versions.yaml:14)", "code": "version.retired", "policy": "sha256:0",
        "requests": 412, "example": {"client": "nordwind-edi", "roles": ["orders.send"], "api_version": "v0"},
    }  # fmt: skip
    await ledger.note(msgspec.json.encode(leaf, order="sorted"))
    await ledger.note(msgspec.json.encode({"event": "policy.set.loaded", "at": now()}, order="sorted"))
    sums = await ledger.refused_requests(now() - timedelta(minutes=1))
    assert [(one.requests, one.code, one.sender) for one in sums] == [(412, "version.retired", "nordwind")]
    assert await ledger.refused_requests(now() + timedelta(minutes=1)) == []
