"""Orders, their changes and the answers to them (ORDERS, ORDCHG, ORDRSP) and invoices as partners send them."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from support.changed_samples import edifact_as_sent

from translators.edifact.outgoing import Party
from translators.identify import identify
from translators.reading import read
from translators.writing import Envelope, write

SAMPLES = Path(__file__).parents[1] / "samples"
ENVELOPE = Envelope(
    sender=Party(id="4012345000009", qualifier="14"),
    recipient=Party(id="4260001230004", qualifier="14"),
    prepared=datetime(2026, 11, 20, 9, 31),  # noqa: DTZ001 - UNB knows no zone
    reference="NL000815",
    layout="\n",
)
HEAD = b"ALC+A++++AA:::Messerabatt'\nPCD+3:5'\nMOA+8:120.50'\nALC+C++++FC'\nMOA+23:80'\n"
LINE = b"ALC+C++++ABL:::Sonderpalette'\nMOA+23:12'\nALC+A++++AA'\nPCD+3:2.5'\n"


def document(name: str, *replaced: tuple[bytes, bytes]) -> Any:
    (only,) = edifact_as_sent(name, *replaced, most=1).documents
    return only.object


@pytest.mark.parametrize(
    ("name", "before_lines", "after_price", "target"),
    [
        ("order-d96a", b"LIN+1+", b"TAX+7+VAT+++:::19+S'\n", "edifact:ORDERS:D.96A"),
        ("order-d97a", b"LIN+1+", b"TAX+7+VAT+++:::19+S'\n", "edifact:ORDERS:D.97A"),
        ("order-d01b", b"LIN+1+", b"TAX+7+VAT+++:::19+S'\n", "edifact:ORDERS:D.01B"),
        ("order-d05b", b"LIN+1+", b"TAX+7+VAT+++:::19+S'\n", "edifact:ORDERS:D.05B"),
        ("order-change-d96a", b"LIN+1+", b"PRI+AAA:118.5:::1:PCE'\n", "edifact:ORDCHG:D.96A"),
        ("order-change-d97a", b"LIN+1+", b"PRI+AAA:118.5:::1:PCE'\n", "edifact:ORDCHG:D.97A"),
        ("order-response-d96a", b"LIN+1+", b"TAX+7+VAT+++:::19+S'\n", "edifact:ORDRSP:D.96A"),
        ("order-response-d97a", b"LIN+1+", b"TAX+7+VAT+++:::19+S'\n", "edifact:ORDRSP:D.97A"),
        ("order-response-d01b", b"LIN+1+", b"TAX+7+VAT+++:::19+S'\n", "edifact:ORDRSP:D.01B"),
    ],
)
def test_allowances_and_charges_are_read_and_written(
    name: str, before_lines: bytes, after_price: bytes, target: str
) -> None:
    told = document(name, (before_lines, HEAD + before_lines), (after_price, after_price + LINE))
    of_the_whole = [
        (each.kind, each.code, each.percent, each.amount and each.amount.amount) for each in told.allowances
    ]
    assert [(kind, code, str(percent), str(amount)) for kind, code, percent, amount in of_the_whole] == [
        ("allowance", "AA", "5", "120.5"),
        ("charge", "FC", "None", "80"),
    ]
    assert told.allowances[0].reason == "Messerabatt"
    of_the_line = told.lines[0].allowances
    assert [(each.kind, each.code, str(each.percent)) for each in of_the_line] == [
        ("allowance", "AA", "2.5"),
        ("charge", "ABL", "None"),
    ]
    content = write(told, target, envelope=ENVELOPE)
    (back,) = read(content, identify(content, None)).documents
    assert back.object.allowances == told.allowances
    assert back.object.lines[0].allowances == of_the_line


@pytest.mark.parametrize("name", ["order-d96a", "order-d01b", "order-change-d96a"])
def test_a_plain_quantity_is_what_is_ordered_where_nothing_else_is(name: str) -> None:
    line = document(name).lines[0]
    ordered = f"QTY+21:{line.quantity.value}:PCE'".encode()
    assert document(name, (ordered, ordered.replace(b"+21", b"+1"))).lines[0].quantity == line.quantity
    both = edifact_as_sent(name, (ordered, b"QTY+1:999:PCE'\n" + ordered), most=1)
    assert both.documents[0].object.lines[0].quantity == line.quantity
    assert [each.place.segment for each in both.findings if each.code == "edifact.residue"] == ["QTY"] * 3


def test_an_order_is_dated_by_its_own_day_where_the_message_has_none() -> None:
    expected = document("order-d96a")
    assert document("order-d96a", (b"DTM+137:", b"DTM+4:")) == expected
    assert document("order-d96a", (b"DTM+137:", b"DTM+4:20261101:102'\nDTM+137:")) == expected


@pytest.mark.parametrize("name", ["order-d96a", "order-d01b"])
def test_who_is_billed_is_the_invoicee(name: str) -> None:
    expected = document(name)
    assert expected.invoicee is not None
    assert document(name, (b"NAD+IV+", b"NAD+BT+")) == expected


@pytest.mark.parametrize("name", ["order-d96a", "order-d97a", "order-d01b", "order-d05b"])
def test_a_contract_has_its_day(name: str) -> None:
    told = document(name, (b"RFF+CT:RV-2026-017'", b"RFF+CT:RV-2026-017'\nDTM+171:20260115:102'"))
    assert [(each.kind, str(each.issued_on)) for each in told.references] == [
        ("contract", "2026-01-15"),
        ("quotation", "None"),
    ]


@pytest.mark.parametrize("name", ["order-change-d96a", "order-response-d96a", "despatch-advice-d96a", "invoice-d96a"])
def test_the_day_of_the_order_is_the_day_of_its_reference(name: str) -> None:
    content = (SAMPLES / f"{name}.in.edi").read_bytes()
    (reference,) = re.findall(rb"(RFF\+ON:[^']*')\n(?:DTM\+171[^']*'\n)?", content)[:1]
    dated = re.search(re.escape(reference) + rb"\n(DTM\+171[^']*'\n)?", content)
    assert dated is not None
    told = document(name, (dated[0], reference + b"\nDTM+4:20261103:102'\n"))
    orders = [each for each in (getattr(told, "order", None), *getattr(told, "orders", ()), *told.references) if each]
    assert [str(each.issued_on) for each in orders if each.kind == "order"] == ["2026-11-03"]


def test_a_tax_invoice_is_an_invoice() -> None:
    assert document("invoice-d96a", (b"BGM+380+", b"BGM+388+")) == document("invoice-d96a")


@pytest.mark.parametrize(("declared", "is_told"), [(b"UNOC:3", True), (b"UNOY:3", False)])
def test_utf_8_under_the_name_of_another_set_is_told(declared: bytes, is_told: bool) -> None:
    content = (SAMPLES / "order-d96a.in.edi").read_bytes().decode("latin-1").encode()
    done = read(named := content.replace(b"UNOC:3", declared), identify(named, None))
    told = [(each.severity, each.place.segment, each.text) for each in done.findings if "UTF-8" in each.text]
    sentence = "the text is UTF-8, and read as ISO8859-1 as the UNB says: UNOY or UNOW would say UTF-8"
    assert told == ([("warning", "NAD", sentence)] if is_told else [])
    assert document("order-d96a").buyer.address.lines == ("Hafenstraße 12",)
    (order,) = done.documents
    assert (order.object == document("order-d96a")) is not is_told


def test_text_of_single_bytes_is_what_the_header_says() -> None:
    assert not [each for each in edifact_as_sent("order-d96a").findings if each.severity != "information"]
