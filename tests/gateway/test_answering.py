"""What a partner is told of what it sent: one answer, made with the verdict, back on the way it came."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from support.answers import AURORA, ORDERS, Outbox, agree, submitted
from support.serving import Served, serving

from gateway.ledger.ledger import Ledger
from gateway.statements import Admission
from gateway.submissions import Receipt, Rejection
from translators.canonical.ack import Ack
from translators.identify import identify
from translators.reading import read

CONTRL = {"kind": "contrl"}
APERAK = {"kind": "aperak", "when": "on-error"}


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


async def test_an_accepted_interchange_is_acknowledged(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    receipt = await send(served, ORDERS)
    assert isinstance(receipt, Receipt)
    (parcel,) = await outbox.fetch()
    (control,) = (await outbox.answers()).controls
    assert (control.action, control.messages) == ("7", [])
    assert control.header is not None
    assert (control.header.sender, control.header.recipient) == (control.recipient, control.sender)
    assert parcel.control_number == "000000001"
    assert parcel.agreement == "orders"
    history = await served.ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert [one.document_type for one in history.documents] == ["purchase_order", "ack"]


async def test_nobody_is_answered_with_whom_nothing_is_agreed(served: Served, outbox: Outbox) -> None:
    assert isinstance(await send(served, ORDERS), Receipt)
    assert await outbox.fetch() == []
    assert await served.ledger._pool.fetchval("select count(*) from acknowledgements") == 0


async def test_a_duplicate_is_not_answered_again(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    first, again = await send(served, ORDERS), await send(served, ORDERS)
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert again.duplicate
    assert len(await outbox.fetch()) == 1


async def test_the_same_at_the_same_moment_is_answered_once(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    await asyncio.gather(*(send(served, ORDERS) for _ in range(20)))
    assert len(await outbox.fetch()) == 1


async def test_wrong_syntax_is_told_with_its_codes_and_places(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    assert isinstance(await send(served, ORDERS.replace(b"UNT+", b"UNT+9", 1)), Rejection)
    answers = await outbox.answers()
    (control,) = answers.controls
    assert control.action == "7"
    (message,) = control.messages
    assert message.action == "4"
    assert [(one.code, one.segment) for one in message.errors] == [("29", "UNT")]
    assert answers.applications == ()


async def test_only_as_much_is_told_as_is_agreed(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, {**CONTRL, "detail": "receipt"})
    assert isinstance(await send(served, ORDERS.replace(b"UNT+", b"UNT+9", 1)), Rejection)
    (control,) = (await outbox.answers()).controls
    assert (control.action, control.messages) == ("8", [])


async def test_a_damaged_envelope_rejects_the_interchange(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    assert isinstance(await send(served, ORDERS.replace(b"UNZ+1", b"UNZ+3", 1)), Rejection)
    (control,) = (await outbox.answers()).controls
    assert (control.action, [(one.code, one.segment) for one in control.errors]) == ("4", [("29", "UNZ")])


async def test_what_is_refused_for_its_content_gets_an_aperak(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    forbid(served, tmp_path)
    assert isinstance(await send(served, ORDERS), Rejection)
    answers = await outbox.answers()
    assert [one.action for one in answers.controls] == ["7"]
    (application,) = answers.applications
    assert application.response == "27"
    assert application.errors[0].text


async def test_no_contrl_says_yes_to_what_was_refused(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    forbid(served, tmp_path)
    assert isinstance(await send(served, ORDERS), Rejection)
    (control,) = (await outbox.answers()).controls
    assert [one.action for one in control.messages] == ["4"]


async def test_the_same_refused_bytes_are_answered_once(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    broken = ORDERS.replace(b"UNT+", b"UNT+9", 1)
    await asyncio.gather(*(send(served, broken) for _ in range(5)))
    assert isinstance(await send(served, broken), Rejection)
    assert len(await outbox.fetch()) == 1
    assert isinstance(await send(served, ORDERS), Receipt)
    assert len(await outbox.fetch()) == 2


async def test_what_nobody_can_be_answered_for_is_only_refused(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    for content in (b"UNB+UNOC:3+'", b"{}", b"", b"UNB"):
        assert isinstance(await send(served, content), Rejection)
    assert await outbox.fetch() == []


async def test_a_contrl_is_never_answered_with_a_contrl(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    await send(served, ORDERS)
    (ours,) = await outbox.fetch()
    await send(served, ours.content)
    assert len(await outbox.fetch()) == 1


async def test_we_are_done_once_the_answer_lies_ready(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, {"kind": "order_response", "within": "4h"})
    await send(served, ORDERS)
    question = "select kind, state, says from acknowledgements order by id"
    rows = [tuple(row) for row in await served.ledger._pool.fetch(question)]
    assert rows == [("contrl", "open", "accepted"), ("order_response", "open", None)]
    await outbox.fetch()
    rows = [tuple(row) for row in await served.ledger._pool.fetch(question)]
    assert rows == [("contrl", "accepted", "accepted"), ("order_response", "open", None)]


async def test_two_workers_make_one_interchange_of_it(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    await send(served, ORDERS)
    workers = [Outbox(served), Outbox(served)]
    await asyncio.gather(*(one.fetch() for one in workers))
    assert await workers[0].numbers() == ["000000001"]


def forbid(served: Served, folder: Path) -> None:
    """No distributor may send an order any more."""
    file = folder / "rules" / "access.yaml"
    before = "roles: [orders.send]\n  documents: [purchase_order]"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, before.replace("purchase_order", "invoice"), 1))
    assert served.policies.reload(), served.policies.problems


async def test_an_x12_order_gets_a_997(served: Served, outbox: Outbox, tmp_path: Path, repository: Path) -> None:
    agree(served, tmp_path, {"kind": "997"})
    content = (repository / "tests" / "samples" / "order-x12.in.x12").read_bytes()
    outcome = await send(served, content)
    (parcel,) = await outbox.fetch()
    answer = read(parcel.content, identify(parcel.content, None)).documents[0].object
    assert isinstance(answer, Ack)
    # The rules that ship do not take X12: so says the answer.
    assert (isinstance(outcome, Rejection), answer.result) == (True, "rejected")
    assert parcel.media_type == "application/edi-x12"
