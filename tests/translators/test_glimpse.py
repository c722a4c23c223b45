"""The numbers of documents are found whatever else is wrong with them."""

import json
import time
from pathlib import Path

import pytest

from translators.examples import example
from translators.glimpse import MOST, numbers_in

SAMPLES = Path(__file__).parents[1] / "samples"
OF_ANOTHER = ("acknowledgement-",)
"""Acknowledgements are called by what they answer."""


def _read(out: Path) -> set[str]:
    """The numbers that the reader gives the documents of a sample."""
    text, numbers = out.read_text().lstrip(), set()
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        numbers |= {document["number"]} if "number" in document else set()
        text = text[end:].lstrip()
    return numbers


@pytest.mark.parametrize(
    "out",
    [one for one in sorted(SAMPLES.glob("*.out.json")) if not one.name.startswith(OF_ANOTHER)],
    ids=lambda one: one.name,
)
def test_what_the_reader_calls_a_document_is_seen_at_a_glimpse(out: Path) -> None:
    [given] = SAMPLES.glob(out.name.replace(".out.json", ".in.*"))
    assert _read(out) <= set(numbers_in(given.read_bytes()))


def test_a_wounded_document_keeps_its_number() -> None:
    edifact, xml, text = example("order.edi"), example("order.ubl.xml"), example("order.json")
    [number] = numbers_in(edifact)
    assert numbers_in(edifact[: edifact.index(b"LIN+") + 3]) == (number,)
    assert numbers_in(xml[: xml.index(b"<cbc:IssueDate") + 3]) == numbers_in(xml) != ()
    assert numbers_in(text[: len(text) // 2] + b"}}]") == numbers_in(text) != ()


def test_the_number_of_a_json_document_is_that_of_the_outermost_object() -> None:
    inner = (
        b'{"kind": "purchase_order/1", "buyer": {"number": "9"}, "lines": [{"number": "1"}], "number": "PO\\u002d7"}'
    )
    assert numbers_in(inner) == ("PO-7",)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"<", b"UNB", b"ISA", b"511", b"711", b"hello", b"\xff\xfe<\x00", b"UNA:+.? 'BGM+220'", b"[1]",
     b'{"number": 4711}', b'{"number": "\x00"}', b'{"number": "\\ud800"}',
     b'{"number": "\\udc00\\ud800"}', b'{"number": "\xed\xa0\x80"}',
     b"<!DOCTYPE x [<!ENTITY a 'b'>]><x><ID>&a;</ID></x>",
     b"ISA*00*", b"{" * 5000, b"<a>" * 5000],
)  # fmt: skip
def test_where_there_is_none_nothing_is_found_and_nothing_raised(content: bytes) -> None:
    assert numbers_in(content) == ()


@pytest.mark.parametrize(
    "hostile", [b'{"' + b'\\"' * 200_000, b"{" * 400_000, b'{"a":' + b'"' * 400_000, b"<a>" * 100_000]
)
def test_a_glimpse_is_short_whatever_is_looked_at(hostile: bytes) -> None:
    started = time.process_time()
    assert numbers_in(hostile) == ()
    assert time.process_time() - started < 1


def test_thousands_of_stumps_of_vda_records_are_not_taken_apart() -> None:
    stumps, note = b"512\n", b"713" + b"01" + b"4711".rjust(8, b"0") + b"\n"
    assert numbers_in(b"711\n" + stumps * 100 + note) != ()
    assert numbers_in(b"711\n" + stumps * 3000 + note) == ()


def test_no_more_are_kept_than_a_person_would_look_through() -> None:
    many = b"UNB+UNOA:1+A+B+261130:0800+1'" + b"".join(
        b"UNH+%d+ORDERS:D:96A:UN'BGM+220+PO-%d+9'" % (number, number) for number in range(200)
    )
    assert len(numbers_in(many)) == MOST
    assert numbers_in(b"UNA:+.? 'UNH+1+ORDERS:D:96A:UN'BGM+220+" + b"9" * 500 + b"+9'") == ()
