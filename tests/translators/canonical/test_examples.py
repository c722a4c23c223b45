"""Every kind has an example; each becomes exactly its golden form and is named by its golden facts.

`python tests/translators/canonical/test_examples.py` writes the golden files anew; read them before committing them.
"""

import json
import sys
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.canonical.documents import KINDS, Kind, decode, encode
from translators.canonical.schema import json_schema
from translators.examples import example
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import Document, read

GOLDEN = Path(__file__).parent / "golden"
NAMES = {tag: tag.partition("/")[0].replace("_", "-") + ".json" for tag in KINDS} | {"purchase_order/1": "order.json"}
kinds = pytest.mark.parametrize("tag", KINDS)


def read_example(tag: str) -> Document:
    content = example(NAMES[tag])
    (document,) = read(content, identify(content[:4096], "application/json")).documents
    return document


def golden(document: Document) -> bytes:
    """The facts on one line, then the body as people read it."""
    facts = {
        "key": document.business_key, "number": document.number, "lines": document.lines,
        "ship_to": document.ship_to, "site": document.site,
    }  # fmt: skip
    return json.dumps(facts, ensure_ascii=False).encode() + b"\n" + msgspec.json.format(document.body, indent=2) + b"\n"


@kinds
def test_an_example_becomes_its_golden_form(tag: str) -> None:
    assert golden(read_example(tag)) == (GOLDEN / NAMES[tag]).read_bytes()


def test_there_is_no_golden_form_of_a_kind_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(NAMES.values())


@kinds
def test_an_example_says_everything_once_and_nothing_is_lost(tag: str) -> None:
    document = read_example(tag)
    assert (document.type, document.version) == tuple(tag.split("/"))
    if tag != "purchase_order/1":  # written with its trailing parts as partners write them
        assert json.loads(document.body) == json.loads(example(NAMES[tag]))
    assert encode(decode(document.body)) == document.body
    assert decode(document.body) == document.object


@kinds
def test_the_schema_takes_the_example_and_its_body(tag: str) -> None:
    validator = jsonschema_rs.validator_for(json_schema(*tag.split("/")), validate_formats=True)
    validator.validate(json.loads(example(NAMES[tag])))
    validator.validate(json.loads(read_example(tag).body))


def _leaves(value: object, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    if isinstance(value, dict):
        return [leaf for name, each in value.items() for leaf in _leaves(each, (*way, name))]
    if isinstance(value, list):
        return [leaf for index, each in enumerate(value) for leaf in _leaves(each, (*way, index))]
    return [way]


@kinds
def test_what_the_reader_takes_the_schema_takes_and_no_other_form(tag: str) -> None:
    """Each value of the example in turn becomes a number, null, a list and a strange text."""
    whole = json.loads(example(NAMES[tag]))
    validator = jsonschema_rs.validator_for(json_schema(*tag.split("/")), validate_formats=True)
    for way in _leaves(whole):
        for wrong in (7, None, [], "\x7f?"):
            changed = json.loads(json.dumps(whole))
            holder = changed
            for step in way[:-1]:
                holder = holder[step]
            holder[way[-1]] = wrong
            if way != ("kind",) and _fits(KINDS[tag], json.dumps(changed).encode()):
                assert validator.is_valid(changed), (way, wrong)
            elif wrong in (7, []):
                assert not validator.is_valid(changed), (way, wrong)


def _fits(kind: Kind, content: bytes) -> bool:
    try:
        kind.decode(content)
    except msgspec.ValidationError:
        return False
    return True


@settings(max_examples=300)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_an_example_without_one_of_its_parts_is_read_or_refused_with_places(tag: str, data: st.DataObject) -> None:
    whole = json.loads(example(NAMES[tag]))
    way = data.draw(st.sampled_from([way for way in _leaves(whole) if way != ("kind",)]))
    depth = data.draw(st.integers(1, len(way)))
    holder = whole
    for step in way[: depth - 1]:
        holder = holder[step]
    del holder[way[depth - 1]]
    content = json.dumps(whole).encode()
    try:
        assert read(content, identify(content[:4096], None)).documents
    except Unreadable as refused:
        places = [finding.place.path for finding in refused.findings]
        assert all(place is not None for place in places)


if __name__ == "__main__":
    for tag, name in NAMES.items():
        (GOLDEN / name).write_bytes(golden(read_example(tag)))
        sys.stdout.write(f"{name}\n")
