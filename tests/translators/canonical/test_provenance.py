"""Where canonical fields came from."""

from translators.canonical.provenance import Provenance
from translators.findings import Place

LINE = Place(segment="LIN", segment_position=12)
QUANTITY = Place(segment="QTY", segment_position=14, element=1, component=2)
HEAD = Place(segment="BGM", segment_position=2)
known = Provenance({"/lines/0": LINE, "/lines/0/quantity/value": QUANTITY, "/number": HEAD})


def test_a_field_has_its_own_place() -> None:
    assert known.place("/lines/0/quantity/value") is QUANTITY


def test_a_field_without_a_place_lies_where_what_is_around_it_lies() -> None:
    assert known.place("/lines/0/quantity/unit") is LINE
    assert known.place("/lines/0/product/1/value") is LINE


def test_where_nothing_around_has_a_place_there_is_none() -> None:
    assert known.place("/lines/1/quantity") is None
    assert known.place("") is None
    assert Provenance({"": HEAD}).place("/lines/1/quantity") is HEAD


def test_a_line_with_a_longer_number_is_not_taken_for_a_shorter_one() -> None:
    assert known.place("/lines/01") is None
    assert known.inside("/lines/0").places.keys() == {"", "/quantity/value"}
    assert Provenance({"/lines/10/number": HEAD}).inside("/lines/1").places == {}


def test_the_fields_of_a_segment_are_found_from_the_message() -> None:
    assert list(known.fields_at(14)) == ["/lines/0/quantity/value"]
    assert list(known.fields_at(3)) == []
