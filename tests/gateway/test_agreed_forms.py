"""A partner's own map and guideline, as its agreement names them: what it sends is read by them, and keeps to them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.answers import AURORA, ORDERS, Outbox, agree, submitted
from support.leaving import World, a_partner, accept, an_agreement
from support.serving import Served, serving

from gateway.ledger.ledger import Ledger
from gateway.statements import Admission
from gateway.submissions import Receipt, Rejection
from policies.loading import load
from translators.mapping.files import shipped

CONTRL = {"kind": "contrl"}
APERAK = {"kind": "aperak", "when": "on-error"}
SHORT = "name: Aurora\nmessage: ORDERS\nrelease: D.96A\nrules:\n- {at: BGM/1004, longest: 4, because: old}\n"
SHORTER = ORDERS.replace(b"PO-4711", b"4711").replace(b"NL000815", b"NL000816")


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


@pytest.fixture
def outbox(served: Served) -> Outbox:
    return Outbox(served)


def beside(folder: Path, name: str, text: str) -> None:
    """A file beside `profiles/`."""
    path = folder / "partners" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)


async def send(served: Served, content: bytes) -> Receipt | Rejection:
    admission = await served.intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission)
    return await served.intake.accept(submitted(content), admission)


async def test_what_breaks_the_agreed_guideline_is_refused_and_gets_an_aperak(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    beside(tmp_path, "guidelines/aurora.yaml", SHORT)
    agree(served, tmp_path, CONTRL, APERAK, guideline="aurora.yaml")
    refused = await send(served, ORDERS)
    assert isinstance(refused, Rejection)
    assert refused.code == "document.invalid"
    assert [finding.code for finding in refused.findings] == ["edifact.guideline.value"]
    answers = await outbox.answers()
    assert [(one.action, one.messages) for one in answers.controls] == [("7", [])]
    assert [one.response for one in answers.applications] == ["27"]
    assert isinstance(
        await send(served, ORDERS.replace(b"PO-4711", b"4711").replace(b"NL000815", b"NL000816")), Receipt
    )


async def test_of_several_messages_those_that_keep_to_it_go_on(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    beside(tmp_path, "guidelines/aurora.yaml", SHORT)
    agree(served, tmp_path, CONTRL, guideline="aurora.yaml")
    start, end = ORDERS.index(b"UNH"), ORDERS.index(b"UNZ")
    one = ORDERS[start:end]
    good = one.replace(b"PO-4711", b"4711").replace(b"UNH+1+", b"UNH+2+").replace(b"UNT+52+1", b"UNT+52+2")
    content = ORDERS[:start] + one + good + b"UNZ+2+NL000815'"
    receipt = await send(served, content)
    assert isinstance(receipt, Receipt), receipt
    statement = msgspec.json.decode(receipt.statement)
    assert [each["number"] for each in statement["documents"]] == ["4711"]
    assert [each["message"] for each in statement["suspended"]] == ["1"]
    (control,) = (await outbox.answers()).controls
    assert [(each.reference, each.action) for each in control.messages] == [("1", "4")]


async def test_what_a_partner_sends_is_read_by_its_own_map(served: Served, tmp_path: Path) -> None:
    text = shipped("orders-d96a").read_text()
    before = "codes: {PCE: C62, PCS: C62,"
    assert before in text
    beside(tmp_path, "maps/aurora.yaml", text.replace(before, "codes: {PCE: SET, PCS: C62,", 1))
    agree(served, tmp_path, CONTRL, map="aurora.yaml")
    receipt = await send(served, ORDERS)
    assert isinstance(receipt, Receipt), receipt
    (order, *_) = await documents(served)
    assert order["lines"][0]["quantity"] == {"value": "48", "unit": "SET"}


async def documents(served: Served) -> list[dict[str, Any]]:
    rows = await served.ledger._pool.fetch("select id from messages order by received_at")
    found = await served.ledger.documents(rows[0]["id"])
    return [msgspec.json.decode(one.body) for one in found if one.document_type == "purchase_order"]


async def test_a_map_of_another_document_and_a_broken_guideline_keep_the_profile_out(
    served: Served, tmp_path: Path
) -> None:
    before = served.intake._partners.current
    with pytest.raises(AssertionError, match="reads `order_response`, and this agreement is about `purchase_order`"):
        agree(served, tmp_path, map="ordrsp-d96a")
    beside(tmp_path, "guidelines/aurora.yaml", SHORT.replace("longest: 4", "longest: four"))
    with pytest.raises(AssertionError, match=r"guidelines/aurora\.yaml"):
        agree(served, tmp_path, guideline="aurora.yaml")
    assert served.intake._partners.current is before


async def test_what_we_send_keeps_to_the_guideline_or_waits_for_a_person(
    ledger: Ledger, repository: Path, tmp_path: Path
) -> None:
    text = SHORT.replace("ORDERS", "ORDRSP").replace("longest: 4", "longest: 2")
    beside(tmp_path, "guidelines/nordlicht.yaml", text)
    world = World(
        ledger, load(repository / "policies" / "rules").masking, a_partner(an_agreement(guideline="nordlicht.yaml"))
    )
    world.compose_with(tmp_path / "partners" / "maps")
    await accept(ledger, "AB-1")
    await world.work_off()
    assert await world.states() == []
    assert await ledger._pool.fetchval("select cause from exceptions where state = 'parked'") == "partner.not_writable"
