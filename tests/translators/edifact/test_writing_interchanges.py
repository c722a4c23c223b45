"""Interchanges we write: right by the directory, refused where a partner could not read them."""

from collections.abc import Callable
from datetime import datetime

import pytest
from msgspec import structs

from translators.edifact.characters import CAPITALS
from translators.edifact.controlnumbers import ControlNumbers, ControlNumbersUsedUp
from translators.edifact.examining import examine
from translators.edifact.outgoing import (
    CannotWrite,
    Elements,
    OutgoingGroup,
    OutgoingInterchange,
    OutgoingMessage,
    Party,
)
from translators.edifact.separators import Separators
from translators.edifact.writing import trimmed, write_interchange

SEGMENTS: tuple[Elements, ...] = (
    [[["BGM"]], [["220"]], [["PO-1"]], [["9"]]],
    [[["DTM"]], [["137", "20261120", "102"]]],
    [[["NAD"]], [["BY"]], [["4012345000009", "", "9"]]],
    [[["LIN"]], [["1"]], [[""]], [["4260001230110", "EN"]]],
    [[["QTY"]], [["21", "48", "PCE"]]],
    [[["UNS"]], [["S"]]],
)
MESSAGE = OutgoingMessage(reference="1", type="ORDERS", version="D", release="96A", segments=SEGMENTS)
PLAIN = OutgoingInterchange(
    sender=Party(id="SENDER", qualifier="14"),
    recipient=Party(id="RECEIVER", qualifier="14"),
    prepared=datetime(2026, 11, 23, 12, 0),  # noqa: DTZ001 - an interchange has no zone
    reference="REF1",
    contents=(MESSAGE,),
)
BODY = (
    b"UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'DTM+137:20261120:102'NAD+BY+4012345000009::9'"
    b"LIN+1++4260001230110:EN'QTY+21:48:PCE'UNS+S'UNT+8+1'"
)


def written(**changes: object) -> bytes:
    content = write_interchange(structs.replace(PLAIN, **changes)).content
    assert [each.text for each in examine(content).all_findings] == []
    return content


def text_of(text: str) -> tuple[OutgoingMessage, ...]:
    ftx: Elements = [[["FTX"]], [["AAI"]], [[""]], [[""]], [[text]]]
    return (structs.replace(MESSAGE, segments=(*SEGMENTS[:2], ftx, *SEGMENTS[2:])),)


def test_counts_and_references_are_made() -> None:
    assert written() == b"UNB+UNOC:3+SENDER:14+RECEIVER:14+261123:1200+REF1'" + BODY + b"UNZ+1+REF1'"


def test_version_4_has_a_long_date_and_its_own_character_set() -> None:
    content = written(version="4", encoding="7", repertoire="UNOC", contents=text_of("Ł*?"))
    assert content.startswith(b"UNB+UNOC:4::7+SENDER:14+RECEIVER:14+20261123:1200+REF1'")
    assert "FTX+AAI+++Ł?*??'".encode() in content


def test_a_una_is_written_where_it_is_needed_or_wanted() -> None:
    assert written(una=True).startswith(b"UNA:+.? 'UNB+")
    own = Separators("^", "|", ".", "\\", None, "~")
    assert written(separators=own).startswith(b"UNA^|.\\ ~UNB|UNOC^3|")
    assert written(una=True, version="4").startswith(b"UNA:+.?*'UNB+")


def test_groups_are_counted() -> None:
    group = OutgoingGroup(reference="G1", sender=Party(id="A"), recipient=Party(id="B"), messages=(MESSAGE,))
    content = written(contents=(group, structs.replace(group, reference="G2")))
    assert b"UNG+ORDERS+A+B+261123:1200+G1+UN+D:96A'" in content
    assert content.endswith(b"UNE+1+G2'UNZ+2+REF1'")


def test_what_is_asked_for_stands_in_the_unb() -> None:
    content = written(application_reference="ORDERS", wants_acknowledgement=True, agreement="EANCOM", test="1")
    assert content.startswith(b"UNB+UNOC:3+SENDER:14+RECEIVER:14+261123:1200+REF1++ORDERS++1+EANCOM+1'")


def test_line_breaks_are_layout() -> None:
    assert written(layout="\n").count(b"'\n") == 10


def test_what_a_repertoire_lacks_is_spelled_as_agreed_and_recorded() -> None:
    made = write_interchange(
        structs.replace(PLAIN, repertoire="UNOA", contents=text_of("Grüße"), transliteration=CAPITALS)
    )
    assert b"FTX+AAI+++GRUESSE'" in made.content
    assert made.transliterated == ("e", "r", "ß", "ü")
    kept = write_interchange(structs.replace(PLAIN, contents=text_of("Grüße"), transliteration=CAPITALS))
    assert "FTX+AAI+++Grüße'".encode("latin-1") in kept.content
    assert kept.transliterated == ()


REFUSALS: list[tuple[dict[str, object], str]] = [
    ({"repertoire": "UNOA", "contents": text_of("Grüße")}, "message 1, segment 4 (FTX): `ü` is not in UNOA"),
    ({"contents": text_of("Łódź")}, "message 1, segment 4 (FTX): `Ł` is not in UNOC"),
    ({"contents": text_of("two\nlines")}, "message 1, segment 4 (FTX): `\n` is not in UNOC"),
    ({"repertoire": "UNOX"}, "syntax UNOX:3 is not supported"),
    ({"version": "5"}, "syntax UNOC:5 is not supported"),
    ({"contents": ()}, "an interchange holds at least one message"),
    ({"reference": ""}, "the interchange: a control reference has 1 to 14 characters, not 0"),
    ({"reference": "1" * 15}, "the interchange: a control reference has 1 to 14 characters, not 15"),
    ({"sender": Party(id="")}, "the interchange has no sender"),
    ({"contents": (MESSAGE, MESSAGE)}, "two messages have the reference `1`"),
    ({"una": False, "separators": Separators("^")}, "separators of one's own need a UNA"),
    ({"layout": "--"}, "between segments stands nothing or a line break"),
    (
        {"contents": (structs.replace(MESSAGE, segments=([[["unh"]]],)),)},
        "message 1, segment 2 (unh): no message holds a segment with this tag",
    ),
    (
        {"contents": (structs.replace(MESSAGE, segments=([[["RFF"]], [["ON", "1"], ["CR", "2"]]],)),)},
        "message 1, segment 2 (RFF): syntax version 3 has no repetition inside an element",
    ),
    (
        {"contents": (OutgoingGroup(reference="G", sender=Party(id="A"), recipient=Party(id="B"), messages=()),)},
        "group G holds no message",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSALS, ids=[each[1][:50] for each in REFUSALS])
def test_what_cannot_be_read_is_not_written(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(CannotWrite) as refused:
        write_interchange(structs.replace(PLAIN, **changes))
    assert str(refused.value) == sentence


def test_what_is_empty_at_an_end_is_left_out() -> None:
    given: Elements = [[["NAD"]], [["BY", ""]], [["", "", "9", ""]], [[""]], [["x"], [""]], [["", ""]], [[""], [""]]]
    assert trimmed(given) == [[["NAD"]], [["BY"]], [["", "", "9"]], [[""]], [["x"]]]


def test_control_numbers_are_formatted_and_roll_over() -> None:
    numbers = ControlNumbers(first=1, last=999, digits=5, prefix="G")
    assert [numbers.reference(count) for count in (0, 41, 998, 999)] == ["G00001", "G00042", "G00999", "G00001"]
    assert not numbers.is_repeated(998, 5_000)
    assert numbers.is_repeated(999, 5_000)
    assert not numbers.is_repeated(999, 500)


def test_control_numbers_without_rollover_are_used_up() -> None:
    numbers = ControlNumbers(first=10, last=11, rollover=False)
    assert numbers.reference(1) == "11"
    with pytest.raises(ControlNumbersUsedUp, match="the control numbers 10 to 11 are used up"):
        numbers.reference(2)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ControlNumbers(first=5, last=4), "control numbers run from 5 to 4; the first is not the smaller one"),
        (
            lambda: ControlNumbers(prefix="ABCDEF"),
            "control references would have up to 15 characters; 14 may stand in 0020",
        ),
        (lambda: ControlNumbers(prefix=" A"), "prefix and suffix are ASCII without blanks around them"),
        (lambda: ControlNumbers().number(-1), "what is sent is counted from 0"),
    ],
)
def test_control_numbers_that_cannot_be_are_refused(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        make()
