"""Where goods go as UBL 2.0 says it, in cac:DeliveryAddress, beside the location that later releases have."""

import re
from pathlib import Path

import pytest

from translators.identify import identify
from translators.reading import Reading, read

SAMPLES = Path(__file__).parents[1] / "samples"
DOCUMENTS = ["order", "order-change", "order-response", "invoice", "credit-note"]
LOCATED = re.compile(
    rb"(<cac:Delivery>.*?<cac:DeliveryLocation>.*?)<cac:Address>(.*?)</cac:Address>(.*?</cac:DeliveryLocation>)", re.S
)


def reading_of(content: bytes) -> Reading:
    return read(content, identify(content, None))


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}-ubl21.in.xml").read_bytes()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_address_as_ubl_20_has_it_is_where_the_goods_go(name: str) -> None:
    moved, count = LOCATED.subn(rb"\1\3<cac:DeliveryAddress>\2</cac:DeliveryAddress>", sample(name), count=1)
    assert count == 1
    (document,) = reading_of(moved).documents
    (expected,) = reading_of(sample(name)).documents
    assert document.object == expected.object


@pytest.mark.parametrize("name", DOCUMENTS)
def test_beside_a_location_it_is_told_as_unread(name: str) -> None:
    """The location is what later releases say; the address that is not read is not dropped without a word."""
    address = rb"<cac:DeliveryAddress><cbc:CityName>Bremen</cbc:CityName></cac:DeliveryAddress>"
    both = LOCATED.sub(rb"\1<cac:Address>\2</cac:Address>\3" + address, sample(name), count=1)
    reading = reading_of(both)
    (expected,) = reading_of(sample(name)).documents
    assert reading.documents[0].object == expected.object
    residue = [each.place.path for each in reading.findings if each.code == "xml.residue"]
    assert any(path and path.endswith("/cac:DeliveryAddress/cbc:CityName") for path in residue)
