"""A field that is missing is told with the places its map reads it from."""

import pytest

from translators.edifact.translating import compiled_map
from translators.mapping.whence import whence
from translators.x12.translating import compiled_map as compiled_x12_map


@pytest.mark.parametrize(
    ("pointer", "paths"),
    [
        ("/seller", "SG2[NAD/3035=SU|SE]"),
        ("/invoicee", "SG2[NAD/3035=IV] or SG2[NAD/3035=BT][/SG2/NAD/3035!=IV]"),
        ("/lines/3/requested", "DTM[C507.2005=2]"),
        ("/lines/3/schedule/0/quantity", "QTY"),
        ("/lines/3/unit_price/amount", "C509.5118"),
        ("/side", ""),
        ("/nothing", ""),
    ],
)
def test_the_places_stand_as_the_map_says_them(pointer: str, paths: str) -> None:
    compiled = compiled_map("ORDERS", "D.96A")
    assert compiled is not None
    assert whence(compiled.spec, pointer) == paths


def test_a_field_is_read_from_where_its_parts_are() -> None:
    compiled = compiled_x12_map("850", "004010")
    assert compiled is not None
    assert whence(compiled.spec, "/lines/0/quantity") == "PO1/PO102 or PO1/PO103"
