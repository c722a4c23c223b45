"""A package that a message says several times is one."""

import json
from time import process_time

import pytest

from translators.canonical.despatch_advice import DespatchAdvice
from translators.examples import example
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read

SSCC = "340123450000000017"


def advice(*packages: dict[str, object]) -> DespatchAdvice:
    content = json.dumps({**json.loads(example("despatch-advice.json")), "packages": packages}).encode()
    found = read(content, identify(content, None)).documents[0].object
    assert isinstance(found, DespatchAdvice)
    return found


def test_what_is_said_with_each_line_is_gathered() -> None:
    pallet: dict[str, object] = {"id": "P-1", "scheme": "mark"}
    said = {"id": SSCC, "scheme": "sscc", "contents": [{"line": "1"}]}
    again = {"id": SSCC, "scheme": "sscc", "type": "201", "parent": "P-1", "contents": [{"line": "2"}]}
    found = advice(said, pallet, again).packages
    assert [package.id for package in found] == [SSCC, "P-1"]
    assert (found[0].type, found[0].parent) == ("201", "P-1")
    assert [content.line for content in found[0].contents] == ["1", "2"]


def test_packages_that_are_said_once_stay_as_they_are() -> None:
    found = advice({"id": "P-1", "scheme": "mark", "type": "CT"}, {"id": "P-2", "scheme": "mark"}).packages
    assert [(package.id, package.type) for package in found] == [("P-1", "CT"), ("P-2", None)]


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ({"type": "201"}, {"type": "09"}, "types"),
        ({"parent": "P-1"}, {"parent": "P-2"}, "packages around it"),
        ({"gross": {"value": "180", "unit": "KGM"}}, {"gross": {"value": "99", "unit": "KGM"}}, "gross weights"),
    ],
)
def test_a_package_that_is_said_to_be_two_things_is_refused(
    one: dict[str, object], other: dict[str, object], what: str
) -> None:
    pallets: list[dict[str, object]] = [{"id": f"P-{number}", "scheme": "mark"} for number in (1, 2)]
    with pytest.raises(Unreadable) as told:
        advice({"id": SSCC, "scheme": "sscc", **one}, {"id": SSCC, "scheme": "sscc", **other}, *pallets)
    assert told.value.findings[0].text == f"package `{SSCC}` is said to have 2 {what}; one is expected"


def test_a_weight_that_is_written_in_two_ways_is_one() -> None:
    said: list[dict[str, object]] = [
        {"id": "P-1", "scheme": "mark", "gross": {"value": value, "unit": "KGM"}} for value in ("180.5", "180.50")
    ]
    assert str(advice(*said).packages[0].gross.value) == "180.5"  # type: ignore[union-attr]


def test_a_package_that_is_said_with_each_of_many_lines_is_gathered_in_one_pass() -> None:
    said: list[dict[str, object]] = [
        {"id": "P-1", "scheme": "mark", "contents": [{"line": str(number)}]} for number in range(40_000)
    ]
    before = process_time()
    assert len(advice(*said).packages[0].contents) == 40_000
    assert process_time() - before < 5
