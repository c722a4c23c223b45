"""Canonical documents out: what is written reads back as what it was, and what cannot be written is told."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from translators.canonical.documents import decode, encode
from translators.canonical.identifiers import check_digit
from translators.differences import differences
from translators.edifact.outgoing import Party
from translators.edifact.separators import Separators
from translators.examples import example
from translators.identify import identify
from translators.reading import read
from translators.writing import Envelope, Unwritable, targets, write, written

SAMPLES = Path(__file__).parents[1] / "samples"
ENVELOPE = Envelope(
    sender=Party(id="4012345000009", qualifier="14"),
    recipient=Party(id="4260001230004", qualifier="14"),
    prepared=datetime(2026, 11, 20, 9, 31),  # noqa: DTZ001 - UNB knows no zone
    reference="NL000815",
    layout="\n",
)
ORDERS, UBL_ORDER = "edifact:ORDERS:D.96A", "ubl:Order:2.1"


def read_back(content: bytes) -> Any:
    return read(content, identify(content[:4096], None)).documents[0].object


def golden(name: str) -> Any:
    return decode((SAMPLES / f"{name}.out.json").read_bytes())


def order(change: Callable[[dict[str, Any]], object] = lambda _: None) -> Any:
    data = msgspec.json.decode(example("order.json"))
    change(data)
    return decode(msgspec.json.encode(data))


def findings(document: Any, target: str, **envelope: Any) -> list[tuple[str, str | None, str]]:
    done = written(document, target, envelope=msgspec.structs.replace(ENVELOPE, **envelope))
    return [(finding.code, finding.place.path, finding.text) for finding in done.findings]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("order-d96a", ORDERS),
        ("order-d96a", UBL_ORDER),
        ("order-ubl21", ORDERS),
        ("despatch-advice-ubl21", "ubl:DespatchAdvice:2.1"),
        ("despatch-advice-ubl21", "ubl"),
        ("order-d96a", "json"),
        ("production-confirmation-json", "json"),
    ],
)
def test_a_golden_document_reads_back_as_it_was(name: str, target: str) -> None:
    canonical = golden(name)
    content = write(canonical, target, envelope=ENVELOPE)
    assert encode(read_back(content)) == encode(canonical)
    assert write(read_back(content), target, envelope=ENVELOPE) == content


@pytest.mark.parametrize(
    ("name", "target", "separators"),
    [
        ("order-d96a", ORDERS, ["UNS+S'"]),
        ("partner-d96a", "edifact:PARTIN:D.96A", ["UNS+D'"]),
        ("delivery-schedule-d96a", "edifact:DELFOR:D.96A", ["UNS+D'", "UNS+S'"]),
    ],
)
def test_a_section_is_opened_by_what_follows(name: str, target: str, separators: list[str]) -> None:
    lines = written(golden(name), target, envelope=ENVELOPE).content.decode("iso8859-1").splitlines()
    assert [line for line in lines if line.startswith("UNS")] == separators


@pytest.mark.parametrize("incoterms", ["DAT", "DPU", "DAP", "DDU"])
def test_incoterms_of_every_edition_are_written_and_read(incoterms: str) -> None:
    agreed = order(lambda data: data.update(delivery_terms={"incoterms": incoterms, "place": "Maschen"}))
    content = write(agreed, "edifact:ORDERS:D.05B", envelope=msgspec.structs.replace(ENVELOPE, version="4"))
    assert read_back(content).delivery_terms.incoterms == incoterms


def test_segments_stand_in_the_order_of_the_message() -> None:
    lines = write(golden("order-d96a"), ORDERS, envelope=ENVELOPE).decode("iso8859-1").splitlines()
    assert lines[:4] == [
        "UNB+UNOC:3+4012345000009:14+4260001230004:14+261120:0931+NL000815'",
        "UNH+1+ORDERS:D:96A:UN'",
        "BGM+220+PO-4711+9'",
        "DTM+137:202611200930:203'",
    ]
    assert lines[-5:] == ["UNS+S'", "MOA+79:5877.56:EUR'", "CNT+2:3'", "UNT+51+1'", "UNZ+1+NL000815'"]


def test_several_orders_go_into_one_interchange() -> None:
    both = [order(), order(lambda data: data.update(number="PO-4712"))]
    content = write(both, ORDERS, envelope=ENVELOPE)
    assert [each.number for each in read(content, identify(content, None)).documents] == ["PO-4711", "PO-4712"]


def test_separators_decimal_mark_and_syntax_are_those_of_the_envelope() -> None:
    separators = Separators(component="|", element="*", decimal=",", release="!", terminator="~")
    envelope = msgspec.structs.replace(ENVELOPE, separators=separators, layout="")
    content = write(golden("order-d96a"), ORDERS, envelope=envelope)
    assert content.startswith(b"UNA|*,! ~UNB*UNOC|3*")
    assert b"QTY*21|12,5|KGM~" in content
    assert encode(read_back(content)) == encode(golden("order-d96a"))
    newer = msgspec.structs.replace(ENVELOPE, version="4", repertoire="UNOW", association="EAN011", test=True)
    content = write(golden("order-d96a"), ORDERS, envelope=newer)
    assert b"UNB+UNOW:4+4012345000009:14+4260001230004:14+20261120:0931+NL000815++++++1'" in content
    assert b"UNH+1+ORDERS:D:96A:UN:EAN011'" in content


def test_what_a_message_has_no_place_for_is_told_with_its_path() -> None:
    def change(data: dict[str, Any]) -> None:
        data["ext"] = {"colour": "red"}
        data["lines"][1]["ext"] = {"batch": "blue"}

    assert findings(order(change), ORDERS) == [
        ("map.unwritten", "/lines/1/ext", "ORDERS D.96A has no place for this"),
        ("map.unwritten", "/ext", "ORDERS D.96A has no place for this"),
    ]
    with pytest.raises(Unwritable) as refused:
        write(order(change), ORDERS, envelope=ENVELOPE)
    assert str(refused.value) == "ORDERS D.96A has no place for this; ORDERS D.96A has no place for this"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            lambda data: data["lines"][0].update(description="x" * 90),
            ("map.changed", "/lines/0/description", None),
        ),
        (
            lambda data: data.update(version="2"),
            ("map.unwritten", "/version", "ORDERS D.96A has no place for this"),
        ),
        (
            lambda data: data["buyer"]["address"].update(lines=["a", "b", "c", "d", "e"]),
            (
                "map.unwritten",
                "/buyer/address/lines/4",
                "ORDERS D.96A has no place for this: there is no room for another one",
            ),
        ),
        (
            lambda data: data.update(requested={"start": "2026-12-04"}),
            ("map.changed", "/requested/end", "in ORDERS D.96A this reads `2026-12-04`"),
        ),
        (
            lambda data: data["lines"][0]["schedule"][0].update(number="7"),
            (
                "map.unwritten",
                "/lines/0/schedule/0/number",
                "ORDERS D.96A has no place for this: numbers follow the order there",
            ),
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_the_reason(change: Any, finding: tuple[str, str, str | None]) -> None:
    code, path, text = finding
    told = findings(order(change), ORDERS)
    found = [each for each in told if each[:2] == (code, path)]
    assert len(told) == len(found) == 1
    assert text is None or found[0][2] == text


def test_a_document_that_would_be_no_valid_message_is_refused() -> None:
    with pytest.raises(Unwritable) as refused:
        written(order(lambda data: data.update(number="P" * 36)), ORDERS, envelope=ENVELOPE)
    assert [(finding.code, finding.place.path, finding.text) for finding in refused.value.findings] == [
        (
            "map.unwritten",
            "/number",
            "ORDERS D.96A has no place for this: it has 36 characters; 1004 takes at most 35",
        ),
        ("map.missing", None, "BGM/1004 is missing"),
    ]


def test_a_character_the_partner_cannot_read_is_refused_or_spelled_out() -> None:
    capitals = msgspec.structs.replace(ENVELOPE, repertoire="UNOB")
    with pytest.raises(Unwritable) as refused:
        write(golden("order-d96a"), ORDERS, envelope=capitals)
    assert refused.value.findings[0].text == "message 1, segment 9 (NAD): `ß` is not in UNOB"
    spelled = msgspec.structs.replace(capitals, transliteration={"ß": "ss", "Ø": "O", "ä": "ae", "ö": "oe", "ü": "ue"})
    told = written(golden("order-d96a"), ORDERS, envelope=spelled).findings
    assert [(finding.code, finding.place.path) for finding in told] == [
        ("map.changed", "/buyer/address/lines/0"),
        ("map.changed", "/lines/1/description"),
    ]


@pytest.mark.parametrize(
    ("document", "target", "text"),
    [
        (b"{}", UBL_ORDER, "this is no canonical document: "),
        (example("order.json"), "fax", "`fax` cannot be written; known are json, "),
        (example("production-confirmation.json"), UBL_ORDER, "ubl:Order:2.1 is written from a purchase order"),
        (example("production-confirmation.json"), "ubl", "no UBL document is made of this"),
        ([], UBL_ORDER, "there is no document to write"),
        ([example("order.json")] * 2, UBL_ORDER, "an XML file holds one document"),
        (example("order.json"), ORDERS, "an interchange needs an envelope: sender, recipient, reference"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(document: Any, target: str, text: str) -> None:
    with pytest.raises(Unwritable) as refused:
        write(document, target)
    assert refused.value.findings[0].text.startswith(text)


def test_every_shipped_map_is_a_target() -> None:
    assert {"json", ORDERS, UBL_ORDER} <= set(targets())


def test_ubl_keeps_the_order_of_its_schema_and_its_namespaces() -> None:
    content = write(golden("order-d96a"), UBL_ORDER).decode()
    names = ["UBLVersionID", "ID", "IssueDate", "IssueTime", "OrderTypeCode", "Note", "DocumentCurrencyCode"]
    places = [content.index(f"<cbc:{name}>") for name in names]
    assert places == sorted(places)
    assert '<Order xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"' in content
    assert content.count("xmlns") == 3


# Generated orders: letters partners really use, lengths a message has room for and some it has not.

TEXT = st.text(st.sampled_from("abcXYZ 019.,-/'+:?*&<>äöüßØ"), min_size=1, max_size=45).map(str.strip).filter(bool)
SHORT = st.text(st.sampled_from("ABC019-/ +"), min_size=1, max_size=15).map(str.strip).filter(bool)
FIGURE = st.decimals(0, 10**9, places=3, allow_nan=False).map(lambda value: format(value.normalize(), "f"))
DAYS = st.dates(date(2000, 1, 1), date(2079, 12, 31))
CLOCK = st.times(time(0, 0), time(23, 59)).map(lambda value: value.strftime("%H:%M:00"))
UNITS = st.sampled_from(["C62", "KGM", "MTR", "EA", "XBX"])
GLN = st.integers(10**11, 10**12 - 1).map(lambda number: f"{number}{check_digit(str(number))}")
GTIN = st.integers(10**11, 10**12 - 1).map(lambda number: f"{number}{check_digit(str(number))}")


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def also(required: dict[str, Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=fields)


QUANTITY = st.fixed_dictionaries({"value": FIGURE, "unit": UNITS})
MONEY = st.fixed_dictionaries({"amount": FIGURE, "currency": st.just("EUR")})
PRICE = also({"amount": FIGURE, "currency": st.just("EUR")}, basis=QUANTITY)
PERIOD = st.tuples(DAYS, DAYS).map(lambda days: {"start": min(days).isoformat(), "end": max(days).isoformat()})
ADDRESS = some(
    lines=st.lists(TEXT, min_size=1, max_size=5), city=TEXT, postcode=SHORT, country=st.sampled_from(["DE", "FR"])
)
IDENTIFIER = st.one_of(
    GLN.map(lambda value: {"scheme": "gln", "value": value}),
    SHORT.map(lambda value: {"scheme": "vat", "value": value}),
    st.tuples(SHORT, SHORT).map(lambda pair: {"scheme": "other", "value": pair[0], "agency": pair[1]}),
    SHORT.map(lambda value: {"scheme": "supplier_code", "value": value}),
)
CONTACT = some(name=TEXT, phone=SHORT, email=SHORT).filter(bool)
PARTY = also(
    {"identifiers": st.lists(IDENTIFIER, min_size=1, max_size=3)},
    name=TEXT, address=ADDRESS.filter(bool), contacts=st.lists(CONTACT, min_size=1, max_size=2),
)  # fmt: skip
PRODUCT = st.one_of(
    GTIN.map(lambda value: {"scheme": "gtin", "value": value}),
    st.tuples(st.sampled_from(["buyer_code", "supplier_code"]), SHORT).map(
        lambda pair: {"scheme": pair[0], "value": pair[1]}
    ),
)
REFERENCE = st.tuples(
    st.sampled_from(["contract", "quotation", "price_list", "buyer_reference", "project"]), SHORT
).map(lambda pair: {"kind": pair[0], "number": pair[1]})
NOTE = also({"text": TEXT}, subject=st.sampled_from(["AAI", "DEL"]))
LINE = also(
    {"product": st.lists(PRODUCT, min_size=1, max_size=4), "quantity": QUANTITY},
    description=TEXT, unit_price=PRICE, gross_price=PRICE, net_amount=MONEY, requested=PERIOD, ship_to=PARTY,
    references=st.lists(REFERENCE, max_size=2), notes=st.lists(NOTE, max_size=2),
    taxes=st.lists(also({"kind": st.just("VAT")}, category=st.just("S"), rate=FIGURE), max_size=2),
)  # fmt: skip


def _numbered(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"number": str(number), **line} for number, line in enumerate(lines, 1)]


ORDER = also(
    {
        "kind": st.just("purchase_order/1"), "number": SHORT, "version": st.just("0"),
        "type": st.sampled_from(["220", "221", "226"]), "issued_on": DAYS.map(date.isoformat), "buyer": PARTY,
        "seller": PARTY, "currency": st.just("EUR"), "lines": st.lists(LINE, min_size=1, max_size=3).map(_numbered),
    },
    issued_time=CLOCK, ship_to=PARTY, invoicee=PARTY, requested=PERIOD, notes=st.lists(NOTE, max_size=3),
    references=st.lists(REFERENCE, max_size=3), payment_terms=some(net_days=st.just("30"), text=TEXT),
    delivery_terms=some(incoterms=st.just("DAP"), place=TEXT, text=TEXT), totals=some(net=MONEY, payable=MONEY),
)  # fmt: skip


@pytest.mark.parametrize("target", [ORDERS, UBL_ORDER])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=ORDER)
def test_any_order_comes_through_but_for_what_is_told(target: str, data: dict[str, Any]) -> None:
    try:
        canonical = decode(msgspec.json.encode(data))
    except msgspec.ValidationError:
        return
    try:
        done = written(canonical, target, envelope=ENVELOPE)
    except Unwritable:
        event("refused")
        return
    event("with losses" if done.findings else "whole")
    again = read_back(done.content)
    told = [finding.place.path or "" for finding in done.findings]
    before, after = msgspec.json.decode(encode(canonical)), msgspec.json.decode(encode(again))
    for pointer, _ in differences(before, after):
        assert any(pointer.startswith(each) or each.startswith(pointer) for each in told), pointer
    repeated = written(again, target, envelope=ENVELOPE)
    assert repeated.content == done.content
    assert [finding for finding in repeated.findings if finding.severity != "information"] == []


def test_figures_are_written_exactly() -> None:
    content = write(order(lambda data: data["lines"][0]["quantity"].update(value="0.000001")), UBL_ORDER)
    assert read_back(content).lines[0].quantity.value == Decimal("0.000001")


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("invoice-ubl21", b"<Invoice "),
        ("credit-note-ubl21", b"<CreditNote "),
        ("credit-memo-cxml", b"<CreditNote "),
        ("order-change-ubl21", b"<OrderChange "),
        ("order-cancellation-ubl21", b"<OrderCancellation "),
    ],
)
def test_ubl_alone_is_the_document_that_says_the_same(name: str, root: bytes) -> None:
    assert root in written(golden(name), "ubl").content


def test_an_invoice_is_no_credit_note() -> None:
    told = [finding.text for finding in written(golden("invoice-ubl21"), "ubl:CreditNote:2.1").findings]
    assert "CreditNote 2.1 has no place for this: `380` has no code in the table `types`" in told
