"""Steps between versions of a JSON shape, both ways."""

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from translators.findings import Finding, Place, Unreadable
from translators.jsondoc.olderjson import answered, in_older_words, reshaped
from translators.jsondoc.reshaping import Reshape, Step, Unfitting, mistakes_in


def step(**given: Any) -> Step:
    return msgspec.convert(given, Step)


STEPS = [
    step(rename="/lines/*/qty", to="quantity"),
    step(move="/buyer_id", to="/buyer/id"),
    step(move="/lines/*/price", to="/lines/*/unit_price/amount"),
    step(default="/currency", value="EUR"),
    step(remove="/colour", value="none"),
    step(wrap="/weight", **{"as": "value"}),
]
OLD = {
    "number": "1", "buyer_id": "b", "colour": "none", "weight": 3,
    "lines": [{"qty": 1, "price": "2.50"}, {"qty": 2}],
}  # fmt: skip
NEW = {
    "number": "1", "buyer": {"id": "b"}, "weight": {"value": 3}, "currency": "EUR",
    "lines": [{"quantity": 1, "unit_price": {"amount": "2.50"}}, {"quantity": 2}],
}  # fmt: skip


def test_every_kind_of_step_goes_both_ways() -> None:
    document: Any = deepcopy(OLD)
    reshape = Reshape(STEPS)
    reshape.forward(document)
    assert document == NEW
    reshape.backward(document)
    assert document == OLD


lines = some.lists(
    some.fixed_dictionaries({}, optional={"qty": some.integers(), "price": some.text(max_size=5)}), max_size=3
)
old_documents = some.fixed_dictionaries(
    {"colour": some.just("none")},
    optional={"buyer_id": some.text(max_size=5), "weight": some.integers(), "lines": lines, "note": some.none()},
)


@given(old_documents)
def test_what_an_old_client_sent_comes_back_as_it_was(document: dict[str, Any]) -> None:
    reshape = Reshape(STEPS)
    there = deepcopy(document)
    reshape.forward(there)
    reshape.backward(there)
    assert there == document


def test_a_field_under_both_names_is_refused_where_it_stands() -> None:
    with pytest.raises(Unfitting, match="`/qty` and `/quantity` are one field") as caught:
        Reshape(STEPS).forward({"lines": [{}, {"qty": 1, "quantity": 2}]})
    assert caught.value.pointer == "/lines/1/qty"


def test_a_place_that_is_no_object_is_said() -> None:
    with pytest.raises(Unfitting, match="`buyer` is no object, so `id` cannot stand in it"):
        Reshape(STEPS).forward({"buyer_id": "b", "buyer": "c"})


def test_a_default_does_not_change_what_is_there() -> None:
    document = {"currency": "CHF"}
    Reshape(STEPS).forward(document)
    assert document["currency"] == "CHF"


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("/lines/1/quantity", "/lines/1/qty"),
        ("/lines/0/unit_price/amount", "/lines/0/price"),
        ("/buyer/id", "/buyer_id"),
        ("/weight/value", "/weight"),
        ("/weight/value/deeper", "/weight/deeper"),
        ("/lines/0/other", "/lines/0/other"),
        ("", ""),
    ],
)
def test_a_place_is_told_in_the_older_words(newer: str, older: str) -> None:
    assert Reshape(STEPS).older_pointer(newer) == older


def test_steps_over_two_versions_follow_one_another_and_keep_every_digit() -> None:
    reshapes = [Reshape([step(rename="/a", to="b")]), Reshape([step(move="/b", to="/c/d")])]
    content = b'{"a": 0.10000000000000000001, "n": 12345678901234567890123}'
    forward = reshaped(content, reshapes)
    assert forward == b'{"n":12345678901234567890123,"c":{"d":0.10000000000000000001}}'
    assert answered(forward, reshapes) == b'{"n":12345678901234567890123,"a":0.10000000000000000001}'


def test_mistakes_of_the_older_text_have_their_line_and_column() -> None:
    with pytest.raises(Unreadable) as caught:
        reshaped(b'{"a": 1,\n "a": 2}', [Reshape([step(rename="/a", to="b")])])
    (finding,) = caught.value.findings
    assert (finding.code, finding.place.line, finding.place.column) == ("json.duplicate", 2, 2)
    with pytest.raises(Unreadable) as caught:
        reshaped(b'{"x": 1,\n "a": 1, "b": 2}', [Reshape([]), Reshape([step(rename="/a", to="b")])])
    (finding,) = caught.value.findings
    assert (finding.place.path, finding.place.line, finding.place.column) == ("/a", 2, 7)


def test_findings_about_the_new_shape_are_placed_in_the_old_text() -> None:
    content = b'{"lines": [\n {"qty": "x"}]}'
    told = in_older_words([Finding("a.b", "no", Place(path="/lines/0/quantity"))], [Reshape(STEPS)], content)
    assert told[0].place == Place(line=2, column=10, path="/lines/0/qty")


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        ({}, None, "a step is one of `rename`, `move`, `default`, `remove`, `wrap`"),
        ({"rename": "/a", "move": "/b"}, None, "a step is one of `rename`, `move`, `default`, `remove`, `wrap`"),
        ({"rename": "/a"}, "rename", "`rename` needs `to`"),
        ({"rename": "/a", "to": "/b"}, "to", "`rename` gives another name in the same place; use `move`"),
        ({"default": "/a"}, "default", "`default` needs `value`"),
        ({"wrap": "/a"}, "wrap", "`wrap` needs `as`"),
        ({"wrap": "/a", "as": "b", "to": "c"}, "to", "`to` does not belong to `wrap`"),
        ({"remove": "/lines/*"}, "remove", "name a field, not the entries of a list"),
        ({"move": "/lines/*/a", "to": "/b"}, "to", "`to` begins with `/lines/*/` and names one place"),
        ({"move": "/a", "to": "/b/*/c"}, "to", "`to` names one place: `/…`"),
        ({"move": "/a", "to": "/a/b"}, "to", "a value cannot move into itself; use `wrap`"),
    ],
)
def test_a_mistaken_step_is_told(given: dict[str, Any], field: str | None, text: str) -> None:
    assert list(mistakes_in(step(**given))) == [(field, text)]
