"""What partners say of what we sent: laid beside the parcel, counted, contradicted, late."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from support.answers import AURORA, ORDERS, Outbox, agree, confirm, submitted
from support.serving import Served, serving

from gateway.clock import now
from gateway.deadlines import Deadlines
from gateway.ledger.acknowledging import AcknowledgementState
from gateway.ledger.ledger import Ledger
from gateway.ledger.parcels import KeptParcel
from gateway.statements import Admission
from gateway.submissions import Receipt
from translators.edifact.acknowledgements import (
    Acknowledgement,
    AcknowledgementTerms,
    ControlReferences,
    acknowledge,
)
from translators.edifact.dispositions import Disposition, Suspended
from translators.edifact.examining import examine

RESPONSE = {"kind": "order_response", "within": "4h"}


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        agree(
            api, tmp_path, RESPONSE, responses="edifact:ORDRSP:D.96A",
            asked=[{"kind": "contrl", "within": "30m", "warn": "20m"}],
        )  # fmt: skip
        yield api


async def send(served: Served, content: bytes) -> Receipt:
    admission = await served.intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission)
    receipt = await served.intake.accept(submitted(content), admission)
    assert isinstance(receipt, Receipt), receipt
    return receipt


async def sent(served: Served) -> tuple[Receipt, KeptParcel]:
    """An order response that lies with the partner."""
    receipt = await send(served, ORDERS)
    await confirm(served.ledger)
    (parcel,) = await Outbox(served).fetch()
    return receipt, parcel


def contrl(parcel: KeptParcel, reference: str, *, rejects: bool = False, detail: str = "elements") -> bytes:
    """What the partner answers."""
    (one,) = examine(parcel.content).interchanges
    suspended = tuple(Suspended(message=each, because="") for each in one.messages) if rejects else ()
    made = acknowledge(
        one, Disposition(units=(), suspended=suspended), AcknowledgementTerms(detail=detail),  # type: ignore[arg-type]
        ControlReferences(interchange=reference, message="1", prepared=now()), is_sender_known=True,
    )  # fmt: skip
    assert isinstance(made, Acknowledgement)
    return made.content


async def expected(served: Served) -> AcknowledgementState:
    (one,) = await served.ledger.acknowledgements.search(side="theirs", open_only=False)
    return one


async def events(served: Served, receipt: Receipt, name: str) -> list[dict[str, str]]:
    history = await served.ledger.history(UUID(receipt.message_id))
    assert history is not None
    return [each for each in history.timeline if each["event"] == name]


async def test_we_wait_for_the_answer_from_when_it_lies_with_them(served: Served) -> None:
    await send(served, ORDERS)
    await confirm(served.ledger)
    await Outbox(served).fetch()
    one = await expected(served)
    assert (one.kind, one.state, one.subject) == ("contrl", "open", "000000001")
    assert one.due_at is not None
    assert one.since is not None
    assert (one.due_at - one.since).total_seconds() == 1800


async def test_a_contrl_is_laid_beside_its_parcel(served: Served) -> None:
    receipt, parcel = await sent(served)
    answer = await send(served, contrl(parcel, "A1"))
    one = await expected(served)
    assert (one.state, one.parcel, one.answered_by) == ("accepted", parcel.id, UUID(answer.message_id))
    (event,) = await events(served, receipt, "intake.acknowledgement.received")
    assert (event["outcome"], event["kind"], event["parcel"]) == ("accepted", "contrl", str(parcel.id))
    assert (await served.ledger.balance()).imbalance == 0


async def test_a_no_is_seen_at_the_message_it_speaks_of(served: Served) -> None:
    receipt, parcel = await sent(served)
    await send(served, contrl(parcel, "A1", rejects=True))
    history = await served.ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert history.state == "needs attention"
    assert [(one.kind, one.state) for one in history.acknowledgements if one.side == "theirs"] == [
        ("contrl", "rejected")
    ]


async def test_received_is_no_final_word(served: Served) -> None:
    _, parcel = await sent(served)
    await send(served, contrl(parcel, "A1", detail="receipt"))
    assert (await expected(served)).state == "open"
    await send(served, contrl(parcel, "A2"))
    assert (await expected(served)).state == "accepted"


async def test_the_first_word_stands_and_the_others_are_counted_or_told(served: Served) -> None:
    receipt, parcel = await sent(served)
    await send(served, contrl(parcel, "A1"))
    await send(served, contrl(parcel, "A1"))  # the same message again says nothing new
    assert (await expected(served)).repeated == 0
    await send(served, contrl(parcel, "A2"))
    assert (await expected(served)).repeated == 1
    await send(served, contrl(parcel, "A3", rejects=True))
    one = await expected(served)
    assert one.state == "accepted"
    assert one.contradicted_at is not None
    assert len(await events(served, receipt, "intake.acknowledgement.contradicted")) == 1


async def test_many_at_once_are_one_word_and_its_repetitions(served: Served) -> None:
    _, parcel = await sent(served)
    await asyncio.gather(*(send(served, contrl(parcel, f"A{number}")) for number in range(8)))
    one = await expected(served)
    assert (one.state, one.repeated) == ("accepted", 7)


async def test_an_answer_to_what_was_never_sent_is_on_record(served: Served) -> None:
    _, parcel = await sent(served)
    answer = await send(served, contrl(parcel, "A1").replace(b"UCI+000000001", b"UCI+000000009"))
    assert (await expected(served)).state == "open"
    (event,) = await events(served, answer, "intake.acknowledgement.received")
    assert event["outcome"] == "unmatched"


async def test_what_is_late_is_told_once_and_still_taken(served: Served) -> None:
    receipt, parcel = await sent(served)
    deadlines = [Deadlines(served.ledger, dict), Deadlines(served.ledger, dict)]
    await served.ledger._pool.execute("update acknowledgements set since = since - interval '25 minutes'")
    await asyncio.gather(*(one.look_at_answers() for one in deadlines))
    assert len(await events(served, receipt, "delivery.acknowledgement.nearing")) == 1
    assert await events(served, receipt, "delivery.acknowledgement.overdue") == []
    await served.ledger._pool.execute("update acknowledgements set since = since - interval '25 minutes'")
    await asyncio.gather(*(one.look_at_answers() for one in deadlines))
    (event,) = await events(served, receipt, "delivery.acknowledgement.overdue")
    assert (event["kind"], event["owed_by"], event["partner"]) == ("contrl", "theirs", "aurora")
    assert len(await served.ledger.acknowledgements.search(overdue=True)) == 1
    await send(served, contrl(parcel, "A1"))
    one = await expected(served)
    assert one.state == "accepted"
    assert one.overdue_since is not None
    assert await served.ledger.acknowledgements.search(overdue=True) == []


async def test_what_we_owe_and_do_not_give_is_late_too(served: Served) -> None:
    receipt = await send(served, ORDERS)  # and nobody confirms it
    await served.ledger._pool.execute("update acknowledgements set since = since - interval '5 hours'")
    await Deadlines(served.ledger, dict).look_at_answers()
    (event,) = await events(served, receipt, "delivery.acknowledgement.overdue")
    assert (event["kind"], event["owed_by"]) == ("order_response", "ours")


async def test_what_is_closed_by_hand_is_waited_for_no_longer_and_a_word_still_counts(served: Served) -> None:
    receipt, parcel = await sent(served)
    one = await expected(served)
    close = served.ledger.acknowledgements.close
    assert await close(one.id, actor="operator ute", reason="told on the telephone") == "closed"
    assert (await expected(served)).state == "given_up"
    assert await served.ledger.acknowledgements.search(side="theirs") == []
    (event,) = await events(served, receipt, "operator.acknowledgement.closed")
    assert (event["actor"], event["reason"], event["kind"]) == ("operator ute", "told on the telephone", "contrl")
    assert await close(one.id, actor="operator ute", reason="again") == "ended"
    assert await close(one.id + 1000, actor="operator ute", reason="none") == "unknown"
    await send(served, contrl(parcel, "A1"))
    last = await expected(served)
    assert (last.state, last.contradicted_at) == ("accepted", None)


async def test_what_is_closed_is_not_late(served: Served) -> None:
    await sent(served)
    one = await expected(served)
    await served.ledger.acknowledgements.close(one.id, actor="operator ute", reason="settled")
    await served.ledger._pool.execute("update acknowledgements set since = now() - interval '2 hours'")
    late = await served.ledger.acknowledgements.notice_late()
    assert [each.id for each in late if each.side == "theirs"] == []
