"""A long interchange in parts: the same messages, in envelopes that say what is in them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.long_interchanges import interchange, orders

from translators.edifact.dividing import DivideLimits, Division, divide, header_in
from translators.edifact.examining import examine
from translators.identify import identify
from translators.reading import read

GROUPED = (
    b"UNA:+.? '\r\nUNB+UNOC:3+A+B+261120:0931+1?+1'\r\n"
    b"UNG+ORDERS+A+B+261120:0931+G?'1+UN+D:96A'\r\nUNH+1+ORDERS:D:96A:UN'\r\nUNT+2+1'\r\nUNH+2+ORDERS:D:96A:UN'UNT+2+2'"
    b"UNE+2+G?'1'UNG+INVOIC+A+B+261120:0931+G2+UN+D:96A'UNH+3+INVOIC:D:96A:UN'UNT+2+3'UNE+1+G2'UNZ+2+1?+1'"
)


def parts_of(content: bytes, **limits: int) -> list[bytes]:
    """Each part as it will be read."""
    division = divide([content], DivideLimits(**limits))
    assert not [one for one in division.findings if one.severity == "error"], division.findings
    return [
        b"".join(content[one.start : one.end] for one in part.envelopes) + content[part.start : part.end] + part.trailer
        for part in division.parts
    ]


def test_the_parts_hold_the_orders_of_the_whole() -> None:
    content = interchange(23)
    parts = parts_of(content, part_messages=5)
    assert len(parts) == 5
    numbers = [document.number for part in parts for document in read(part, identify(part, None)).documents]
    assert numbers == [document.number for document in read(content, identify(content, None)).documents]
    assert [one.number for one in read(parts[-1], identify(parts[-1], None)).documents][-1] == "PO-0000023"
    assert parts[0].endswith(b"UNZ+5+NL000815'")
    assert parts[-1].endswith(b"UNZ+3+NL000815'")


def test_a_part_ends_with_the_message_that_makes_it_long_enough() -> None:
    content = interchange(12)
    parts = parts_of(content, part_bytes=4000)
    assert all(len(part) < 4000 + 2 * len(content) / 12 for part in parts)
    assert len(parts) > 3


def test_groups_stand_around_their_messages_again() -> None:
    parts = parts_of(GROUPED, part_messages=1)
    una = b"UNA:+.? '\r\nUNB+UNOC:3+A+B+261120:0931+1?+1'\r\n"
    first = b"UNG+ORDERS+A+B+261120:0931+G?'1+UN+D:96A'\r\n"
    second = b"UNG+INVOIC+A+B+261120:0931+G2+UN+D:96A'"
    assert parts == [
        una + first + b"UNH+1+ORDERS:D:96A:UN'\r\nUNT+2+1'\r\nUNE+1+G?'1'UNZ+1+1?+1'",
        una + first + b"UNH+2+ORDERS:D:96A:UN'UNT+2+2'UNE+1+G?'1'UNZ+1+1?+1'",
        una + second + b"UNH+3+INVOIC:D:96A:UN'UNT+2+3'UNE+1+G2'UNZ+1+1?+1'",
    ]
    for part in parts:
        found = examine(part).all_findings
        assert not [one for one in found if one.code.startswith(("edifact.count", "edifact.reference"))]


def test_the_last_part_of_each_interchange_is_known() -> None:
    content = interchange(4) + interchange(3, "NL000816", first=5)
    division = divide([content], DivideLimits(part_messages=2))
    assert [(part.messages, part.last) for part in division.parts] == [(2, False), (2, True), (2, False), (1, True)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"UNZ+4+", b"UNZ+5+", "the UNZ says `5` messages; there are 4"),
        (b"UNZ+4+NL000815'", b"", "the UNZ of interchange `NL000815` is missing"),
        (b"UNH+2+", b"UNH+1+", "the UNT says reference `2`, its UNH `1`"),
    ],
)
def test_what_is_wrong_with_the_envelopes_is_told(old: bytes, new: bytes, sentence: str) -> None:
    content = interchange(4)
    assert old in content
    division = divide([content.replace(old, new)])
    assert sentence in [one.text for one in division.findings if one.severity == "error"]


def test_what_is_no_interchange_has_no_parts() -> None:
    for content in (b"", b"<order/>", b"UNB", b"UNA:+.? 'UNB+UNOC:3+A+B+261120:0931+1'UNZ+0+1'", b"UNZ+1+1'"):
        assert divide([content]).parts == ()


def test_more_messages_than_are_taken_stop_it() -> None:
    division = divide([interchange(4)], DivideLimits(max_messages=3))
    assert "the input has more than 3 messages" in [one.text for one in division.findings]


def test_the_header_is_found_near_the_start() -> None:
    header = header_in(b"".join(orders(1, "X?+1"))[:200])
    assert header is not None
    assert (header.sender, header.reference) == ("4012345000009", "X+1")
    assert header_in(b"UNH+1+ORDERS:D:96A:UN'") is None


@given(st.binary(max_size=200), st.integers(0, 2000), st.integers(0, 200))
def test_no_input_makes_it_fail(noise: bytes, at: int, taken: int) -> None:
    content = interchange(2)
    damaged = content[:at] + noise + content[at + taken :]
    division = divide(_in_pieces(damaged), DivideLimits(part_messages=1))
    assert isinstance(division, Division)
    for part in division.parts:
        assert part.start <= part.end <= len(damaged)
        assert isinstance(part.trailer, bytes)


def _in_pieces(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), 100):
        yield content[at : at + 100]
