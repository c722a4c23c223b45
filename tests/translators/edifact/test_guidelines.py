"""Guidelines: what they narrow is told, what they may not say is refused with file, line and column."""

from pathlib import Path

import pytest

from translators.edifact.examining import examine
from translators.edifact.guidelines import choose, guideline, shipped_guideline, shipped_guidelines
from translators.fileproblems import FileProblems

UNB = b"UNB+UNOC:3+SENDER:14+RECEIVER:14+261123:1200+REF1'"
SEGMENTS = [
    b"BGM+220+PO-1+9", b"DTM+137:20261120:102", b"RFF+CT:1", b"NAD+BY+4012345000009::9", b"NAD+SU+4260001230004::9",
    b"LIN+1++4260001230110:EN", b"QTY+21:48:PCE", b"UNS+S",
]  # fmt: skip


def order(segments: list[bytes] = SEGMENTS, association: bytes = b"") -> bytes:
    unh = b"UNH+1+ORDERS:D:96A:UN" + (b":" + association if association else b"") + b"'"
    inner = b"".join(segment + b"'" for segment in segments)
    return UNB + unh + inner + b"UNT+%d+1'UNZ+1+REF1'" % (len(segments) + 2)


def changed(old: bytes, *new: bytes) -> list[bytes]:
    at = SEGMENTS.index(old)
    return [*SEGMENTS[:at], *new, *SEGMENTS[at + 1 :]]


HEAD = "name: Ours\nmessage: ORDERS\nrelease: D.96A\nrules:\n"


def told(tmp_path: Path, rule: str, segments: list[bytes] = SEGMENTS) -> list[tuple[str | None, str, int | None]]:
    path = tmp_path / "ours.yaml"
    path.write_text(f"{HEAD}  - {rule}\n")
    findings = examine(order(segments), guidelines=[guideline(path)]).all_findings
    return [(each.syntax_code, each.text, each.place.segment_position) for each in findings]


CASES = [
    ("{at: FTX, required: true}", SEGMENTS, ("13", "Ours: `FTX` is required", 1)),
    (
        '{at: "SG2[NAD/3035=DP]", required: true, because: where to deliver}',
        SEGMENTS,
        ("13", "Ours: `SG2[NAD/3035=DP]` is required (where to deliver)", 1),
    ),
    ("{at: SG1, not_used: true}", SEGMENTS, ("15", "Ours: `SG1` is not used", 4)),
    ("{at: SG2, most: 1}", SEGMENTS, ("36", "Ours: `SG2` occurs 2 times; at most 1 time", 6)),
    ("{at: SG25/PIA, required: true}", SEGMENTS, ("13", "Ours: `SG25/PIA` is required", 7)),
    (
        "{at: BGM/1225, codes: ['7', '31']}",
        SEGMENTS,
        ("12", "Ours: `9` is not taken as `BGM/1225`; taken are 31, 7", 2),
    ),
    (
        "{at: BGM/C002.1001, fixed: '221'}",
        SEGMENTS,
        ("12", "Ours: `220` is not taken as `BGM/C002.1001`; taken are 221", 2),
    ),
    ("{at: BGM/1004, longest: 3}", SEGMENTS, ("39", "Ours: `BGM/1004` has 4 characters; at most 3 are taken", 2)),
    ("{at: BGM/1004, shortest: 5}", SEGMENTS, ("40", "Ours: `BGM/1004` has 4 characters; at least 5 are taken", 2)),
    (
        "{at: SG25/LIN/1229, required: true}",
        SEGMENTS,
        ("13", "Ours: `SG25/LIN/1229` is required", 7),
    ),
    (
        "{at: SG25/QTY/C186.6411, not_used: true}",
        SEGMENTS,
        ("15", "Ours: `SG25/QTY/C186.6411` is not used", 8),
    ),
    (
        "{at: FTX, required: true, when: 'SG2[NAD/3035=SU]'}",
        SEGMENTS,
        ("13", "Ours: `FTX` is required", 1),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "segments", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_tells_what_it_does_not_take(
    tmp_path: Path, rule: str, segments: list[bytes], expected: tuple[str, str, int]
) -> None:
    assert told(tmp_path, rule, segments) == [expected]


@pytest.mark.parametrize(
    "rule",
    [
        "{at: SG2, most: 2}",
        '{at: "SG2[NAD/3035=BY]", required: true, most: 1}',
        "{at: BGM/1225, codes: ['9']}",
        "{at: FTX, required: true, when: 'SG2[NAD/3035=DP]'}",
        "{at: BGM/1004, required: true, longest: 4, shortest: 4}",
    ],
)
def test_a_rule_that_is_kept_tells_nothing(tmp_path: Path, rule: str) -> None:
    assert told(tmp_path, rule) == []


def test_a_widening_is_taken(tmp_path: Path) -> None:
    eleven = changed(b"RFF+CT:1", *(b"RFF+CT:%d" % number for number in range(11)))
    assert told(tmp_path, "{at: BGM/1225, required: true}", eleven) == [
        ("36", "the group SG1 (RFF) occurs more than 10 times", 14)
    ]
    assert told(tmp_path, "{at: SG1, most: 20, widens: they name every call-off}", eleven) == []


def test_a_wider_code_and_length_are_taken(tmp_path: Path) -> None:
    coded = changed(b"BGM+220+PO-1+9", b"BGM+X22+" + b"4" * 40 + b"+9")
    assert [code for code, _, _ in told(tmp_path, "{at: BGM/1225, required: true}", coded)] == ["12", "39"]
    rules = (
        "{at: BGM/C002.1001, codes: [X22], widens: their own orders}\n"
        "  - {at: BGM/1004, longest: 40, widens: they count high}"
    )
    assert told(tmp_path, rules, coded) == []


def test_an_optional_segment_is_not_missed(tmp_path: Path) -> None:
    without = changed(b"DTM+137:20261120:102")
    assert told(tmp_path, "{at: BGM/1225, required: true}", without) == [
        ("13", "the mandatory segment DTM is missing before RFF", 2)
    ]
    assert told(tmp_path, "{at: DTM, optional: true, widens: they send none}", without) == []


MISTAKES = [
    ("{at: SG99, required: true}", "5:10: the message has no `SG99`"),
    ("{at: SG2/XYZ, required: true}", "5:10: SG2 has no `XYZ`"),
    ("{at: BGM/9999, required: true}", "5:10: BGM has no `9999`"),
    ("{at: SG2, most: 100}", "5:21: `SG2` may occur 99 times in the directory; 100 is more, so say why under `widens`"),
    ("{at: BGM, not_used: true}", "5:25: `BGM` is mandatory in the directory; say why under `widens`"),
    ("{at: BGM, optional: true}", "5:25: `BGM` is mandatory in the directory; say why under `widens`"),
    (
        "{at: BGM/1004, longest: 36}",
        "5:29: `BGM/1004` has at most 35 characters in the directory; 36 is more, so say why under `widens`",
    ),
    ("{at: BGM/1225, codes: [ZZZ]}", "5:27: `ZZZ` is not a code of 1225 in D.96A; say why under `widens`"),
    ("{at: BGM/1225, fixed: ZZZ}", "5:27: `ZZZ` is not a code of 1225 in D.96A; say why under `widens`"),
    ("{at: SG2, codes: [BY]}", "5:22: `SG2` is a group or segment; values stand in its elements"),
    (
        "{at: SG2/NAD/C082, codes: [x]}",
        "5:10: `SG2/NAD/C082` is a composite; name a component, as in `SG2/NAD/C082.3039`",
    ),
    ("{at: FTX, required: true, not_used: true}", "5:41: what is required is used"),
    ("{at: FTX}", "5:5: the rule says nothing: required, not_used, most, longest, shortest, codes or fixed"),
    ("{at: FTX, most: 5, widens: ' '}", "5:32: a widening needs a reason"),
    ("{at: FTX, most: 0}", "5:21: `0` is out of range; it must be at least 1"),
    ("{at: FTX, requird: true}", "5:15: unknown key `requird`; did you mean `required`?"),
    ("{at: 'SG2[NAD', required: true}", "5:10: the brackets of `SG2[NAD` do not close"),
    ("{at: FTX, required: true, when: SG99}", "5:10: the message has no `SG99`"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "problem"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_mistake_is_told_with_line_and_column(tmp_path: Path, rule: str, problem: str) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(f"{HEAD}  - {rule}\n")
    with pytest.raises(FileProblems) as refused:
        guideline(path)
    assert [str(each) for each in refused.value.problems] == [f"{path}:{problem}"]


def partner(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "partner.yaml"
    path.write_text(text)
    return path


def test_a_partner_extends_a_shipped_guideline(tmp_path: Path) -> None:
    ours = guideline(
        partner(tmp_path, "name: Acme\nextends: eancom-orders-d96a\nrules:\n  - {at: SG25/PIA, required: true}\n")
    )
    assert (ours.message, ours.release) == ("ORDERS", "D.96A")
    findings = examine(order(association=b"EAN008"), guidelines=[ours]).all_findings
    assert [each.text for each in findings] == ["Acme: `SG25/PIA` is required"]


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (
            '  - {at: "DTM[C507.2005=137]", most: 2}\n',
            "4:38: `DTM[C507.2005=137]` may occur 1 time in the guideline it extends; 2 is more, so say why under "
            "`widens`",
        ),
        (
            "  - {at: BGM/1004, optional: true}\n",
            "4:30: `BGM/1004` is mandatory in the guideline it extends; say why under `widens`",
        ),
        (
            "  - {at: SG2/NAD/C082.3055, codes: ['9', '5']}\n",
            "4:36: `5` is not taken by the guideline it extends; say why under `widens`",
        ),
        ("  - {at: FTX, required: true}\n  - {at: FTX, most: 1}\n", "5:10: two rules stand at `FTX`; write one"),
    ],
)
def test_a_partner_may_only_narrow_what_is_extended(tmp_path: Path, rules: str, problem: str) -> None:
    path = partner(tmp_path, f"name: Acme\nextends: eancom-orders-d96a\nrules:\n{rules}")
    with pytest.raises(FileProblems) as refused:
        guideline(path)
    assert [str(each) for each in refused.value.problems] == [f"{path}:{problem}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: A\nextends: nothing\n", "2:10: there is no guideline `nothing`"),
        ("name: A\nextends: ../secret\n", "2:10: there is no guideline `../secret`"),
        ("name: A\nextends: partner\n", "2:10: this guideline extends itself"),
        ("name: A\nrelease: D.96A\n", "1:1: `message` is required where nothing is extended"),
        ("name: A\nmessage: ORDERS\nrelease: D.96B\n", "3:10: there is no directory table of ORDERS D.96B"),
        (
            "name: A\nextends: eancom-orders-d96a\nrelease: D.01B\n",
            "3:10: the guideline it extends is for D.96A, not D.01B",
        ),
    ],
)
def test_a_guideline_without_ground_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = partner(tmp_path, text)
    with pytest.raises(FileProblems) as refused:
        guideline(path)
    assert [str(each) for each in refused.value.problems] == [f"{path}:{problem}"]


def test_the_association_code_chooses() -> None:
    shipped = shipped_guidelines()
    message = examine(order(association=b"EAN008")).interchanges[0].messages[0].message
    plain = examine(order()).interchanges[0].messages[0].message
    chosen = choose(shipped, message)
    assert chosen is not None
    assert chosen.name == "EANCOM ORDERS D.96A"
    assert choose(shipped, plain) is None


def test_a_shipped_guideline_tells_what_is_missing() -> None:
    without = [segment for segment in SEGMENTS if not segment.startswith(b"NAD+SU")]
    findings = examine(order(without, b"EAN008"), guidelines=shipped_guidelines()).all_findings
    assert [each.text for each in findings] == [
        "EANCOM ORDERS D.96A: `SG2[NAD/3035=SU]` is required (who is to deliver)"
    ]


HANDED_OVER = ["odette-jai-delfor-d04a", "odette-jai-desadv-d20b", "vda-4984-delfor-d04a", "vda-4987-desadv-d20b"]


@pytest.mark.parametrize("name", HANDED_OVER)
def test_what_has_no_association_code_is_handed_over(name: str) -> None:
    handed = shipped_guideline(name)
    assert handed not in shipped_guidelines()
    assert handed.rules
