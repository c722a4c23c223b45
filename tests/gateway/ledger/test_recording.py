"""Recording: one transaction for many, a commit for each, a duplicate never twice."""

import asyncio

import pytest
from support.ledgering import an_entry

from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.database import LedgerUnavailable, open_pool
from gateway.ledger.entries import Conflicting, Recorded, Refusal
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
