"""A package that a message says several times is one."""

import json

from translators.canonical.despatch_advice import DespatchAdvice
from translators.examples import example
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
