"""What stands around the entries of a list: said of each of them, or once of all; and written back so."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.canonical.documents import decode, encode
from translators.edifact.outgoing import Party
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import Document, read
from translators.writing import Envelope, written

SAMPLES = Path(__file__).parents[2] / "samples"
GLNS = ("5060000000023", "5060000000030", "5060000000047")
DELFOR = pytest.mark.parametrize("target", ["edifact:DELFOR:D.96A", "edifact:DELFOR:D.97A", "edifact:DELFOR:D.04A"])


def schedule(places: list[str | None], shared: str | None = None) -> Any:
    """A schedule with a line for each of the `places`, and one place around them all."""
    data = msgspec.json.decode((SAMPLES / "delivery-schedule-d04a.out.json").read_bytes())
    line = {"product": [{"scheme": "buyer_code", "value": "A2059900"}], "buckets": data["lines"][0]["buckets"][-1:]}
    for bucket in line["buckets"]:
        bucket.pop("per", None)
        bucket["number"] = "1"
    data["lines"] = [
        {"number": str(number), **line} | ({"ship_to": party(place)} if place is not None else {})
        for number, place in enumerate(places, 1)
    ]
    data.pop("ship_to", None)
    return decode(msgspec.json.encode(data | ({"ship_to": party(shared)} if shared is not None else {})))


def party(gln: str) -> dict[str, Any]:
    return {"identifiers": [{"scheme": "gln", "value": gln}]}


def sent(document: Any, target: str) -> tuple[bytes, list[tuple[str, str | None]]]:
    envelope = Envelope(
        sender=Party(id="4012345000009"),
        recipient=Party(id="4260001230004"),
        prepared=datetime(2026, 11, 23, 12, 0),  # noqa: DTZ001 - UNB knows no zone
        reference="1",
        version="4" if target.endswith("D.04A") else "3",
    )
    done = written(document, target, envelope=envelope)
    return done.content, [(each.code, each.place.path) for each in done.findings if each.severity != "information"]


def places_of(content: bytes) -> list[bytes]:
    """The places of delivery and the lines, in the order of the message."""
    segments = content.split(b"'")
    return [each[:20] for each in segments if each.startswith((b"NAD+CN", b"NAD+ST", b"NAD+DP", b"LIN+"))]


def read_back(content: bytes) -> Document:
    return read(content, identify(content[:4096], None)).documents[0]


@DELFOR
def test_lines_of_one_place_after_the_other_share_its_group(target: str) -> None:
    document = schedule([GLNS[0], GLNS[0], GLNS[1]])
    content, told = sent(document, target)
    assert told == []
    assert [each[:3] for each in places_of(content)] == [b"NAD", b"LIN", b"LIN", b"NAD", b"LIN"]
    assert encode(read_back(content).object) == encode(document)


@DELFOR
def test_a_place_of_all_lines_stands_around_them(target: str) -> None:
    document = schedule([None, None], shared=GLNS[0])
    content, told = sent(document, target)
    assert told == []
    assert [each[:3] for each in places_of(content)] == [b"NAD", b"LIN", b"LIN"]
    assert read_back(content).ship_to == GLNS[0]
    assert encode(read_back(content).object) == encode(document)


def test_what_is_said_of_the_whole_and_of_each_line_is_written_and_told() -> None:
    document = schedule([None, GLNS[1]], shared=GLNS[0])
    content, told = sent(document, "edifact:DELFOR:D.96A")
    lines = read_back(content).object.lines
    assert [line.ship_to.identifiers[0].value for line in lines] == [GLNS[0], GLNS[1]]
    assert {path for _, path in told} == {"/ship_to", "/lines/0/ship_to"}


def test_what_of_a_place_finds_no_room_is_told_of_each_of_its_lines() -> None:
    document = schedule([GLNS[0], GLNS[0], GLNS[1]])
    data = msgspec.json.decode(encode(document))
    for line in data["lines"][:2]:
        line["ship_to"]["identifiers"].append({"scheme": "other", "value": "9" * 40})
    content, told = sent(decode(msgspec.json.encode(data)), "edifact:DELFOR:D.96A")
    assert [each[:3] for each in places_of(content)] == [b"NAD", b"LIN", b"LIN", b"NAD", b"LIN"]
    assert told == [("map.unwritten", f"/lines/{number}/ship_to/identifiers/1") for number in (0, 1)]


@given(st.lists(st.sampled_from(GLNS), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_the_order_of_lines_is_kept_whatever_their_places(places: list[str]) -> None:
    is_one = len(set(places)) == 1
    document = schedule([None] * len(places), shared=places[0]) if is_one else schedule([*places])
    content, told = sent(document, "edifact:DELFOR:D.96A")
    assert told == []
    assert encode(read_back(content).object) == encode(document)


def test_a_place_is_found_in_the_message_from_every_line_and_from_the_whole() -> None:
    for name, pointer in (
        ("delivery-schedule-d96a", "/ship_to/identifiers/0/value"),
        ("delivery-schedule-two-places-d96a", "/lines/1/ship_to/identifiers/0/value"),
    ):
        content = (SAMPLES / f"{name}.in.edi").read_bytes()
        document = read(content, identify(content[:4096], None), trace=True).documents[0]
        assert document.trace is not None
        place = document.trace[pointer]
        assert (place.segment, place.element, place.component) == ("NAD", 2, 1)
        value = content[place.offset :].split(b":")[0]
        assert value.decode() in document.body.decode()
        whole = msgspec.json.decode(document.body)
        traced = [each for each in document.trace if "/ship_to/" in each]
        assert traced
        assert all(_is_there(whole, each) for each in traced)


def _is_there(value: Any, pointer: str) -> bool:
    for step in pointer.split("/")[1:]:
        index: Any = int(step) if isinstance(value, list) else step
        if (isinstance(value, list) and index >= len(value)) or (isinstance(value, dict) and index not in value):
            return False
        value = value[index]
    return True


def test_a_wrong_place_of_all_lines_is_told_where_it_stands() -> None:
    content = (SAMPLES / "delivery-schedule-d96a.in.edi").read_bytes().replace(b"NAD+CN+5060000000023", b"NAD+CN+506")
    with pytest.raises(Unreadable) as refused:
        read_back(content)
    assert [(each.place.segment, each.place.element) for each in refused.value.findings] == [("NAD", 2)]


def test_every_event_belongs_to_its_consignment() -> None:
    content = (SAMPLES / "transport-status-two-events-d96a.in.edi").read_bytes()
    events = read_back(content).object.lines
    despatched = [[ref.number for ref in event.references if ref.kind == "despatch"] for event in events]
    assert despatched[:2] == [["LS-90211"], ["LS-90211"]]
    assert [event.number for event in events] == [str(number) for number in range(1, len(events) + 1)]
