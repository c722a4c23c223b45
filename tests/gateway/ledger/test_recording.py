"""Recording: one transaction for many, a commit for each, a duplicate never twice."""

import asyncio
from uuid import UUID

import pytest
from msgspec.structs import replace
from support.ledgering import an_entry

from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.database import LedgerUnavailable, open_pool
from gateway.ledger.entries import Acceptance, Conflicting, Recorded, Refusal
from gateway.ledger.exchanges import AnsweredExchange, Claim, ExchangeKey, Overtaken, ReceivedAnswer
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer


async def test_an_accepted_message_is_kept_with_its_document_delivery_and_event(ledger: Ledger) -> None:
    entry = an_entry("PO-4711")
    recorded = await ledger.record(entry)
    assert recorded == Recorded(entry.message_id, entry.statement, duplicate=False)
    history = await ledger.history(entry.message_id)
    assert history is not None
    assert (history.state, history.content_hash) == ("under way", "sha256:" + entry.content_hash.hex())
    assert [document.business_number for document in history.documents] == ["PO-4711"]
    assert [(one.state, one.id) for one in history.deliveries] == [("pending", f"{entry.message_id}.1")]
    assert [event["event"] for event in history.timeline] == ["intake.message.accepted"]


async def test_the_same_key_and_bytes_get_the_stored_statement(ledger: Ledger) -> None:
    first = an_entry(key="one")
    await ledger.record(first)
    assert await ledger.record(an_entry(key="one")) == Recorded(first.message_id, first.statement, duplicate=True)
    assert (await ledger.balance()).accepted == 1


async def test_the_same_key_with_other_bytes_is_a_conflict(ledger: Ledger) -> None:
    first = an_entry(key="one")
    await ledger.record(first)
    assert await ledger.record(an_entry("PO-2", key="one")) == Conflicting(first.message_id)


async def test_another_sender_may_use_the_same_key(ledger: Ledger) -> None:
    await ledger.record(an_entry(key="one"))
    second = await ledger.record(an_entry(key="one", sender="suedwind"))
    assert isinstance(second, Recorded)
    assert not second.duplicate


async def test_fifty_at_once_with_one_key_are_one_message(ledger: Ledger) -> None:
    results = await asyncio.gather(*(ledger.record(an_entry(key="one")) for _ in range(50)))
    assert len({result.message_id for result in results}) == 1
    assert sum(isinstance(r, Recorded) and not r.duplicate for r in results) == 1
    assert (await ledger.balance()).deliveries == 1


async def test_many_at_once_share_transactions_and_all_are_kept(ledger: Ledger) -> None:
    await asyncio.gather(*(ledger.record(an_entry(f"PO-{n}")) for n in range(1000)))
    balance = await ledger.balance()
    assert (balance.accepted, balance.pending, balance.imbalance) == (1000, 1000, 0)


def _answered(message_id: UUID, their_id: str) -> AnsweredExchange:
    claim = Claim(key=ExchangeKey("nordwind", "bergmann", their_id), raw_digest=b"r" * 32, content_digest=b"c" * 32)
    return AnsweredExchange(claim, ReceivedAnswer(leaf=b"{}", disposition="processed", message=message_id))


def _over_as2(number: str, their_id: str) -> Acceptance:
    entry = an_entry(number)
    return replace(entry, exchange=_answered(entry.message_id, their_id))


async def test_a_message_and_the_answer_it_brings_are_kept_together(ledger: Ledger) -> None:
    entry = _over_as2("PO-1", "1@werra.example")
    assert await ledger.record(entry) == Recorded(entry.message_id, entry.statement, duplicate=False)
    kept = await ledger.exchanges.received(ExchangeKey("nordwind", "bergmann", "1@werra.example"))
    assert kept is not None
    assert (kept.message, kept.disposition, kept.answered_at is not None) == (entry.message_id, "processed", True)


async def test_an_answer_that_was_overtaken_keeps_nothing_and_the_others_of_its_batch_stay(ledger: Ledger) -> None:
    await ledger.record(_over_as2("PO-1", "1@werra.example"))
    batch = [_over_as2("PO-2", "2@werra.example"), _over_as2("PO-3", "1@werra.example"), an_entry("PO-4")]
    first, overtaken, last = await asyncio.gather(*map(ledger.record, batch), return_exceptions=True)
    assert isinstance(overtaken, Overtaken)
    assert await ledger.history(batch[1].message_id) is None
    assert isinstance(first, Recorded)
    assert isinstance(last, Recorded)
    assert (await ledger.balance()).accepted == 3


async def test_what_came_before_brings_no_answer(ledger: Ledger) -> None:
    first = an_entry(key="one")
    await ledger.record(first)
    again = an_entry(key="one")
    again = replace(again, exchange=_answered(again.message_id, "1@werra.example"))
    assert await ledger.record(again) == Recorded(first.message_id, first.statement, duplicate=True)
    assert await ledger.exchanges.received(ExchangeKey("nordwind", "bergmann", "1@werra.example")) is None


async def test_a_refusal_is_kept_and_takes_no_key(ledger: Ledger) -> None:
    refused = Refusal(
        message_id=new_message_id(),
        received_at=now(),
        sender_kind="partner",
        sender="nordwind",
        channel="http",
        document_type=None,
        content=b"nonsense",
        content_hash=b"0" * 32,
        refusal='{"code":"document.unknown"}',
        policy_revision="sha256:0",
        statement=b'{"event":"intake.message.refused"}',
    )
    await ledger.refuse(refused)
    history = await ledger.history(refused.message_id)
    assert history is not None
    assert (history.state, history.refusal) == ("refused", {"code": "document.unknown"})
    balance = await ledger.balance()
    assert (balance.refused, balance.accepted, balance.imbalance) == (1, 0, 0)


async def test_payloads_are_unreadable_in_the_database(ledger: Ledger, database: str) -> None:
    secret = b'{"price":"17.42 never in clear"}' * 40
    await ledger.record(an_entry(content=secret))
    pool = await open_pool(database)
    rows = await pool.fetch("select sealed from payloads")
    await pool.close()
    assert len(rows) == 1  # what came and what it became, in one
    assert not any(b"17.42" in row["sealed"] for row in rows)


async def test_an_unreachable_database_is_a_refusal_not_an_acknowledgement(database: str, sealer: Sealer) -> None:
    pool = await open_pool(database)
    ledger = Ledger(pool, Payloads(sealer), "tester")
    await pool.close()
    ledger._open_recorder()._patience = 0.2
    with pytest.raises(LedgerUnavailable, match="the ledger's database does not answer"):
        await ledger.record(an_entry())


async def test_what_was_queued_at_the_stop_is_committed(database: str, sealer: Sealer, ledger: Ledger) -> None:
    stopping = Ledger(await open_pool(database), Payloads(sealer), "stopping")
    tasks = [asyncio.create_task(stopping.record(an_entry(f"PO-{n}"))) for n in range(600)]
    await asyncio.sleep(0)
    await stopping.close()
    assert all(isinstance(result, Recorded) for result in await asyncio.gather(*tasks))
    assert (await ledger.balance()).accepted == 600
