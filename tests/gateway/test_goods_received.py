"""Receipts of goods: what our own systems say settles what we owe, what a partner says is laid beside what we sent."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from support.answers import AURORA, agree
from support.leaving import World, a_partner, accept, an_agreement
from support.ledgering import an_entry
from support.serving import Served, a_despatch_advice, serving

from gateway.answering import with_words
from gateway.goodsreceived import despatches_of, verdict_of
from gateway.ledger.acknowledging import AcknowledgementState
from gateway.ledger.entries import NewDelivery, NewDocument
from gateway.ledger.ledger import Ledger
from gateway.statements import Admission
from gateway.submissions import Receipt, Submission
from partners.agreements import Acknowledgement
from policies.loading import load
from translators.amounts import Duration
from translators.examples import example
from translators.identify import identify
from translators.reading import Reading, read


def a_receipt(**changes: Any) -> bytes:
    """Of everything that came with LS-1, as it was told."""
    line = {"number": "1", "product": [{"scheme": "supplier_code", "value": "SH-20"}],
            "received": {"value": "400", "unit": "C62"}}  # fmt: skip
    given = {**msgspec.json.decode(example("receipt.json")), "despatch": {"kind": "despatch", "number": "LS-1"},
             "lines": [line], **changes}  # fmt: skip
    return msgspec.json.encode(given)


def reading_of(content: bytes) -> Reading:
    return read(content, identify(content, None))


def test_a_receipt_answers_every_despatch_advice_it_names() -> None:
    assert despatches_of(reading_of(example("receipt.json")).documents[0].object) == ["LS-90255"]
    assert despatches_of(reading_of(a_receipt()).documents[0].object) == ["LS-1"]


def test_a_part_that_is_wanting_is_a_no() -> None:
    assert verdict_of(reading_of(example("receipt.json")).documents[0].object) == "rejected"
    assert verdict_of(reading_of(a_receipt()).documents[0].object) == "accepted"


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


async def test_what_the_erp_says_of_a_delivery_settles_what_we_owe(
    served: Served, ledger: Ledger, tmp_path: Path
) -> None:
    agree(served, tmp_path, {"kind": "receipt_advice", "within": "2d"}, document="despatch_advice")
    admission = await served.intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission)
    content = msgspec.json.encode(a_despatch_advice())
    outcome = await served.intake.accept(Submission(content=content, media_type="application/json"), admission)
    assert isinstance(outcome, Receipt), outcome
    (owed,) = await ledger.acknowledgements.search(side="ours")
    assert (owed.kind, owed.subject, owed.state) == ("receipt_advice", "LS-1", "open")
    await said(ledger, a_receipt(), sender_kind="corporate", sender="erp", to="partner:aurora")
    (ended,) = await ledger.acknowledgements.search(side="ours", open_only=False)
    assert (ended.state, ended.answered_by is not None) == ("accepted", True)


async def test_what_a_partner_says_of_our_delivery_is_laid_beside_its_parcel(ledger: Ledger, repository: Path) -> None:
    owed = (Acknowledgement(kind="receipt_advice", within=Duration.from_text("2d")),)
    agreement = an_agreement(document="despatch_advice", format="json", association="", acknowledgements=owed)
    world = World(ledger, load(repository / "policies" / "rules").masking, a_partner(agreement))
    await accept(ledger, "LS-1", body=example("despatch-advice.json"), document_type="despatch_advice")
    await world.work_off()
    assert (await expected(ledger)).state == "open"
    await said(ledger, a_receipt(), sender_kind="partner", sender="nordlicht")
    assert (await expected(ledger)).state == "accepted"
    line = {"number": "1", "product": [{"scheme": "supplier_code", "value": "SH-20"}],
            "short": {"value": "3", "unit": "C62"}}  # fmt: skip
    await said(ledger, a_receipt(number="WE-2", lines=[line]), sender_kind="partner", sender="nordlicht")
    last = await expected(ledger)
    assert (last.state, last.contradicted_at is not None) == ("accepted", True)


async def expected(ledger: Ledger) -> AcknowledgementState:
    (one,) = await ledger.acknowledgements.search(side="theirs", open_only=False)
    return one


async def said(ledger: Ledger, content: bytes, *, sender_kind: str, sender: str, to: str | None = None) -> None:
    """A receipt that was taken, with what it says."""
    label, reading = identify(content, None), reading_of(content)
    one = reading.documents[0]
    document = NewDocument(one.type, one.number, one.business_key, one.body, sha256(one.body).digest())
    ways = (NewDelivery(1, to, "partner.send", "a", f"x-{one.number}", "1, 5", "pass"),) if to is not None else ()
    entry = an_entry(one.number, content=content, sender_kind=sender_kind, sender=sender, document_type="receipt",
                     documents=(document,), deliveries=ways)  # fmt: skip
    await ledger.record(with_words(replace(entry), label, reading))
