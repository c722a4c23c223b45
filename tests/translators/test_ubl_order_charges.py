"""What a UBL order says beside its lines: charges, other documents, the party that takes the goods."""

from pathlib import Path
from typing import Any

import msgspec

from translators.canonical.purchase_order import PurchaseOrder
from translators.identify import identify
from translators.reading import read
from translators.writing import written

ORDER = (Path(__file__).parents[1] / "samples" / "order-charges-ubl21.in.xml").read_text()


def order(text: str = ORDER) -> PurchaseOrder:
    found = read(text.encode(), identify(text[:4096].encode(), None)).documents[0].object
    assert isinstance(found, PurchaseOrder)
    return found


def json_of(document: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(document))


def test_the_gross_price_is_for_the_quantity_of_the_net_price() -> None:
    (line,) = order().lines
    assert line.gross_price is not None
    assert line.unit_price is not None
    assert line.gross_price.basis == line.unit_price.basis
    per_piece = ORDER.replace('<cbc:BaseQuantity unitCode="C62">100</cbc:BaseQuantity>', "")
    assert json_of(order(per_piece).lines[0].gross_price) == {"amount": "2500", "currency": "EUR"}


def test_the_place_of_delivery_is_known_by_its_own_number_before_that_of_who_takes_the_goods() -> None:
    place = '<cac:DeliveryLocation><cbc:ID schemeID="0088">4012345000009</cbc:ID><cac:Address><cbc:StreetName>Am Kai'
    assert [each.value for each in order().ship_to.identifiers] == ["4012345000016"]  # type: ignore[union-attr]
    named = order(ORDER.replace("<cac:DeliveryLocation>\n      <cac:Address><cbc:StreetName>Am Kai", place))
    assert [each.value for each in named.ship_to.identifiers] == ["4012345000009"]  # type: ignore[union-attr]


def test_who_takes_the_goods_may_have_several_numbers() -> None:
    one = '<cac:PartyIdentification><cbc:ID schemeID="0088">4012345000016</cbc:ID></cac:PartyIdentification>'
    assert one in ORDER
    several = one + one.replace("0088", "WERKSNUMMER").replace("4012345000016", "R-7")
    ship_to = order(ORDER.replace(one, several)).ship_to
    assert json_of(ship_to)["identifiers"] == [
        {"scheme": "gln", "value": "4012345000016"},
        {"scheme": "other", "value": "R-7", "agency": "WERKSNUMMER"},
    ]


def test_an_allowance_in_per_cent_alone_is_no_allowance_of_ubl_and_told() -> None:
    body = json_of(order())
    del body["allowances"][0]["amount"]
    done = written(msgspec.json.encode(body), "ubl:Order:2.1")
    (finding,) = done.findings
    assert finding.place.path == "/allowances/0"
    assert b"Rahmenbonus" not in done.content
    assert b"Fracht" in done.content
