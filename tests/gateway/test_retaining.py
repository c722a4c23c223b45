"""Payloads whose time is over are erased; what proves and what recognises stays."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from support.delivering import Told
from support.ledgering import lease_all
from support.serving import Served, an_order, serving

from gateway.breaker import Breaker
from gateway.clock import now
from gateway.delivery import deliver
from gateway.intake import Admission
from gateway.ledger.ledger import Ledger
from gateway.retaining import Retaining
from gateway.submissions import Credential, Receipt, Rejection, Submission

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send"}))
YEAR = timedelta(days=367)


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


async def sent(served: Served, content: object, key: str | None = None) -> Receipt | Rejection:
    admission = await served.intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission), admission
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return await served.intake.accept(Submission(content=body, media_type=None, idempotency_key=key), admission)


async def delivered(ledger: Ledger) -> None:
    for lease in await lease_all(ledger, "odoo"):
        while await deliver(ledger, Told("odoo"), Breaker(), lease):
            pass


def after(served: Served, time: timedelta) -> Retaining:
    return Retaining(served.ledger, lambda: served.policies.current, lambda: now() + time)


async def payloads(ledger: Ledger) -> int:
    return int(await ledger._pool.fetchval("select count(*) from payloads"))


def id_of(outcome: Receipt | Rejection) -> UUID:
    assert outcome.message_id is not None
    return UUID(outcome.message_id)


async def erased(ledger: Ledger, outcome: Receipt | Rejection) -> bool:
    history = await ledger.history(id_of(outcome))
    assert history is not None
    return history.payload_erased_at is not None


async def test_bytes_go_when_their_time_is_over_and_the_audit_still_verifies(served: Served) -> None:
    ledger = served.ledger
    receipt = await sent(served, an_order())
    await delivered(ledger)
    await served.sequence()
    await after(served, timedelta(days=364)).look()
    assert not await erased(ledger, receipt)
    await after(served, YEAR).look()
    assert await erased(ledger, receipt)
    assert await payloads(ledger) == 0
    await served.sequence()
    verdict = await ledger.verify([served.checkpoint_key.verifier])
    assert (verdict.problem, verdict.events) == (None, 3)
    history = await ledger.history(id_of(receipt))
    assert history is not None
    assert history.documents[0].business_number == an_order()["number"]
    assert await ledger.prove(history.id) is not None
    [document] = await ledger.documents(history.id)
    assert document.body is None
    body = await ledger._pool.fetchval("select body from events where message_id is null order by tick desc limit 1")
    event = msgspec.json.decode(body)
    assert (event["event"], event["messages"]) == ("retention.payloads.erased", 1)
    assert event["rule"].startswith("retention `orders` (retention.yaml:")
    assert event["policy"] == served.policies.current.revision
    assert (await ledger.balance()).imbalance == 0


async def test_a_repetition_is_still_recognised(served: Served) -> None:
    first = await sent(served, an_order(), key="k")
    await delivered(served.ledger)
    await after(served, YEAR).look()
    again = await sent(served, an_order(), key="k")
    assert isinstance(again, Receipt)
    assert again.duplicate
    assert again.message_id == first.message_id
    assert await payloads(served.ledger) == 0


async def test_what_is_under_way_stays(served: Served) -> None:
    receipt = await sent(served, an_order())
    await after(served, 3 * YEAR).look()
    assert not await erased(served.ledger, receipt)
    assert (await served.ledger.erase_payloads([id_of(receipt)], rule="a test", policy="none")).messages == 0
    await delivered(served.ledger)
    await after(served, 3 * YEAR).look()
    assert await erased(served.ledger, receipt)


async def test_refused_bytes_go_earlier(served: Served) -> None:
    refused, taken = await sent(served, b"{}"), await sent(served, an_order())
    await delivered(served.ledger)
    await after(served, timedelta(days=31)).look()
    assert await erased(served.ledger, refused)
    assert not await erased(served.ledger, taken)


@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "in one batch"])
async def test_bytes_that_another_message_has_too_go_with_the_last_of_them(served: Served, together: bool) -> None:
    ledger = served.ledger
    if together:
        first, again = await asyncio.gather(*(sent(served, an_order(currency="EURO")) for _ in range(2)))
    else:
        first, again = [await sent(served, an_order(currency="EURO")) for _ in range(2)]
    assert await payloads(ledger) == 1
    await ledger.erase_payloads([id_of(first)], rule="a test", policy="none")
    assert await erased(ledger, first)
    assert await payloads(ledger) == 1, "the other still has it"
    await ledger.erase_payloads([id_of(again)], rule="a test", policy="none")
    assert await payloads(ledger) == 0


async def test_the_longest_rule_holds_and_an_observed_one_only_tells(
    served: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "rules" / "retention.yaml"
    more = """
- name: aurora-longer
  why: a dispute
  mode: enforce
  senders: [partner]
  partners: [aurora]
  keep_payloads: 366 days
- name: shorter
  why: how much would go
  mode: observe
  senders: [partner]
  keep_payloads: 10 days
"""
    file.write_text(file.read_text().replace("keep_payloads: 366 days", "keep_payloads: 20 days") + more)
    assert served.policies.reload(), served.policies.problems
    receipt = await sent(served, an_order())
    await delivered(served.ledger)
    with caplog.at_level("WARNING"):
        await after(served, timedelta(days=25)).look()
    assert not await erased(served.ledger, receipt)
    [told] = [record for record in caplog.records if record.message == "retention.observed"]
    assert told.facts["messages"] == 1  # type: ignore[attr-defined]
    assert told.facts["rule"].startswith("retention `shorter`")  # type: ignore[attr-defined]


async def test_many_messages_go_in_pages(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.retaining.PAGE", 3)
    outcomes = [await sent(served, an_order(number=f"PO-{n}")) for n in range(8)]
    await delivered(served.ledger)
    await after(served, YEAR).look()
    for outcome in outcomes:
        assert await erased(served.ledger, outcome)
    assert await payloads(served.ledger) == 0


def _ten_years(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "rules" / "retention.yaml"
    longer = "keep_payloads: 366 days\n  keep_events: 10 years"
    file.write_text(file.read_text().replace("keep_payloads: 366 days", longer))
    assert served.policies.reload(), served.policies.problems


async def test_events_go_when_their_time_is_over_and_the_audit_still_verifies(served: Served, tmp_path: Path) -> None:
    ledger = served.ledger
    _ten_years(served, tmp_path)
    receipt = await sent(served, an_order(), key="k")
    other = await sent(served, b"{}")
    await delivered(ledger)
    await served.sequence()
    await after(served, timedelta(days=3659)).look()
    history = await ledger.history(id_of(receipt))
    assert history is not None
    assert (history.events_erased_at, len(history.timeline)) == (None, 2), "its bytes alone are gone"
    await served.sequence()

    await after(served, timedelta(days=3661)).look()
    history = await ledger.history(id_of(receipt))
    assert history is not None
    assert history.events_erased_at is not None
    assert history.timeline == []
    assert history.documents[0].business_number == an_order()["number"]
    assert [one.state for one in history.deliveries] == ["delivered"]
    assert [one.format for one in await ledger.documents(history.id)] == [""]
    refused = await ledger.history(id_of(other))
    assert refused is not None
    assert len(refused.timeline) == 1, "its rule says nothing of events: they stay for good"
    await served.sequence()
    verdict = await ledger.verify([served.checkpoint_key.verifier])
    assert verdict.problem is None
    again = await sent(served, an_order(), key="k")
    assert isinstance(again, Receipt)
    assert not again.duplicate, "nothing is known of it any more"
    assert (await ledger.balance()).imbalance == 0


async def test_a_text_that_no_rule_erased_is_missed(served: Served) -> None:
    ledger = served.ledger
    receipt = await sent(served, an_order())
    await delivered(ledger)
    await served.sequence()
    await ledger._pool.execute("update events set body = '' where message_id = $1", id_of(receipt))
    verdict = await ledger.verify([served.checkpoint_key.verifier])
    assert verdict.problem == (
        f"leaf 0 has lost its text, and no rule of retention erased that of message {id_of(receipt)}"
    )


async def test_events_that_have_no_leaf_yet_stay(served: Served, tmp_path: Path) -> None:
    _ten_years(served, tmp_path)
    receipt = await sent(served, an_order())
    await delivered(served.ledger)
    await after(served, timedelta(days=3661)).look()
    history = await served.ledger.history(id_of(receipt))
    assert history is not None
    assert (history.payload_erased_at is not None, history.events_erased_at) == (True, None)


async def test_an_erased_receipt_is_gone_and_says_so(served: Served, tmp_path: Path) -> None:
    _ten_years(served, tmp_path)
    receipt = await sent(served, an_order())
    await delivered(served.ledger)
    await served.sequence()
    await after(served, timedelta(days=3661)).look()
    answer = await served.client.get(f"/v1/messages/{receipt.message_id}/receipt", headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (410, "receipt.erased")
    today = f"{now():%Y-%m-%d}"
    assert answer.json()["detail"] == f"the receipt was kept as long as our rules say, and erased on {today}"
