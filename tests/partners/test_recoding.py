"""A partner's codes and ours, in canonical documents, in both directions."""

from datetime import date
from typing import Any

import msgspec
import pytest

from partners.codetables import CodeTable
from partners.recoding import NO_CODES, PartnerCodes
from translators.examples import example
from translators.mapping.crossrefs import Entry

ORDER: dict[str, Any] = msgspec.json.decode(example("order.json"))


def entry(theirs: str, ours: str, **given: Any) -> Entry:
    return Entry(from_=theirs, to=ours, **given)


def items(*codes: Entry, **given: Any) -> CodeTable:
    usual: dict[str, Any] = {
        "table": "items of Nordlicht", "about": "items", "theirs": "buyer_code", "ours": "supplier_code",
        "codes": codes,
    }  # fmt: skip
    return CodeTable(**{**usual, **given})


def units(*codes: Entry, **given: Any) -> CodeTable:
    return CodeTable(table="units of Nordlicht", about="units", codes=codes, **given)


def an_order(*products: list[dict[str, str]], unit: str = "C62", **given: Any) -> bytes:
    line = ORDER["lines"][0]
    quantity = {"value": "5", "unit": unit}
    lines = [
        {"number": str(number), "product": product, "quantity": quantity} for number, product in enumerate(products, 1)
    ]
    assert {"product", "quantity"} <= line.keys()
    return msgspec.json.encode({**ORDER, "lines": lines, **{"totals": None}, **given})


def theirs(value: str) -> dict[str, str]:
    return {"scheme": "buyer_code", "value": value}


def ours(value: str) -> dict[str, str]:
    return {"scheme": "supplier_code", "value": value}


def products(body: bytes) -> list[Any]:
    return [line["product"] for line in msgspec.json.decode(body)["lines"]]


def test_our_number_is_added_to_theirs_and_theirs_to_ours() -> None:
    codes = PartnerCodes((items(entry("N-1", "SH-20")),))
    came = codes.recode(an_order([theirs("N-1")]), "in")
    assert (products(came.body), came.findings) == ([[theirs("N-1"), ours("SH-20")]], ())
    left = codes.recode(an_order([ours("SH-20")]), "out")
    assert (products(left.body), left.findings) == ([[ours("SH-20"), theirs("N-1")]], ())


def test_what_a_document_says_itself_is_not_looked_up() -> None:
    codes = PartnerCodes((items(entry("N-1", "SH-20")),))
    said = [[theirs("N-1"), ours("SH-99")], [{"scheme": "gtin", "value": "4260001230103"}]]
    came = codes.recode(an_order(*said), "in")
    assert (products(came.body), came.findings) == (said, ())


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ("refuse", [("error", "/lines/1/product", "`N-9` is not in the table `items of Nordlicht`; known are N-1")]),
        ("park", [("warning", "/lines/1/product",
                   "`N-9` is not in the table `items of Nordlicht`; a person has to add it")]),
        ("pass", []),
    ],
)  # fmt: skip
def test_what_is_not_found_is_told_with_its_place_unless_it_passes(others: Any, told: list[Any]) -> None:
    codes = PartnerCodes((items(entry("N-1", "SH-20"), others=others),))
    came = codes.recode(an_order([theirs("N-1")], [theirs("N-9")]), "in")
    assert [(one.severity, one.place.path, one.text) for one in came.findings] == told
    assert {one.code for one in came.findings} <= {"map.code"}
    assert products(came.body) == [[theirs("N-1"), ours("SH-20")], [theirs("N-9")]], "what was found is set"


def test_the_day_of_the_document_chooses() -> None:
    table = items(entry("N-1", "OLD", until=date(2026, 12, 31)), entry("N-1", "NEW", since=date(2027, 1, 1)))
    codes = PartnerCodes((table,))
    for day, number in (("2026-12-31", "OLD"), ("2027-01-01", "NEW")):
        assert products(codes.recode(an_order([theirs("N-1")], issued_on=day), "in").body)[0][1] == ours(number)
    early = codes.recode(an_order([ours("NEW")], issued_on="2026-12-31"), "out")
    assert [one.text for one in early.findings] == ["`NEW` is not in the table `items of Nordlicht`; known are OLD"]


def test_of_several_codes_for_one_the_marked_is_written_else_the_first() -> None:
    first = PartnerCodes((items(entry("N-1", "SH-20"), entry("N-2", "SH-20")),))
    assert products(first.recode(an_order([ours("SH-20")]), "out").body)[0][1] == theirs("N-1")
    marked = PartnerCodes((items(entry("N-1", "SH-20"), entry("N-2", "SH-20", write=True)),))
    assert products(marked.recode(an_order([ours("SH-20")]), "out").body)[0][1] == theirs("N-2")


def test_units_change_wherever_there_is_a_quantity_and_the_senders_stays_on_record() -> None:
    codes = PartnerCodes((units(entry("XPK", "XBX"), others="pass"),))
    came = codes.recode(an_order([theirs("N-1")], unit="XPK"), "in")
    (line,) = msgspec.json.decode(came.body)["lines"]
    assert line["quantity"] == {"value": "5", "unit": "XBX", "source_unit": "XPK"}
    left = codes.recode(an_order([theirs("N-1")], unit="XBX"), "out")
    (line,) = msgspec.json.decode(left.body)["lines"]
    assert line["quantity"] == {"value": "5", "unit": "XPK"}
    passing = an_order([theirs("N-1")], unit="KGM")
    assert codes.recode(passing, "in").findings == ()


def test_codes_are_exchanged_at_the_fields_that_are_named() -> None:
    table = CodeTable(
        table="order types", about="codes", documents=("purchase_order",), fields=("/type",),
        codes=(entry("220", "105"),),
    )  # fmt: skip
    came = PartnerCodes((table,)).recode(an_order([theirs("N-1")], type="220"), "in")
    assert msgspec.json.decode(came.body)["type"] == "105"
    wrong = PartnerCodes((table,)).recode(an_order([theirs("N-1")], type="221"), "in")
    assert [(one.place.path, one.severity) for one in wrong.findings] == [("/type", "error")]


def test_a_second_look_sees_items_alone_and_changes_nothing_that_was_found() -> None:
    codes = PartnerCodes((items(entry("N-1", "SH-20")), units(entry("XPK", "XBX"), entry("XBX", "XPK"))))
    once = codes.recode(an_order([theirs("N-1")], unit="XPK"), "in").body
    again = codes.recode(once, "in", items_only=True)
    assert (again.body, again.findings) == (once, ())


def test_a_table_holds_for_the_documents_it_names() -> None:
    codes = PartnerCodes((items(entry("N-1", "SH-20"), documents=("invoice",)),))
    assert products(codes.recode(an_order([theirs("N-1")]), "in").body) == [[theirs("N-1")]]


def test_codes_that_make_no_document_are_told_and_change_nothing() -> None:
    table = CodeTable(
        table="order types", about="codes", documents=("purchase_order",), fields=("/type",),
        codes=(entry("220", "nonsense"),),
    )  # fmt: skip
    body = an_order([theirs("N-1")], type="220")
    came = PartnerCodes((table,)).recode(body, "in")
    assert came.body == body
    assert came.errors[0].text.startswith("with the codes of the cross-references this is no purchase_order: ")


def test_a_partner_without_tables_has_none() -> None:
    assert not NO_CODES
    assert PartnerCodes((items(),))
