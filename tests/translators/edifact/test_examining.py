"""Good and bad messages of one input are told apart, and disposed of as an agreement says."""

import contextlib
import random

import pytest

from translators.edifact.dispositions import InboundMode, dispose
from translators.edifact.duplicates import keys_of
from translators.edifact.examinations import InterchangeExamination
from translators.edifact.examining import ExamineLimits, examine
from translators.edifact.excerpts import echo, excerpt
from translators.examples import example

ORDER = example("order.edi")
UNB = b"UNB+UNOC:3+SENDER:14+RECEIVER:14+261123:1200+REF1'"
UNG = b"UNG+APERAK+A:1+B:2+261123:1200+%s+UN+D:96A'"


def message(reference: str, *, bad: bool = False) -> bytes:
    inner = b"" if bad else b"BGM++1+9'"
    return (
        b"UNH+%s+APERAK:D:96A:UN'" % reference.encode() + inner + b"UNT+%d+%s'" % (2 if bad else 3, reference.encode())
    )


def interchange(*messages: bytes) -> bytes:
    return UNB + b"".join(messages) + b"UNZ+%d+REF1'" % len(messages)


def one(content: bytes) -> InterchangeExamination:
    (found,) = examine(content).interchanges
    return found


MIXED = interchange(message("1"), message("2", bad=True), message("3"))


def disposed(mode: InboundMode, content: bytes = MIXED) -> tuple[list[list[str]], list[tuple[str, str]]]:
    disposition = dispose(one(content), mode)
    return (
        [[each.message.reference for each in unit] for unit in disposition.units],
        [(each.message.message.reference, each.because) for each in disposition.suspended],
    )


BAD = ("2", "the message has errors")
OTHER = "another message of the interchange is bad, and the agreement suspends all"


def test_a_bad_message_leaves_the_others_good() -> None:
    assert [each.is_bad for each in one(MIXED).messages] == [False, True, False]
    assert not one(MIXED).is_bad


def test_split_and_suspend_the_bad_ones() -> None:
    assert disposed(InboundMode()) == ([["1"], ["3"]], [BAD])


def test_split_and_suspend_all() -> None:
    assert disposed(InboundMode(suspend_all=True)) == ([], [("1", OTHER), BAD, ("3", OTHER)])


def test_keep_whole_and_suspend_the_bad_ones() -> None:
    assert disposed(InboundMode(split=False)) == ([["1", "3"]], [BAD])


def test_keep_whole_and_suspend_all() -> None:
    assert disposed(InboundMode(split=False, suspend_all=True)) == ([], [("1", OTHER), BAD, ("3", OTHER)])


@pytest.mark.parametrize("split", [True, False])
def test_nothing_is_suspended_where_nothing_is_wrong(split: bool) -> None:
    units, suspended = disposed(InboundMode(split=split, suspend_all=True), interchange(message("1"), message("2")))
    assert units == ([["1"], ["2"]] if split else [["1", "2"]])
    assert suspended == []


def test_a_wrong_envelope_suspends_everything() -> None:
    content = MIXED.replace(b"UNZ+3", b"UNZ+4")
    why = "the envelope of the interchange is wrong"
    assert disposed(InboundMode(), content) == ([], [("1", why), ("2", why), ("3", why)])


def grouped(count: bytes = b"1") -> bytes:
    first = UNG % b"G1" + message("1") + b"UNE+%s+G1'" % count
    return UNB + first + UNG % b"G2" + message("2") + b"UNE+1+G2'" + b"UNZ+2+REF1'"


def test_a_wrong_group_suspends_its_messages_only() -> None:
    why = "the envelope of group `G1` is wrong"
    assert disposed(InboundMode(), grouped(b"2")) == ([["2"]], [("1", why)])


def test_an_excerpt_holds_its_messages_byte_for_byte_and_counts_right() -> None:
    examined = one(MIXED)
    cut = excerpt(examined, [examined.messages[0], examined.messages[2]])
    assert cut == interchange(message("1"), message("3"))
    assert examine(cut).is_good


def test_an_excerpt_keeps_the_group() -> None:
    examined = one(grouped())
    cut = excerpt(examined, [examined.messages[1]])
    assert cut == UNB + UNG % b"G2" + message("2") + b"UNE+1+G2'" + b"UNZ+1+REF1'"
    assert examine(cut).is_good


def test_an_excerpt_keeps_una_and_layout() -> None:
    examined = one(ORDER)
    assert excerpt(examined, examined.messages) == ORDER.rstrip(b"\n")


def test_an_excerpt_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="an excerpt needs the UNB and at least one message"):
        excerpt(one(MIXED), [])


def test_an_echo_is_the_interchange_with_another_indicator() -> None:
    asked = MIXED.replace(b"UNOC:3", b"UNOC:4").replace(b"261123:1200+REF1'", b"20261123:1200+REF1++++++3'", 1)
    assert echo(one(asked)) == asked.replace(b"++++++3'", b"++++++4'")


def test_no_echo_where_none_is_asked_for() -> None:
    with pytest.raises(ValueError, match="the interchange does not ask for an echo"):
        echo(one(MIXED))


def test_several_interchanges_are_told_apart() -> None:
    second = MIXED.replace(b"REF1", b"REF2")
    examination = examine(MIXED + second.replace(b"UNZ+3+REF2'", b"") + MIXED)
    assert [(each.header and each.header.reference, each.is_bad) for each in examination.interchanges] == [
        ("REF1", False),
        ("REF2", True),
        ("REF1", False),
    ]


def test_errors_beyond_the_limit_still_count() -> None:
    inner = b"XXX+1'" * 50
    content = interchange(b"UNH+1+APERAK:D:96A:UN'BGM++1+9'" + inner + b"UNT+53+1'")
    (examined,) = one(content).messages
    assert examined.errors == 50
    limited = examine(content, ExamineLimits(max_findings=5)).interchanges[0].messages[0]
    assert (limited.errors, len(limited.findings)) == (50, 10)


def test_text_that_is_no_edifact_is_told_once() -> None:
    examination = examine(b"Hello, world")
    assert [each.text for each in examination.findings] == [
        "this is not EDIFACT: an interchange starts with UNA or UNB"
    ]
    assert not examination.is_good


def test_the_same_message_has_the_same_key_and_digest_whatever_its_layout() -> None:
    plain, laid_out = keys_of(one(MIXED)), keys_of(one(MIXED.replace(b"'", b"'\r\n")))
    assert plain == laid_out
    assert [key.level for key in plain] == [1, 3, 3, 3]
    assert plain[0].parts == ("SENDER", "14", "RECEIVER", "14", "REF1")
    assert plain[1].parts == (*plain[0].parts, "", "1")


def test_another_content_under_the_same_reference_has_another_digest() -> None:
    first, second = keys_of(one(MIXED)), keys_of(one(MIXED.replace(b"BGM++1+9", b"BGM++2+9", 1)))
    assert [a.digest == b.digest for a, b in zip(first, second, strict=True)] == [False, False, True, True]
    assert [a.parts for a in first] == [b.parts for b in second]


def test_groups_have_keys_of_their_own() -> None:
    assert [(key.level, key.parts[5:]) for key in keys_of(one(grouped()))] == [
        (1, ()),
        (2, ("G1",)),
        (2, ("G2",)),
        (3, ("G1", "1")),
        (3, ("G2", "2")),
    ]


NOISE = [
    b"'",
    b"+",
    b":",
    b"?",
    b"UNH+1'",
    b"UNG+1'",
    b"UNE+1'",
    b"UNB+UNOC:4'",
    b"UNZ+1+1'",
    b"\xff",
    b"\x00",
    b"*",
    b"1",
]


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_interchange_is_examined_and_disposed_of_without_an_exception(seed: int) -> None:
    chance = random.Random(seed)
    for original in (ORDER, grouped(), MIXED):
        for _ in range(120):
            copy = bytearray(original)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(copy))
                copy[at : at + chance.choice([0, 1, 2, 30])] = chance.choice(NOISE)
            examination = examine(bytes(copy))
            for each in examination.interchanges:
                disposition = dispose(each)
                assert sum(map(len, disposition.units)) + len(disposition.suspended) == len(each.messages)
                for unit in disposition.units:
                    with contextlib.suppress(ValueError):
                        excerpt(each, unit)
