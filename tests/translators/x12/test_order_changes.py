"""A change of an order as X12 860: what its lines say, and what it shares with the order and with ORDCHG."""

from datetime import datetime
from pathlib import Path

import pytest

from translators.canonical.order_change import OrderChange
from translators.canonical.purchase_order import PurchaseOrder
from translators.edifact.outgoing import Party
from translators.identify import identify
from translators.reading import read
from translators.writing import Envelope, written

SAMPLES = Path(__file__).parents[2] / "samples"
ENVELOPE = Envelope(
    sender=Party(id="4012345000009", qualifier="14"),
    recipient=Party(id="081234567", qualifier="01"),
    prepared=datetime(2026, 11, 27, 9, 15),  # noqa: DTZ001 - ISA knows no zone
    reference="7",
)


def changed(name: str, *replaced: tuple[bytes, bytes]) -> bytes:
    content = (SAMPLES / name).read_bytes()
    for old, new in replaced:
        assert old in content
        content = content.replace(old, new)
    return content


def change(content: bytes) -> OrderChange:
    (document,) = read(content, identify(content, None)).documents
    assert isinstance(document.object, OrderChange)
    return document.object


@pytest.mark.parametrize("code", [b"CA", b"QI", b"QD", b"PC", b"RS", b"RZ"])
def test_the_quantity_of_a_changed_line_is_its_new_one(code: bytes) -> None:
    line = change(changed("order-change-x12.in.x12", (b"POC*10*CA*30*30", b"POC*10*" + code + b"*30*12"))).lines[0]
    assert line.quantity is not None
    assert (line.action, str(line.quantity.value), line.ext) == (
        "change", "30", {"left_to_receive": "12", "price_basis": "PE"},
    )  # fmt: skip


def test_a_line_that_goes_asks_for_no_quantity_whatever_stands_there() -> None:
    line = change(changed("order-change-x12.in.x12", (b"POC*20*DI****", b"POC*20*DI*8*0*EA*"))).lines[1]
    assert (line.action, line.quantity) == ("cancel", None)


def test_a_line_that_does_not_change_says_nothing() -> None:
    content = changed("order-change-x12.in.x12", (b"POC*20*DI****", b"POC*20*NC*8*8*EA*"))
    assert [line.number for line in change(content).lines] == ["10", "30"]


def test_a_change_without_its_own_day_is_of_the_day_it_was_sent() -> None:
    content = changed("order-change-x12.in.x12", (b"***20261125~", b"~"))
    assert str(change(content).issued_on) == "2026-11-25"


def test_an_order_cancelled_in_x12_is_cancelled_in_edifact_and_back() -> None:
    cancelled = change(changed("order-change-cancelled-x12.in.x12"))
    edifact = written(cancelled, "edifact:ORDCHG:D.96A", envelope=ENVELOPE).content
    assert b"BGM+230+PO-4712+1'" in edifact
    assert b"BCH*01*SA*PO-4712**" in written(change(edifact), "x12:860:004010", envelope=ENVELOPE).content


def test_an_allowance_of_a_percentage_alone_is_read_where_a_currency_is_named() -> None:
    content = changed("order-x12.in.x12", (b"SAC*C*D240***1250*Z*2.5**", b"SAC*C*D240****Z*2.5**"))
    order = read(content, identify(content, None)).documents[0].object
    assert isinstance(order, PurchaseOrder)
    assert [(each.code, str(each.percent), each.amount) for each in order.allowances] == [("D240", "2.5", None)]


def test_a_reference_of_another_standard_and_terms_in_words_do_not_keep_a_change_from_being_written() -> None:
    outcome = written(change(changed("order-change-x12.in.x12")), "edifact:ORDCHG:D.96A", envelope=ENVELOPE)
    lost = {finding.place.path for finding in outcome.findings if finding.code == "map.unwritten" and finding.place}
    assert {"/references/1", "/payment_terms/text"} <= lost
    assert b"RFF+CT:CT-2026-17'" in outcome.content


def test_the_seal_of_a_trailer_and_the_status_of_a_part_are_taken_where_the_standard_has_them() -> None:
    notice = changed("despatch-advice-x12.in.x12", (b"TD3*TL**HH-XY-77~", b"TD3*TL**HH-XY-77*****02*SEAL-00417~"))
    call = changed("just-in-time-call-x12.in.x12", (b"\nREF*LF", b"\nPRS*5~\nREF*LF"), (b"SE*13", b"SE*14"))
    for content in (notice, call):
        findings = read(content, identify(content, None)).findings
        assert [each.text for each in findings if each.severity != "information"] == []
