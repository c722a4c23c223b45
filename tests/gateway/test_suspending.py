"""An interchange of which some messages are bad: by agreement the good ones go on, or nothing of it does."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from support.answers import AURORA, Outbox, agree, confirm, submitted
from support.changed_rules import rewrite
from support.mailboxes import sftp_world
from support.serving import Served, serving

from gateway.ledger.ledger import Ledger
from gateway.statements import Admission
from gateway.submissions import Receipt, Rejection
from translators.edifact.answers import ControlAnswer

CONTRL = {"kind": "contrl"}
APERAK = {"kind": "aperak", "when": "on-error"}


def message(number: int, *, lines: int = 1, count: int | None = None) -> bytes:
    """An order PO-<number>; `count` is what its UNT says, where that is wrong."""
    items = b"".join(b"LIN+%d++4260001230103:EN'QTY+21:48:PCE'DTM+2:20261204:102'" % n for n in range(1, lines + 1))
    body = (
        b"BGM+220+PO-%d+9'DTM+137:202611200930:203'NAD+BY+4012345000009::9'NAD+SU+4260001230004::9'"
        b"NAD+DP+4012345000016::9'CUX+2:EUR:9'%sUNS+S'" % (number, items)
    )
    segments = body.count(b"'") + 2
    return b"UNH+M%d+ORDERS:D:96A:UN:EAN008'%sUNT+%d+M%d'" % (number, body, count or segments, number)


def interchange(*messages: bytes, reference: bytes = b"I1", said: int | None = None) -> bytes:
    head = b"UNB+UNOC:3+4012345000009:14+4260001230004:14+261120:0931+%s'" % reference
    return head + b"".join(messages) + b"UNZ+%d+%s'" % (said or len(messages), reference)


BAD = message(2, count=3)
ONE_BAD = interchange(message(1), BAD, message(3))


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


async def taken(served: Served, content: bytes) -> Receipt:
    outcome = await send(served, content)
    assert isinstance(outcome, Receipt), outcome
    return outcome


async def orders(served: Served) -> list[str]:
    """The numbers of the orders on their way to the ERP."""
    question = (
        "select c.business_number from deliveries d join documents c on c.message_id = d.message_id"
        " and c.number = d.document where d.destination = 'odoo' order by d.message_id, d.number"
    )
    return [row["business_number"] for row in await served.ledger._pool.fetch(question)]


def rejected(control: ControlAnswer) -> list[tuple[str | None, str, list[str]]]:
    return [(one.reference, one.action, [error.code for error in one.errors]) for one in control.messages]


async def test_the_good_messages_go_on_and_the_bad_one_is_told(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    receipt = await taken(served, ONE_BAD)
    assert await orders(served) == ["PO-1", "PO-3"]
    answers = await outbox.answers()
    (control,) = answers.controls
    assert (control.action, rejected(control)) == ("7", [("M2", "4", ["29"])])
    assert answers.applications == ()
    statement = msgspec.json.decode(receipt.statement)
    assert [one["number"] for one in statement["documents"]] == ["PO-1", "PO-3"]
    (stays,) = statement["suspended"]
    assert (stays["message"], stays["place"], stays["code"]) == ("M2", "1.2", "document.invalid")
    assert [(one.reference, one.place) for one in receipt.suspended] == [("M2", "1.2")]
    kept = await served.ledger._pool.fetchrow("select kind, says from acknowledgements")
    assert kept is not None
    assert tuple(kept) == ("contrl", "rejected"), "a no to a part is a no that somebody must see"


async def test_one_bad_message_suspends_all_where_that_is_agreed(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, suspend="all")
    assert isinstance(await send(served, ONE_BAD), Rejection)
    assert await orders(served) == []
    (control,) = (await outbox.answers()).controls
    assert [one.action for one in control.messages] == ["4", "4", "4"]


async def test_without_an_agreement_an_interchange_is_taken_whole_or_not_at_all(served: Served) -> None:
    assert isinstance(await send(served, ONE_BAD), Rejection)
    assert await orders(served) == []


async def test_where_all_are_bad_the_interchange_is_refused(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    assert isinstance(await send(served, interchange(BAD, message(4, count=3))), Rejection)
    (control,) = (await outbox.answers()).controls
    assert [one.reference for one in control.messages] == ["M2", "M4"]


async def test_a_damaged_envelope_leaves_nothing_to_rely_on(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    assert isinstance(await send(served, interchange(message(1), message(2), said=3)), Rejection)
    assert await orders(served) == []
    (control,) = (await outbox.answers()).controls
    assert control.action == "4"


async def test_of_two_interchanges_the_sound_one_goes_on(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    sound = interchange(message(5), reference=b"I2")
    await taken(served, interchange(message(1), said=3) + sound)
    assert await orders(served) == ["PO-5"]
    first, second = (await outbox.answers()).controls
    assert (first.action, second.action, second.messages) == ("4", "7", [])


async def test_what_the_rules_refuse_of_one_message_does_not_keep_the_others(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    cap_lines(served, tmp_path)
    receipt = await taken(served, interchange(message(1), message(2, lines=3), BAD.replace(b"M2", b"M9"), message(4)))
    assert await orders(served) == ["PO-1", "PO-4"]
    assert sorted((one.reference, one.rejection.code) for one in receipt.suspended) == [
        ("M2", "limit.too_large"), ("M9", "document.invalid")
    ]  # fmt: skip
    answers = await outbox.answers()
    (control,) = answers.controls
    assert rejected(control) == [("M9", "4", ["29"])]
    (application,) = answers.applications
    assert application.response == "27"


async def test_where_no_aperak_is_agreed_the_contrl_says_no_to_it(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL)
    cap_lines(served, tmp_path)
    await taken(served, interchange(message(1), message(2, lines=3)))
    (control,) = (await outbox.answers()).controls
    assert rejected(control) == [("M2", "4", [])]


async def test_an_interchange_that_is_preserved_stays_together(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, interchange="preserve")
    await taken(served, ONE_BAD)
    rows = await served.ledger._pool.fetch("select lane, when_parked from deliveries where destination = 'odoo'")
    assert [tuple(row) for row in rows] == [("interchange|4012345000009|I1", "hold")] * 2
    cap_lines(served, tmp_path)
    content = interchange(message(5), message(6, lines=3), reference=b"I2")
    assert isinstance(await send(served, content), Rejection), "what the rules refuse of a unit refuses the unit"
    assert await orders(served) == ["PO-1", "PO-3"]


async def test_preserved_whole_or_not_at_all(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, interchange="preserve", suspend="all")
    assert isinstance(await send(served, ONE_BAD), Rejection)
    assert isinstance(await send(served, interchange(message(1), message(3))), Receipt)


async def test_the_same_again_is_a_duplicate_with_the_same_word(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    first, again = await taken(served, ONE_BAD), await taken(served, ONE_BAD)
    assert again.duplicate
    assert (again.statement, again.message_id) == (first.statement, first.message_id)
    assert await orders(served) == ["PO-1", "PO-3"]
    assert len(await outbox.fetch()) == 1


async def test_order_responses_are_owed_for_what_was_taken(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL, {"kind": "order_response", "within": "4h"}, responses="json")
    receipt = await taken(served, ONE_BAD)
    question = "select subject from acknowledgements where kind = 'order_response' order by id"
    assert [row[0] for row in await served.ledger._pool.fetch(question)] == ["PO-1", "PO-3"]
    await confirm(served.ledger)
    history = await served.ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert [one.document_type for one in history.documents].count("order_response") == 2


async def test_what_is_tried_in_the_sandbox_is_tried_whole(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    media = {"content-type": "application/edifact"}
    told = await served.client.post("/v1/self-test", content=ONE_BAD, headers=served.aurora() | media)
    assert told.json()["passed"] is False


async def test_the_answer_over_http_names_what_stays(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    answer = await served.post("/v1/documents", ONE_BAD, served.aurora(), media="application/edifact")
    assert answer.status_code == 202
    (stays,) = answer.json()["suspended"]
    assert (stays["message"], stays["place"]) == ("M2", "1.2")


async def test_over_sftp_a_page_in_error_says_what_stays(ledger: Ledger, tmp_path: Path) -> None:
    async with sftp_world(ledger, tmp_path) as world:
        agreed: list[dict[str, Any]] = [
            {"name": "orders", "document": "purchase_order", "direction": "in", "channel": "sftp"}
        ]
        world.change("nordlicht", "binding: none", f"binding: none\nagreements: {msgspec.json.encode(agreed).decode()}")
        await world.drop("orders.edi", ONE_BAD)
        (page,) = (await world.read("error")).values()
        assert b"orders.edi was taken, but for 1 message." in page
        assert b"M2" in page
        (told,) = await world.acknowledgements()
        assert told["status"] == "accepted"
        assert [one["message"] for one in told["suspended"]] == ["M2"]


def cap_lines(served: Served, folder: Path) -> None:
    """Orders of more than two lines are refused by a rule."""
    rewrite(folder / "rules", "limits.yaml", "lines: 20000", "lines: 2")
    assert served.policies.reload(), served.policies.problems
