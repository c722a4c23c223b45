"""Reports of stock, of sales and of payments (INVRPT, SLSRPT, REMADV) as partners send them."""

from pathlib import Path

import pytest
from support.changed_samples import edifact_as_sent

from translators.canonical.inventory_snapshot import InventorySnapshot
from translators.canonical.remittance_advice import RemittanceAdvice
from translators.canonical.sales_report import SalesReport
from translators.reading import Unreadable

SAMPLES = Path(__file__).parents[1] / "samples"


def as_sent(name: str, *replaced: tuple[bytes, bytes]) -> object:
    """The sample with what is replaced in it, read."""
    (document,) = edifact_as_sent(name, *replaced).documents
    return document.object


def refused(name: str, *replaced: tuple[bytes, bytes]) -> list[str]:
    with pytest.raises(Unreadable) as told:
        as_sent(name, *replaced)
    return [each.text for each in told.value.findings if each.severity == "error"]


@pytest.mark.parametrize(
    ("qualifier", "measure"),
    [
        (b"17", "on_hand"),
        (b"145", "on_hand"),
        (b"152", "on_hand"),
        (b"158", "on_hand"),
        (b"57", "in_transit"),
        (b"198", "in_transit"),
        (b"60", "available"),
        (b"66", "reserved"),
        (b"170", "reserved"),
        (b"21", "on_order"),
        (b"97", "minimum"),
        (b"98", "maximum"),
    ],
)
def test_a_stock_report_says_what_its_quantity_is(qualifier: bytes, measure: str) -> None:
    stock = as_sent("inventory-snapshot-d96a", (b"QTY+145:31:", b"QTY+" + qualifier + b":31:"))
    assert isinstance(stock, InventorySnapshot)
    assert [each.measure for each in stock.lines if each.quantity.value == 31] == [measure]


def test_a_line_of_stock_nobody_knows_the_quantity_of_is_refused_and_not_left_out() -> None:
    (sentence,) = refused("inventory-snapshot-d96a", (b"QTY+145:31:", b"QTY+33:31:"))
    assert "in transit (198, 57), available (60), reserved (66, 170)" in sentence


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        (b"DTM+137:20261124:102'\nDTM+90:20261101:102'\nDTM+91:20261122:102'", "2026-11-22"),
        (b"DTM+137:20261124:102'", "2026-11-24"),
        (b"DTM+137:20261124:102'\nDTM+366:20261123:102'", "2026-11-23"),
    ],
)
def test_the_day_of_the_stock_is_the_end_of_the_time_or_the_day_of_the_message(dates: bytes, day: str) -> None:
    stock = as_sent("inventory-snapshot-d96a", (b"DTM+366:202611230500:203'", dates))
    assert isinstance(stock, InventorySnapshot)
    assert stock.as_of_local is not None
    assert str(stock.as_of_local.on) == day


def test_a_warehouse_reports_where_nobody_else_does() -> None:
    reporter = b"NAD+GY+4012345000009::9++Nordlicht Handel GmbH'\nCTA+IC+:Lagerleitung'\n"
    reporter += b"COM+lager@nordlicht.example:EM'\n"
    stock = as_sent("inventory-snapshot-d96a", (reporter, b""))
    assert isinstance(stock, InventorySnapshot)
    assert stock.reporter.identifiers[0].value == "4012345000016"


@pytest.mark.parametrize(
    ("qualifier", "measure"), [(b"153", "sold"), (b"25", "sold"), (b"61", "returned"), (b"192", "free")]
)
def test_a_sales_report_says_what_came_back_and_what_was_given_away(qualifier: bytes, measure: str) -> None:
    sales = as_sent("sales-report-d96a", (b"QTY+153:7:PCE'", b"QTY+" + qualifier + b":7:PCE'"))
    assert isinstance(sales, SalesReport)
    assert {each.product[0].value: each.measure for each in sales.lines}["4260001230103"] == measure


@pytest.mark.parametrize(
    ("quantities", "told"),
    [
        (b"QTY+153:7:PCE'\nQTY+61:2:PCE'", {"sold": "829.5", "returned": None}),
        (b"QTY+25:7:PCE'\nQTY+192:2:PCE'", {"sold": "829.5", "free": None}),
        (b"QTY+61:7:PCE'\nQTY+192:2:PCE'", {"returned": "829.5", "free": None}),
    ],
)
def test_the_amount_of_what_was_sold_is_not_told_again_of_what_came_back(
    quantities: bytes, told: dict[str, str | None]
) -> None:
    sales = as_sent("sales-report-d96a", (b"QTY+153:7:PCE'", quantities))
    assert isinstance(sales, SalesReport)
    lines = [each for each in sales.lines if each.product[0].value == "4260001230103"]
    assert {each.measure: str(each.amount.amount) if each.amount else None for each in lines} == told


def test_what_came_back_to_one_shop_does_not_set_the_period_of_the_report() -> None:
    first, second = b"LOC+162+4012345000016::9:Markt Maschen'", b"LOC+162+4012345000023::9'"
    sales = as_sent(
        "sales-report-two-shops-d96a",
        (b"DTM+90:20261116:102'\nDTM+91:20261122:102'\n", b""),
        (first, first + b"\nDTM+356:2026111620261118:718'"),
        (second, second + b"\nDTM+356:2026111920261122:718'"),
        (b"QTY+153:7:PCE'", b"QTY+61:7:PCE'"),
    )
    assert isinstance(sales, SalesReport)
    assert (sales.period, sales.location) == (None, None)
    assert [str(each.period.start) for each in sales.lines if each.period] == ["2026-11-16", "2026-11-19"]


def test_a_line_of_sales_nobody_knows_the_quantity_of_is_refused_and_not_left_out() -> None:
    (sentence,) = refused("sales-report-d96a", (b"QTY+153:7:PCE'", b"QTY+48:7:PCE'"))
    assert "a line says what was sold (153, 25), came back (61) or was given away (192)" in sentence


def test_a_line_of_sales_tells_its_price_and_its_references() -> None:
    priced = b"RFF+CT:RV-9'\nMOA+203:829.5'\nPRI+AAB:150'\nPRI+AAA:118.5'"
    sales = as_sent("sales-report-d96a", (b"MOA+203:829.5'", priced))
    assert isinstance(sales, SalesReport)
    price = sales.lines[0].unit_price
    assert price is not None
    assert (str(price.amount), price.currency) == ("118.5", "EUR")
    assert [each.number for each in sales.lines[0].references] == ["RV-9"]


def test_a_shop_tells_its_own_period() -> None:
    shop = b"LOC+162+4012345000016::9:Markt Maschen'"
    sales = as_sent("sales-report-d96a", (shop, shop + b"\nDTM+90:20261117:102'\nDTM+91:20261118:102'"))
    assert isinstance(sales, SalesReport)
    period = sales.lines[0].period
    assert period is not None
    assert (str(period.start), str(period.end)) == ("2026-11-17", "2026-11-18")


def test_the_total_of_a_remittance_is_what_is_paid_where_what_was_due_stands_beside_it() -> None:
    both = (b"MOA+12:7430.27'", b"MOA+9:7651.89'\nMOA+12:7430.27'")
    paid = as_sent("remittance-advice-d96a", both)
    assert isinstance(paid, RemittanceAdvice)
    assert str(paid.total.amount) == "7430.27"
    due = as_sent("remittance-advice-d96a", (b"MOA+12:7430.27'", b"MOA+9:7430.27'"))
    assert isinstance(due, RemittanceAdvice)
    assert str(due.total.amount) == "7430.27"


def test_a_remittance_is_between_the_parties_of_the_message_where_it_names_no_others() -> None:
    paid = as_sent("remittance-advice-d96a", (b"NAD+PR+", b"NAD+MS+"), (b"NAD+PE+", b"NAD+MR+"))
    expected = as_sent("remittance-advice-d96a")
    assert isinstance(paid, RemittanceAdvice)
    assert isinstance(expected, RemittanceAdvice)
    assert (paid.payer, paid.payee) == (expected.payer, expected.payee)
