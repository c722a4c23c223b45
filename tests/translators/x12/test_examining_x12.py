"""X12 interchanges as they come: any separators, line breaks or none, several in one file, hostile ones in bounds."""

import time
from pathlib import Path

import pytest

from translators.identify import identify
from translators.reading import read
from translators.x12.examining import X12Limits, examine
from translators.x12.faults import Faults
from translators.x12.tokens import segments_in

SAMPLES = Path(__file__).parents[2] / "samples"
ORDER = (SAMPLES / "order-x12.in.x12").read_bytes()
NAMES = sorted(path.name for path in SAMPLES.glob("*.in.x12"))


@pytest.mark.parametrize(
    ("terminator", "layout"),
    [(b"~", b""), (b"~", b"\r\n"), (b"\n", b""), (b"\r", b"\n"), (b"'", b"\n"), (b"\x1c", b""), ("…".encode(), b"\n")],
)
def test_the_terminator_is_whatever_stands_behind_isa16(terminator: bytes, layout: bytes) -> None:
    content = ORDER.replace(b"~\n", terminator + layout)
    assert [each.text for each in examine(content).findings] == []
    assert read(content, identify(content, None)).documents[0].number == "PO-4711"


WITHOUT_ISA16 = {
    "nothing at its place": (b"~", "ISA16 is missing: there is no component separator"),
    "nothing at its place, and line breaks": (b"~\n", "ISA16 is missing: there is no component separator"),
    "nothing at its place, and long line breaks": (b"~\r\n", "ISA16 is missing: there is no component separator"),
    "a blank": (b" ~\n", "ISA16 is blank: there is no component separator"),
}


@pytest.mark.parametrize("shape", WITHOUT_ISA16)
def test_a_header_without_component_separator_is_read_and_told(shape: str) -> None:
    end, text = WITHOUT_ISA16[shape]
    head, rest = ORDER.split(b">~\n", 1)
    content = head + end + rest.replace(b"~\n", end.lstrip()).replace(b"Werk 2", b"Werk > 2")
    reading = read(content, identify(content, None))
    assert reading.documents[0].object.ship_to.name == "Werk > 2"
    assert [each.text for each in reading.findings] == [text]


def test_a_component_separator_before_a_line_feed_stays_one() -> None:
    content = ORDER.replace(b"~\n", b"\n")
    assert [each.text for each in examine(content).findings] == []


def test_a_byte_order_mark_is_skipped_and_told() -> None:
    reading = read(b"\xef\xbb\xbf" + ORDER, identify(b"\xef\xbb\xbf" + ORDER, None))
    assert [(each.code, each.severity) for each in reading.findings] == [("x12.bom", "information")]
    assert reading.documents[0].body == read(ORDER, identify(ORDER, None)).documents[0].body


def test_no_bytes_before_the_header_are_taken_for_its_end() -> None:
    (finding, missing) = examine(b"\xef\xbb\xbfISB").findings[1:]
    assert finding.text == "3 bytes stand before the interchange header (ISA) and are not read"
    assert missing.code == "x12.isa"


@pytest.mark.parametrize("name", NAMES)
def test_the_segments_of_an_input_are_all_of_it(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    faults = Faults()
    segments = list(segments_in(content, faults, 64 * 1024))
    assert faults.findings == []
    end = chr(content[105]).encode()
    assert b"".join(segment.raw + end + b"\n" for segment in segments) == content
    for segment in segments:
        assert content[segment.offset :].startswith(segment.raw)


def test_the_repetition_separator_holds_from_00402_on_and_only_where_something_repeats() -> None:
    older = ORDER.replace(b"Werk 2*92", b"Werk^2*92")
    assert [each.text for each in examine(older).findings] == []
    newer = older.replace(b"*U*00401*", b"*^*00501*").replace(b"*X*004010", b"*X*005010")
    assert [each.text for each in examine(newer).findings] == [
        "the repetition separator `^` stands in N102, which does not repeat; it is taken as it is"
    ]
    assert read(newer, identify(newer, None)).documents[0].object.ship_to.name == "Werk^2"


def test_several_interchanges_in_one_file_each_have_their_own_separators() -> None:
    other = (
        ORDER.replace(b"000000901", b"000000902").replace(b"*", b"|").replace(b">~", b":~").replace(b"PO-4711", b"PO-2")
    )
    content = ORDER + b"\n\n" + other
    examination = examine(content)
    assert [each.control for each in examination.interchanges] == ["000000901", "000000902"]
    assert [each.number for each in read(content, identify(content, None)).documents] == ["PO-4711", "PO-2"]


def test_an_interchange_that_breaks_off_does_not_swallow_the_next_one() -> None:
    broken = ORDER[: ORDER.index(b"PO1*20")]
    examination = examine(broken + ORDER.replace(b"000000901", b"000000902"))
    assert [each.control for each in examination.interchanges] == ["000000901", "000000902"]
    assert [each.text for each in examination.findings if each.place.interchange == "000000902"] == []
    assert {each.syntax_code for each in examination.findings} == {"AK502:2", "AK905:3", "TA105:023"}


def test_places_are_those_of_the_bytes() -> None:
    content = ORDER.replace(b"*24*EA*", b"*24x*EA*")
    (finding,) = examine(content).findings
    assert finding.place.offset == content.index(b"24x*EA")
    assert (finding.place.group, finding.place.message, finding.place.interchange) == ("901", "0001", "000000901")


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (X12Limits(max_segments=20), "the input has more than 20 segments"),
        (X12Limits(max_segment_bytes=110), "the segment at byte 107 is longer than 10 bytes"),
        (X12Limits(max_interchanges=1), "the input has more than 1 interchanges"),
        (X12Limits(max_messages=1), "the input has more than 1 transaction sets"),
    ],
)
def test_what_is_too_much_ends_the_reading(limits: X12Limits, text: str) -> None:
    if limits.max_segment_bytes == 110:
        limits, text = X12Limits(max_segment_bytes=10), "the segment at byte 0 is longer than 10 bytes"
    content = ORDER if limits.max_segments == 20 else ORDER + ORDER
    assert text in [each.text for each in examine(content, limits).findings]


def _cost(content: bytes) -> float:
    """Seconds of processor time, the best of three."""
    costs = []
    for _ in range(3):
        begun = time.process_time()
        examine(content, X12Limits(max_segments=10**6, max_segment_bytes=10**8, max_messages=10**6))
        costs.append(time.process_time() - begun)
    return min(costs)


HEAD = ORDER[: ORDER.index(b"ST*")]


@pytest.mark.parametrize(
    "body",
    [
        b"ST*850*0001~",
        b"REF*CT*1~",
        b"ST*856*0001~" + b"HL*1**S~",
        b"N1*BY*" + b"^" * 40 + b"~",
        b"*" * 60 + b"~",
        b"~",
    ],
    ids=["sets without end", "segments outside", "levels", "separators", "elements", "nothing"],
)
def test_hostile_input_costs_in_proportion_to_its_length(body: bytes) -> None:
    small, large = HEAD + body * 2_000, HEAD + body * 16_000
    assert _cost(large) < 40 * max(_cost(small), 0.005), "eight times the length: 64 times the cost would be quadratic"


def test_a_gigantic_element_is_cut_off_by_its_length() -> None:
    content = HEAD + b"ST*850*0001~BEG*" + b"9" * 1_000_000 + b"~"
    assert "is longer than 65536 bytes" in examine(content).findings[0].text


def test_findings_are_bounded() -> None:
    content = HEAD + b"REF*CT~" * 20_000
    assert len(examine(content).findings) <= 1_000


@pytest.mark.parametrize("content", [b"", b"ISA", b"ISA*", b"ISA" * 60, b"ISA\x00" * 40, b"\xff" * 200])
def test_what_is_no_interchange_is_told(content: bytes) -> None:
    assert any(each.severity == "error" for each in examine(content).findings)
