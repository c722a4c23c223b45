"""The thirty cases a tokenizer, writer and envelope check must get right; every one also in slices of one byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.edifact.directory import directory
from translators.edifact.faults import Faults
from translators.edifact.interchange import InterchangeReader, Message
from translators.edifact.messagechecks import check_message
from translators.edifact.segments import Segment, Syntax, split
from translators.edifact.separators import Separators
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Agreement, Tokenizer
from translators.edifact.writing import compose, released, write
from translators.findings import Finding

UNB3 = b"UNB+UNOC:3+SENDER:14+RECEIVER:14+261123:1200+REF1'"
UNB4 = b"UNB+UNOC:4+SENDER:14+RECEIVER:14+20261123:1200+REF1++ORDERS+++1'"
MESSAGE = b"UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'UNT+3+1'"
UNZ = b"UNZ+1+REF1'"
PLAIN = UNB3 + MESSAGE + UNZ


class Run:
    """An input through tokenizer and envelopes, in slices of `size` bytes (0: at once)."""

    def __init__(self, content: bytes, size: int = 0, agreement: Agreement | None = None) -> None:
        self.tokenizer = Tokenizer(agreement or Agreement())
        slices = [content[at : at + size] for at in range(0, len(content), size)] if size else [content]
        self.segments = list(tokenize(slices, self.tokenizer))
        self.faults = Faults()
        reader = InterchangeReader(self.faults)
        self.messages = [message for segment in self.segments if (message := reader.take(segment))]
        last = None if self.tokenizer.dead else reader.finish()
        self.messages += [last] if last else []

    @property
    def findings(self) -> list[Finding]:
        return [*self.tokenizer.findings, *self.faults.findings]

    @property
    def texts(self) -> list[str]:
        return [finding.text for finding in self.findings]

    def segment(self, tag: str) -> Segment:
        return next(segment for segment in self.segments if segment.tag == tag)


def run(content: bytes, agreement: Agreement | None = None) -> Run:
    """At once, and compared with one byte at a time and with the writer."""
    whole, sliced = Run(content, 0, agreement), Run(content, 1, agreement)
    assert whole.segments == sliced.segments
    assert [segment.elements for segment in whole.segments] == [segment.elements for segment in sliced.segments]
    assert whole.findings == sliced.findings
    if not whole.tokenizer.dead:
        assert write(whole.segments, whole.tokenizer.tail) == content
    return whole


def in_message(*segments: bytes, header: bytes = UNB3, una: bytes = b"", terminator: bytes = b"'") -> bytes:
    inner = b"".join(segment + terminator for segment in segments)
    head = header.replace(b"'", terminator)
    count = str(len(segments) + 2).encode()
    element = una[4:5] or b"+"
    tail = [b"UNT", count, b"1"], [b"UNZ", b"1", b"REF1"]
    unh = element.join([b"UNH", b"1", (una[3:4] or b":").join([b"ORDERS", b"D", b"96A", b"UN"])]) + terminator
    return una + head + unh + inner + b"".join(element.join(each) + terminator for each in tail)


def test_01_a_plain_interchange_without_una() -> None:
    outcome = run(PLAIN)
    assert outcome.findings == []
    assert [segment.tag for segment in outcome.segments] == ["UNB", "UNH", "BGM", "UNT", "UNZ"]
    assert [message.type for message in outcome.messages] == ["ORDERS"]


def test_02_a_default_una() -> None:
    outcome = run(b"UNA:+.? '" + PLAIN)
    assert outcome.findings == []
    assert outcome.segment("BGM").syntax.separators.explicit


def test_03_a_una_with_five_other_characters() -> None:
    una = b"UNA^|,\\ ~"
    content = in_message(
        b"FTX|AAI|||a\\~b\\|c\\^d\\\\", una=una, header=UNB3.translate(bytes.maketrans(b":+", b"^|")), terminator=b"~"
    )
    outcome = run(content)
    assert outcome.findings == []
    assert outcome.segment("FTX").get(4) == "a~b|c^d\\"


def test_04_a_blank_release_position_makes_the_question_mark_data() -> None:
    content = in_message(b"FTX+AAI+++why?", una=b"UNA:+.  '", header=UNB3.replace(b":3+", b":1+", 1))
    outcome = run(content)
    assert outcome.findings == []
    assert outcome.segment("FTX").get(4) == "why?"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"?+ ?: ?? ?'", "+ : ? '"),
        (b"a???'b??", "a?'b?"),
        (b"??", "?"),
        (b"????", "??"),
        (b"?'?'?'", "'''"),
    ],
)
def test_05_the_number_of_release_characters_decides(raw: bytes, value: str) -> None:
    outcome = run(in_message(b"FTX+AAI+++" + raw))
    assert outcome.findings == []
    assert outcome.segment("FTX").get(4) == value


def test_06_a_released_terminator_in_a_composite_ends_nothing() -> None:
    outcome = run(in_message(b"NAD+BY+++O?'+NEIL:x+y"))
    assert outcome.segment("NAD").elements[4:] == [[["O'"]], [["NEIL", "x"]], [["y"]]]


def test_07_trailing_empty_elements_are_kept() -> None:
    assert run(in_message(b"NAD+BY+5412::9++++")).segment("NAD").elements[3:] == [[[""]]] * 4


def test_08_trailing_empty_components_are_kept() -> None:
    assert run(in_message(b"LIN+1++4712:EN::+")).segment("LIN").elements[3:] == [[["4712", "EN", "", ""]], [[""]]]


def test_09_leading_empty_components_are_kept() -> None:
    assert run(in_message(b"NAD+BY+::9")).segment("NAD").get(2, 3) == "9"


def test_10_an_empty_segment_is_told_and_not_counted() -> None:
    outcome = run(PLAIN.replace(b"BGM", b"'BGM"))
    assert outcome.texts == ["an empty segment was skipped"]


def test_11_line_breaks_after_terminators_are_layout() -> None:
    outcome = run(PLAIN.replace(b"'", b"'\r\n"))
    assert outcome.findings == []
    assert [segment.before for segment in outcome.segments] == [b"", *[b"\r\n"] * 4]


def test_12_a_line_break_inside_text_is_data_and_told() -> None:
    outcome = run(in_message(b"BGM+220+1+9", b"DTM+137:20261123:102", b"FTX+AAI+++two\nlines", b"UNS+S"))
    assert outcome.segment("FTX").get(4) == "two\nlines"
    assert texts_of_checking(outcome)[0] == "a line break or tab stands inside the segment, at byte 118"


def test_13_a_byte_order_mark_is_told() -> None:
    outcome = run(b"\xef\xbb\xbfUNA:+.? '" + PLAIN)
    assert outcome.texts == ["a byte order mark was skipped"]


def test_14_blanks_before_una_are_told() -> None:
    outcome = run(b"\n\n  UNA:+.? '" + PLAIN)
    assert outcome.texts == ["blanks before the interchange were skipped"]


def test_15_repetitions_of_syntax_4() -> None:
    outcome = run(in_message(b"RFF+ON:1*CR:2*AA:3?*x", header=UNB4))
    rff = outcome.segment("RFF")
    assert rff.elements[1] == [["ON", "1"], ["CR", "2"], ["AA", "3*x"]]
    assert rff.get(1, 2, 3) == "3*x"
    assert compose(rff.elements, rff.syntax) == b"RFF+ON:1*CR:2*AA:3?*x"


def test_15_a_partner_who_sends_a_literal_star() -> None:
    outcome = run(in_message(b"FTX+AAI+++3*x", header=UNB4), Agreement(repetition_off=True))
    ftx = outcome.segment("FTX")
    assert ftx.get(4) == "3*x"
    assert compose(ftx.elements, ftx.syntax) == b"FTX+AAI+++3*x"


def test_16_a_header_of_syntax_4() -> None:
    (message,) = run(in_message(b"BGM+220", header=UNB4)).messages
    assert message.header is not None
    assert (message.header.date, message.header.application_reference) == ("20261123", "ORDERS")


def test_16_a_test_indicator_is_read() -> None:
    (message,) = run(in_message(b"BGM+220", header=UNB4.replace(b"+++1'", b"++++1'"))).messages
    assert message.header is not None
    assert message.header.is_test


def test_17_groups_with_two_messages() -> None:
    second = MESSAGE.replace(b"+1+ORDERS", b"+2+ORDERS").replace(b"UNT+3+1", b"UNT+3+2")
    content = UNB3 + b"UNG+ORDERS+A:1+B:2+261123:1200+G1+UN+D:96A'" + MESSAGE + second + b"UNE+2+G1'" + UNZ
    outcome = run(content)
    assert outcome.findings == []
    assert [(message.reference, message.group.reference) for message in outcome.messages if message.group] == [
        ("1", "G1"),
        ("2", "G1"),
    ]
    assert outcome.messages[0].group is not None
    assert outcome.messages[0].group.sender_qualifier == "1"


UNG = b"UNG+ORDERS+A+B+261123:1200+G1+UN+D:96A'"
ENVELOPE_CASES = [
    (PLAIN.replace(b"UNT+3", b"UNT+4"), "29", "the UNT says `4` segments, UNH and UNT included; there are 3"),
    (PLAIN.replace(b"UNT+3+1", b"UNT+3+2"), "28", "the UNT says reference `2`, its UNH `1`"),
    (PLAIN.replace(b"UNZ+1", b"UNZ+2"), "29", "the UNZ says `2` messages; there are 1"),
    (PLAIN.replace(b"UNZ+1+REF1", b"UNZ+1+REF2"), "28", "the UNZ says reference `REF2`, its UNB `REF1`"),
    (PLAIN.replace(UNZ, b""), "13", "the UNZ of interchange `REF1` is missing"),
    (PLAIN.replace(b"UNT+3+1'", b""), "13", "the UNT of message `1` is missing"),
    (PLAIN.replace(UNB3, b""), "13", "the UNB is missing"),
    (UNB3 + UNZ.replace(b"+1+", b"+0+"), "32", "the interchange holds no message"),
    (PLAIN.replace(b"UNH", b"BGM+1'UNH"), "33", "`BGM` stands outside of a message"),
    (PLAIN.replace(b"UNT+3", b"UNT+x"), "29", "the UNT says `x` segments, UNH and UNT included; there are 3"),
    (PLAIN.replace(b"SENDER:14", b""), "13", "the UNB has no sender"),
    (
        UNB3 + UNG.replace(b"ORD", b"OST") + MESSAGE + b"UNE+1+G1'" + UNZ,
        "31",
        "message ORDERS stands in a group of OSTERS",
    ),
    (UNB3 + UNG + MESSAGE + b"UNE+2+G1'" + UNZ, "29", "the UNE says `2` messages; there are 1"),
    (UNB3 + UNG + MESSAGE + b"UNE+1+G2'" + UNZ, "28", "the UNE says reference `G2`, its UNG `G1`"),
    (UNB3 + UNG + MESSAGE + UNZ, "13", "the UNE of group `G1` is missing"),
    (UNB3 + MESSAGE + UNG + MESSAGE + b"UNE+1+G1'" + UNZ, "30", "groups and messages stand side by side"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "sentence"), ENVELOPE_CASES, ids=[case[2][:50] for case in ENVELOPE_CASES])
def test_18_to_22_a_broken_envelope_is_told(content: bytes, code: str, sentence: str) -> None:
    assert [(finding.syntax_code, finding.text) for finding in run(content).findings] == [(code, sentence)]


def test_23_an_input_that_ends_inside_a_segment() -> None:
    outcome = run(PLAIN[:-5])
    assert outcome.texts[0] == f"the input ends inside a segment; the last complete one ends at byte {len(PLAIN) - 11}"


def test_24_two_interchanges_each_with_its_own_separators() -> None:
    first = in_message(
        b"BGM|220", una=b"UNA^|,\\ ~", header=UNB3.translate(bytes.maketrans(b":+", b"^|")), terminator=b"~"
    )
    outcome = run(first + b"\r\n" + PLAIN.replace(b"REF1", b"REF2"))
    assert outcome.findings == []
    assert [message.header.reference for message in outcome.messages if message.header] == ["REF1", "REF2"]


def test_24_a_missing_unz_before_the_next_una() -> None:
    outcome = run(PLAIN.replace(UNZ, b"") + b"UNA:+.? '" + PLAIN.replace(b"REF1", b"REF2"))
    assert outcome.texts == ["the UNZ of interchange `REF1` is missing"]
    assert len(outcome.messages) == 2


def test_25_lower_case_under_unoa_is_taken_and_told() -> None:
    outcome = run(in_message(b"BGM+220+abc", header=UNB3.replace(b"UNOC", b"UNOA")))
    assert outcome.segment("BGM").get(2) == "abc"
    assert texts_of_checking(outcome)[0] == "byte 80 is a character that UNOA does not have"


@pytest.mark.parametrize("repertoire", [b"UNOY", b"UNOW"])
def test_26_utf_8_is_decoded_wherever_a_slice_ends(repertoire: bytes) -> None:
    outcome = run(in_message("FTX+AAI+++Größe → 漢字".encode(), header=UNB3.replace(b"UNOC", repertoire)))
    assert outcome.segment("FTX").get(4) == "Größe → 漢字"


def test_26_bytes_that_are_no_utf_8_are_refused_with_their_place() -> None:
    outcome = run(in_message(b"FTX+AAI+++Gr\xf6\xdfe", header=UNB3.replace(b"UNOC", b"UNOY")))
    assert texts_of_checking(outcome)[0] == "byte 84 is not valid UTF-8"


def test_27_unoc_is_iso_8859_1() -> None:
    assert run(in_message(b"FTX+AAI+++Gr\xf6\xc3\xb6")).segment("FTX").get(4) == "GröÃ¶"


def test_27_umlauts_under_unoa_are_read_as_what_they_are() -> None:
    for text in (b"Gr\xf6\xdfe", "Größe".encode()):
        assert (
            run(in_message(b"FTX+AAI+++" + text, header=UNB3.replace(b"UNOC", b"UNOA"))).segment("FTX").get(4)
            == "Größe"
        )


def test_28_a_simple_element_where_the_table_has_a_composite() -> None:
    for bgm in (b"BGM+220+1+9", b"BGM+220:+1+9"):
        outcome = run(in_message(bgm, b"DTM+137:20261123:102", b"UNS+S"))
        assert texts_of_checking(outcome) == []
    assert run(in_message(b"BGM+220")).segment("BGM").elements != run(in_message(b"BGM+220:")).segment("BGM").elements


def test_29_a_segment_without_a_tag() -> None:
    outcome = run(in_message(b"BGM+220+1+9", b"+++", b"DTM+137:20261123:102", b"UNS+S"))
    assert texts_of_checking(outcome) == ["a segment has no tag"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello world", "this is not EDIFACT: an interchange starts with UNA or UNB"),
        (b"", "there is no interchange"),
        (b"UNA:+.? '", "there is no interchange"),
        (b"UNA:+.? 'hello", "no UNB follows after the UNA"),
        (b"UNA:+.", "the input ends inside the UNA"),
        (b"UNA::.? '" + PLAIN, "the UNA uses one character for two purposes"),
        (b"UNAa+.? '" + PLAIN, "the UNA uses `a` as a separator; letters, digits and blanks are data"),
        (b"UNA:+.? \n" + PLAIN, "the UNA uses a line break as a separator"),
        (b"UIB+IATA:1'", "interactive interchanges (UIB) are not taken"),
        (b"\xe4\xd5\xc1" * 9, "this is not EDIFACT: an interchange starts with UNA or UNB"),
        (b"\x00" * 100_000, "this is not EDIFACT: an interchange starts with UNA or UNB"),
    ],
    ids=range(11),
)
def test_30_what_is_not_edifact_gets_one_clear_sentence(content: bytes, sentence: str) -> None:
    assert run(content[:200]).texts == [sentence]
    assert Run(content).texts == [sentence]


def test_text_after_unz_is_told_and_kept() -> None:
    outcome = run(PLAIN + b"\r\nsent by a mailbox\r\n" + PLAIN)
    assert outcome.texts == ["text after the end of the interchange was skipped"]
    assert len(outcome.messages) == 2


def test_padding_after_unz_is_nothing() -> None:
    assert run(PLAIN + b"\r\n\x1a\x00\x00").findings == []


def test_an_unsupported_character_set_is_told() -> None:
    outcome = run(in_message(b"BGM+220", header=UNB3.replace(b"UNOC", b"UNOX")))
    assert [(finding.syntax_code, finding.text) for finding in outcome.findings] == [
        ("18", "the character set UNOX is not supported")
    ]


def test_a_position_is_a_byte() -> None:
    outcome = run(in_message(b"NAD+BY+a?+b:c*d*e:f+g", header=UNB4))
    nad = outcome.segment("NAD")
    content = in_message(b"NAD+BY+a?+b:c*d*e:f+g", header=UNB4)
    for place in ((1, 1, 1), (2, 1, 1), (2, 2, 1), (2, 1, 2), (2, 1, 3), (2, 2, 3), (3, 1, 1)):
        offset = nad.offset_of(*place)
        assert content[offset : offset + 1].decode() == nad.get(*place)[0]


def test_a_segment_longer_than_allowed_stops_the_reading() -> None:
    for content in (in_message(b"FTX+" + b"x" * 2000), UNB3 + b"x" * 5000):
        outcome = run(content, Agreement(max_segment_bytes=1000))
        assert outcome.tokenizer.dead
        assert outcome.texts[0] == "a segment is longer than 1000 bytes"
        assert outcome.findings[0].syntax_code == "16"


def test_an_endless_input_without_terminator_is_held_in_bounded_memory() -> None:
    tokenizer = Tokenizer()
    for _ in range(100):
        tokenizer.feed(UNB3[:-1] + b"?" * 65_536)
    assert tokenizer.dead
    assert len(tokenizer._buffer) < 200_000


@pytest.mark.parametrize("filler", [b"'", b"?'", b"+", b"??", b"UNA", b"UNB+", b"\n", b"?", b":'"])
def test_hostile_repetition_ends_in_findings(filler: bytes) -> None:
    content = PLAIN + UNB3 + filler * 60_000
    outcome = Run(content, 4096)
    assert outcome.findings
    assert len(outcome.findings) <= 2 * 1000


def texts_of_checking(outcome: Run) -> list[str]:
    faults = Faults()
    message: Message = outcome.messages[0]
    tables = directory("D.96A", message.header.version if message.header else "3")
    assert tables is not None
    check_message(message, tables, faults)
    return [finding.text for finding in faults.findings]


SEPARATORS = st.sampled_from(
    [
        Separators(),
        Separators(release=None),
        Separators("^", "|", ",", "\\", None, "~", True),
        Separators(repetition="*"),
        Separators("\x1d", "\x1f", ".", None, "\x1e", "\x1c", True),
    ]
)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=12)
ELEMENTS = st.lists(st.lists(st.lists(values, min_size=1, max_size=4), min_size=1, max_size=3), min_size=1, max_size=6)


@given(SEPARATORS, ELEMENTS)
def test_what_is_composed_splits_to_the_same(separators: Separators, elements: list[list[list[str]]]) -> None:
    if separators.repetition is None:
        elements = [element[:1] for element in elements]
    syntax = Syntax(separators, "4", "", "iso8859-1")
    if separators.release is None and any(
        character in value
        for element in elements
        for each in element
        for value in each
        for character in separators.special
    ):
        with pytest.raises(ValueError, match="this interchange has no release character"):
            compose(elements, syntax)
        return
    raw = compose(elements, syntax)
    assert split(raw.decode("latin-1"), separators) == elements
    assert compose(split(raw.decode("latin-1"), separators), syntax) == raw


PIECES = st.sampled_from(
    [
        b"'", b"+", b":", b"?", b"*", b"\r\n", b" ", b"UNA:+.? '", b"UNA", UNB3, UNB4, MESSAGE, UNZ,
        b"UNH+1+ORDERS:D:96A:UN'",
        b"UNT+2+1'", b"\xef\xbb\xbf", b"\x1a", UNG, b"UNE+1+G1'", b"\xff", b"NAD+BY",
    ]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES | st.binary(max_size=4), max_size=14), st.integers(1, 9))
def test_any_input_reads_the_same_in_any_slices_and_writes_back(pieces: list[bytes], size: int) -> None:
    content = b"".join(pieces)
    run(content)
    assert Run(content).segments == Run(content, size).segments


@given(values)
def test_a_released_value_holds_no_open_separator(value: str) -> None:
    assert split(released(value, Separators(repetition="*")), Separators(repetition="*")) == [[[value]]]


@pytest.mark.parametrize(
    ("repertoire", "encoding", "value", "sentence"),
    [
        ("UNOC", "iso8859-1", "漢", "`漢` is not in UNOC"),
        ("UNOA", "ascii", "abc", "`a` is not in UNOA"),
        ("UNOB", "ascii", "ö", "`ö` is not in UNOB"),
    ],
)
def test_a_character_the_partner_cannot_read_is_not_written(
    repertoire: str, encoding: str, value: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        compose([[["FTX"]], [[value]]], Syntax(Separators(), "3", repertoire, encoding))
