"""A partner that sends an interchange again: the same gets the answer on record once more, another error 26."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from support.answers import AURORA, ORDERS, Outbox, agree, submitted
from support.serving import Served, serving

from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.ledger import Ledger
from gateway.ledger.parcels import KeptParcel
from gateway.statements import Admission
from gateway.submissions import Receipt, Rejection

CONTRL = {"kind": "contrl"}
OTHER = ORDERS.replace(b"PO-4711", b"PO-4712")
"""Under the reference of the first."""


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


@pytest.fixture
def outbox(served: Served) -> Outbox:
    return Outbox(served)


async def send(served: Served, content: bytes) -> Receipt | Rejection:
    admission = await served.intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission)
    return await served.intake.accept(submitted(content), admission)


async def fetched(outbox: Outbox) -> list[KeptParcel]:
    """What lies there, and the partner takes all of it."""
    found = await outbox.fetch()
    for parcel in found:
        await outbox.parcels.acknowledge(parcel.id, accepted=True, reference="", actor="aurora")
    return found


async def test_the_same_interchange_again_gets_the_same_contrl_again(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL)
    first = await send(served, ORDERS)
    (told,) = await fetched(outbox)
    assert await outbox.fetch() == []
    again = await send(served, ORDERS)
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert (again.duplicate, again.message_id) == (True, first.message_id)
    await outbox.forwarding.look()
    (repeated,) = await fetched(outbox)
    assert (repeated.id, repeated.control_number, repeated.content) == (told.id, told.control_number, told.content)
    history = await served.ledger.history(UUID(first.message_id))
    assert history is not None
    (event,) = [one for one in history.timeline if one["event"] == "intake.acknowledgement.repeated"]
    assert (event["kind"], event["subject"], event["parcel"]) == ("contrl", "NL000815", str(told.id))


async def test_an_answer_that_is_still_on_its_way_is_not_sent_twice(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL)
    await asyncio.gather(*(send(served, ORDERS) for _ in range(10)))
    assert len(await outbox.fetch()) == 1
    await send(served, ORDERS)
    await outbox.forwarding.look()
    assert len(await fetched(outbox)) == 1
    question = "select count(*) from events where convert_from(body, 'utf8') like '%acknowledgement.repeated%'"
    assert await served.ledger._pool.fetchval(question) == 0


async def test_what_was_refused_is_answered_again_too(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    broken = ORDERS.replace(b"UNT+", b"UNT+9", 1)
    assert isinstance(await send(served, broken), Rejection)
    (told,) = await fetched(outbox)
    assert isinstance(await send(served, broken), Rejection)
    await outbox.forwarding.look()
    assert [one.id for one in await fetched(outbox)] == [told.id]


async def test_a_repeated_request_with_a_key_of_its_own_is_no_interchange_sent_again(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL)
    key = {"idempotency-key": '"K-1"'}
    media = "application/edifact"
    first = await served.post("/v1/documents", ORDERS, served.aurora(), key, media=media)
    assert first.status_code == 202
    assert len(await fetched(outbox)) == 1
    again = await served.post("/v1/documents", ORDERS, served.aurora(), key, media=media)
    assert again.json()["duplicate"]
    await outbox.forwarding.look()
    assert await outbox.fetch() == []


async def test_a_reference_used_for_other_content_is_refused_as_a_duplicate(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, {"kind": "aperak", "when": "on-error"})
    first = await send(served, ORDERS)
    assert isinstance(first, Receipt)
    await fetched(outbox)
    conflict = await send(served, OTHER)
    assert isinstance(conflict, Rejection)
    assert (conflict.code, conflict.text) == (
        "idempotency.conflict",
        f"interchange `NL000815` came with other content before, as message {first.message_id}",
    )
    answers = await outbox.answers()
    (control,) = answers.controls
    assert [(control.action, one.code, one.segment, one.element) for one in control.errors] == [("4", "26", "UNB", 5)]
    assert answers.applications == ()
    assert conflict.message_id not in (None, first.message_id)
    kept = await served.ledger.history(UUID(str(conflict.message_id)))
    assert kept is not None
    assert kept.verdict == "refused"
    history = await served.ledger.history(UUID(first.message_id))
    assert history is not None
    assert history.timeline[-1]["event"] == "intake.message.conflicted"


async def test_a_reference_is_remembered_for_as_long_as_agreed(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, duplicate_window="30d")
    first = await send(served, ORDERS)
    assert isinstance(first, Receipt)
    await age(served, timedelta(days=29))
    assert isinstance(await send(served, OTHER), Rejection)
    await age(served, timedelta(days=31))
    taken = await send(served, OTHER)
    assert isinstance(taken, Receipt)
    assert not taken.duplicate
    again = await send(served, OTHER)
    assert isinstance(again, Receipt)
    assert (again.duplicate, again.message_id) == (True, taken.message_id)
    assert isinstance(await send(served, ORDERS), Rejection)


async def test_of_many_at_once_one_takes_the_place_of_what_is_forgotten(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, duplicate_window="30d")
    await send(served, ORDERS)
    await fetched(outbox)
    await age(served, timedelta(days=31))
    outcomes = await asyncio.gather(*(send(served, OTHER) for _ in range(12)))
    receipts = [one for one in outcomes if isinstance(one, Receipt)]
    assert len(receipts) == 12
    assert len({one.message_id for one in receipts}) == 1
    assert [one.duplicate for one in receipts].count(False) == 1
    assert len(await outbox.fetch()) == 1


async def age(served: Served, by: timedelta) -> None:
    """As if what is remembered had come so long ago: the time of a message stands in its id."""
    moment = int((now() - by).timestamp() * 1000)
    old = UUID(int=(moment << 80) | (new_message_id().int & ((1 << 80) - 1)))
    await served.ledger._pool.execute("update submissions_seen set message_id = $1", old)
    await served.ledger._pool.execute(
        "insert into events (tick, message_id, body) values (ledger_tick(), $1, '{}')", old
    )
