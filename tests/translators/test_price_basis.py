"""A price per 100 that names no unit is one per 100 of what its line counts (EN 16931, BT-150; EANCOM, too)."""

import re
from pathlib import Path

import pytest

from translators.canonical.purchase_order import PurchaseOrder
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.acceptance import compiled
from translators.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"
ORDER = SAMPLES / "order-d96a.in.edi"
WITH_A_BASIS = [
    "order-d96a.in.edi",
    "order-d97a.in.edi",
    "order-d01b.in.edi",
    "order-d05b.in.edi",
    "order-response-d96a.in.edi",
    "order-change-d96a.in.edi",
    "invoice-d96a.in.edi",
    "invoice-d01b.in.edi",
    "invoice-d07a.in.edi",
    "order-ubl21.in.xml",
    "order-change-ubl21.in.xml",
    "order-response-ubl21.in.xml",
    "invoice-ubl21.in.xml",
    "credit-note-ubl21.in.xml",
    "invoice-cii.in.xml",
]
UNITS = re.compile(rb'(PRI\+AA[AB]:[\d.]+:[^:]*:[^:]*:\d+):[A-Z0-9]+|((?:Base|Basis)Quantity) unitCode="[A-Z0-9]+"')


def objects_of(content: bytes) -> list[object]:
    return [each.object for each in read(content, identify(content, None)).documents]


@pytest.mark.parametrize("name", WITH_A_BASIS)
def test_the_unit_of_the_line_is_that_of_the_price(name: str) -> None:
    whole = (SAMPLES / name).read_bytes()
    without, taken = UNITS.subn(lambda found: found[1] or found[2], whole)
    assert taken
    assert objects_of(without) == objects_of(whole)


def test_eancom_counts_trade_units_in_both() -> None:
    """Neither QTY nor PRI has a unit: EANCOM leaves it out where pieces are counted."""
    whole = ORDER.read_bytes()
    without = UNITS.sub(lambda found: found[1], whole).replace(b":PCE'", b"'")
    assert objects_of(without) == objects_of(whole)


def test_a_price_per_weight_stays_one() -> None:
    """What the price says itself is not changed by what the line counts."""
    priced = ORDER.read_bytes().replace(b"PRI+AAA:118.50:::1:PCE", b"PRI+AAA:118.50:::1:KGM")
    (order,) = objects_of(priced)
    assert isinstance(order, PurchaseOrder)
    (price, *_) = [line.unit_price for line in order.lines]
    assert price is not None
    assert price.basis is not None
    assert price.basis.unit == "KGM"


def test_a_basis_is_refused_where_nothing_says_its_unit() -> None:
    """Outside of EANCOM a quantity has its unit; without it neither the line nor its price has one."""
    content = ORDER.read_bytes().replace(b"D:96A:UN:EAN008'", b"D:96A:UN'")
    content = content.replace(b"QTY+21:48:PCE", b"QTY+21:48").replace(b"118.50:::1:PCE", b"118.50:::1")
    with pytest.raises(Unreadable) as refused:
        objects_of(content)
    texts = [each.text for each in refused.value.findings if each.severity == "error"]
    assert texts == [
        "C186.6411 is missing",
        "the field `unit` is missing; "
        "the map reads it from C509.6411 or QTY[C186.6063=21]/C186.6411 or QTY[C186.6063=1]/C186.6411",
    ]


def test_a_price_of_eancom_without_a_basis_is_one_of_what_is_ordered() -> None:
    """That EANCOM counts trade units says nothing of a price by itself."""
    content = ORDER.read_bytes().replace(b"118.50:::1:PCE", b"118.50:CT")
    (order,) = objects_of(content)
    assert isinstance(order, PurchaseOrder)
    price = order.lines[0].unit_price
    assert price is not None
    assert price.basis is None


def test_a_price_of_an_order_in_no_currency_is_left_out_and_told() -> None:
    """Without CUX a price is no money; the order is good without it."""
    content = ORDER.read_bytes().replace(b"CUX+2:EUR:9'\n", b"").replace(b"UNT+52+1", b"UNT+51+1")
    done = read(content, identify(content, None))
    (order,) = [each.object for each in done.documents]
    assert isinstance(order, PurchaseOrder)
    assert [(line.unit_price, line.net_amount) for line in order.lines] == [(None, None)] * 3
    texts = [each.text for each in done.findings if each.code == "map.left_out"]
    why = "is left out: an amount needs its currency (CUX)"
    assert texts[0] == f"/SG7/CUX/C504[6347=2]/6345 is missing, so `unit_price` {why}"
    assert texts[1] == f"C516.6345 is missing, so `net_amount` {why}"
    assert len(texts) == 6


def test_the_map_of_a_partner_says_the_currency_that_goes_without_saying(tmp_path: Path) -> None:
    (tmp_path / "orders-nordlicht.yaml").write_text("""extends: orders-d96a
changes:
  - {part: price, replace: currency, rows: [{to: currency, from: "/SG7/CUX/C504[6347=2]/6345", otherwise: EUR}]}
""")
    content = ORDER.read_bytes().replace(b"CUX+2:EUR:9'\n", b"").replace(b"UNT+52+1", b"UNT+51+1")
    done = read(content, identify(content, None), using=compiled(tmp_path / "orders-nordlicht.yaml"))
    (order,) = [each.object for each in done.documents]
    assert isinstance(order, PurchaseOrder)
    assert [line.unit_price and line.unit_price.currency for line in order.lines] == ["EUR"] * 3
