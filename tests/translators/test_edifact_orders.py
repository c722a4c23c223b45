"""ORDERS D.96A against its directory and its map: each mistake alone, with code, place and sentence."""

import contextlib
import random
import re

import pytest

from translators.edifact.directory import directory
from translators.examples import example
from translators.findings import Finding, Unreadable
from translators.identify import identify
from translators.reading import Limits, read

ORDER = example("order.edi")
LABEL = identify(ORDER, "application/edifact")


def with_count(content: bytes) -> bytes:
    """The message with its UNT count made right again, as a sender's program would have done."""
    start, end = content.index(b"UNH+"), content.index(b"UNT+")
    count = sum(1 for line in content[start:end].split(b"'\n") if line.strip()) + 1
    return content[:end] + b"UNT+%d+1'\nUNZ+1+NL000815'\n" % count


def changed(old: str, new: str) -> bytes:
    replaced = ORDER.replace(old.encode("latin-1"), new.encode("latin-1"), 1)
    assert replaced != ORDER
    return with_count(replaced)


def findings_of(content: bytes) -> tuple[Finding, ...]:
    with pytest.raises(Unreadable) as refused:
        read(content, LABEL)
    return tuple(finding for finding in refused.value.findings if finding.severity == "error")


Seen = tuple[str | None, str, str | None, int | None, int | None, int | None]


def seen(finding: Finding) -> Seen:
    place = finding.place
    return finding.syntax_code, finding.text, place.segment, place.segment_position, place.element, place.component


NO_QUANTITY = "the segment QTY has no place here; it stands in a group that begins with SCC or ALC or LIN or PAC"

CASES: list[tuple[bytes, list[Seen]]] = [
    (changed("BGM+220+PO-4711+9'\n", ""), [
        ("13", "the mandatory segment BGM is missing before DTM", "UNH", 1, None, None),
    ]),
    (changed("DTM+137:202611200930:203'\nDTM+2:20261204:102'\n", ""), [
        ("13", "the mandatory segment DTM is missing before FTX", "BGM", 2, None, None),
    ]),
    (changed("UNS+S'\n", ""), [
        ("13", "the mandatory segment UNS is missing before CNT", "MOA", 49, None, None),
    ]),
    (changed("FTX+DEL", "QTY+21:1'\nFTX+DEL"), [
        ("15", NO_QUANTITY, "QTY", 5, None, None),
    ]),
    (changed("RFF+CT:RV-2026-017'\n", "".join(f"RFF+CT:{number}'\n" for number in range(10))), [
        ("36", "the group SG1 (RFF) occurs more than 10 times", "RFF", 17, None, None),
    ]),
    (changed("NAD+BY+4012345000009::9", "NAD++4012345000009::9"), [
        ("13", "the mandatory element 3035 is missing", "NAD", 9, 1, None),
    ]),
    (changed("RFF+CT:RV-2026-017", "RFF+:RV-2026-017"), [
        ("13", "the mandatory component 1153 of C506 is missing", "RFF", 7, 1, 1),
    ]),
    (changed("LIN+2++", "LIN+x2++"), [
        ("19", "1082 `x2` is not a number", "LIN", 34, 1, None),
    ]),
    (changed("QTY+21:48:PCE", "QTY+21:.5:PCE"), [
        ("38", "6060 `.5` has no digit before the decimal mark", "QTY", 24, 1, 2),
    ]),
    (changed("QTY+21:48:PCE", "QTY+21:" + "1" * 16 + ":PCE"), [
        ("39", "6060 has 16 characters; at most 15 may stand here", "QTY", 24, 1, 2),
    ]),
    (changed("BGM+220+PO-4711+9", "BGM+220+PO-4711+9++x"), [
        ("16", "BGM has 4 elements, this is number 5", "BGM", 2, 5, None),
    ]),
    (changed("UNS+S", "UNS+1"), [
        ("37", "0081 `1` holds digits; letters are expected", "UNS", 49, 1, None),
    ]),
    (changed("BGM+220+PO-4711+9", "BGM+220:a:b:c:d+PO-4711+9"), [
        ("16", "the composite C002 has 4 components, this is number 5", "BGM", 2, 1, None),
    ]),
    (changed("PO-4711", "PO-4711:x"), [
        ("16", "the element 1004 is not a composite, this is number 2", "BGM", 2, 2, None),
    ]),
    (changed("BGM+220", "BGM+380"), [
        (
            "12",
            "`380` is not in the table `document types`; known are 105, 220, 221, 222, 224, 225, 226, 227, 228",
            "BGM", 2, 1, 1,
        ),
    ]),
    (changed("PO-4711+9", "PO-4711+1"), [
        (
            "12",
            "`1` is not taken here: an order is an original (9), duplicate (7), copy (31) or retransmission (35); "
            "send a change as ORDCHG",
            "BGM", 2, 3, 1,
        ),
    ]),
    (changed("DTM+137:202611200930:203", "DTM+137:20261120:203"), [
        ("12", "`20261120` is not a date in format 203", "DTM", 3, 1, 2),
    ]),
    (changed("DTM+2:20261204:102", "DTM+2:20261304:102"), [
        ("12", "`20261304` is not a date in format 102", "DTM", 4, 1, 2),
    ]),
    (changed("4012345000009::9", "4012345000008::9"), [
        ("12", "`4012345000008` is not a GLN: its check digit should be 9", "NAD", 9, 2, 1),
    ]),
    (changed("4260001230110:EN", "4260001230111:EN"), [
        ("12", "`4260001230111` is not a GTIN: its check digit should be 0", "LIN", 34, 3, 1),
    ]),
    (changed("QTY+21:48:PCE", "QTY+21:48:QQQ"), [
        ("12", "unknown unit `QQQ`; use UN/ECE Recommendation 20, as in C62 or KGM", "QTY", 24, 1, 3),
    ]),
    (changed("QTY+21:48:PCE", "QTY+21:48").replace(b":EAN008", b""), [
        ("13", "C186.6411 is missing", "QTY", 24, None, None),
    ]),
    (changed("QTY+21:48:PCE'\n", ""), [
        (
            "13",
            "QTY[C186.6063=21]/C186.6060 is missing: a line says how much is ordered (21), or a plain quantity (1)",
            "LIN",
            21,
            None,
            None,
        ),
    ]),
    (changed("LIN+2++", "LIN+1++"), [
        ("12", "two lines have the number `1`", "UNH", 1, None, None),
    ]),
    (changed("NAD+SU", "NAD+BY"), [
        ("12", "SG2[NAD/3035=BY] occurs 2 times; one is expected", "NAD", 14, None, None),
        ("13", "the field `seller` is missing; the map reads it from SG2[NAD/3035=SU|SE]", "UNH", 1, None, None),
    ]),
    (changed("CNT+2:3", "CNT+2:4"), [
        ("29", "the control total says `4` lines; there are 3", "CNT", 51, 1, 2),
    ]),
    (changed("PRI+AAA:118.50:::1:PCE", "PRI+AAA:118.1234567:::1:PCE"), [
        ("12", "`118.1234567` has more than 6 decimals", "PRI", 26, 1, 2),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), CASES, ids=[case[1][0][1][:60] for case in CASES])
def test_a_mistake_is_told_with_code_and_place(content: bytes, expected: list[Seen]) -> None:
    assert [seen(finding) for finding in findings_of(content)] == expected


def test_all_mistakes_of_a_message_are_told_at_once() -> None:
    content = changed("LIN+2++", "LIN+x2++").replace(b"NAD+DP+", b"NAD++").replace(b"TAX+7+VAT", b"TAX+7777+VAT", 1)
    assert [(finding.syntax_code, finding.place.segment) for finding in findings_of(content)] == [
        ("13", "NAD"),
        ("39", "TAX"),
        ("19", "LIN"),
    ]


def test_the_offset_is_the_byte_of_the_component() -> None:
    content = changed("QTY+21:48:PCE", "QTY+21:48:QQQ")
    (finding,) = findings_of(content)
    assert finding.place.offset == content.index(b"QTY+21:48:QQQ") + len(b"QTY+21:48:")
    assert (finding.place.interchange, finding.place.message) == ("NL000815", "1")


def test_what_the_map_does_not_use_is_told_as_information() -> None:
    reading = read(changed("FTX+DEL", "ALI+DE'\nFTX+DEL"), LABEL)
    (finding,) = reading.findings
    assert (finding.severity, finding.text) == (
        "information",
        "ALI element 1 component 1 has no place in a purchase order",
    )
    assert reading.documents[0].number == "PO-4711"


def test_dates_keep_their_precision_and_get_no_zone() -> None:
    def requested(dtm: str) -> str:
        document = read(changed("DTM+2:20261204:102'\nFTX", f"DTM+{dtm}'\nFTX"), LABEL).documents[0]
        return document.body.split(b'"requested":')[1].split(b"}")[0].decode() + "}"

    assert requested("2:202612040815:203") == (
        '{"start":"2026-12-04","start_time":"08:15:00","end":"2026-12-04","end_time":"08:15:00"}'
    )
    assert requested("2:202650:616") == '{"start":"2026-12-07","end":"2026-12-13"}'
    assert requested("2:2026120420261208:718") == '{"start":"2026-12-04","end":"2026-12-08"}'
    assert requested("2:20261204-20261208:718") == '{"start":"2026-12-04","end":"2026-12-08"}'
    assert requested("2:261204:101") == '{"start":"2026-12-04","end":"2026-12-04"}'


def test_eancom_may_leave_the_unit_of_trade_units_out() -> None:
    document = read(changed("QTY+21:48:PCE", "QTY+21:48"), LABEL).documents[0]
    assert document.body == read(ORDER, LABEL).documents[0].body


def test_an_unknown_date_format_is_refused() -> None:
    content = changed("DTM+2:20261204:102'\nFTX", "DTM+2:12/04/26:999'\nFTX")
    sentence = "the date format 999 is not known; known are 2, 101, 102, 201, 203, 204, 616, 718, 713, 719"
    assert {finding.text for finding in findings_of(content)} == {sentence}


def test_a_test_interchange_gives_test_documents() -> None:
    reading = read(ORDER.replace(b"++ORDERS'", b"++ORDERS++++1'"), LABEL)
    assert reading.documents[0].test
    assert reading.interchange is not None
    assert reading.interchange.test


def test_several_messages_give_several_documents() -> None:
    start, end = ORDER.index(b"UNH+"), ORDER.index(b"UNZ+")
    second = ORDER[start:end].replace(b"UNH+1+", b"UNH+2+").replace(b"UNT+52+1", b"UNT+52+2").replace(b"4711", b"4712")
    reading = read(ORDER[:end] + second + b"UNZ+2+NL000815'", LABEL)
    assert [document.number for document in reading.documents] == ["PO-4711", "PO-4712"]


def test_too_many_messages_stop_the_reading() -> None:
    message = ORDER[ORDER.index(b"UNH+") : ORDER.index(b"UNZ+")]
    content = ORDER[: ORDER.index(b"UNZ+")] + message + b"UNZ+2+NL000815'"
    with pytest.raises(Unreadable, match="the input has more than 1 messages"):
        read(content, LABEL, Limits(max_messages=1))


def test_a_message_nobody_has_a_map_for_is_refused_at_the_door() -> None:
    sentence = r"STATAC D\.96A can be checked, but there is no map to make a document of it; there are maps for "
    with pytest.raises(Unreadable, match=sentence) as refused:
        identify(ORDER.replace(b"ORDERS:D:96A", b"STATAC:D:96A"), None)
    assert refused.value.findings[0].code == "document.unmapped"


def test_a_message_of_an_unknown_directory_is_refused_at_the_door() -> None:
    with pytest.raises(Unreadable, match=r"there is no directory table of release `\.\./x\.96A`") as refused:
        identify(ORDER.replace(b"ORDERS:D:96A", b"ORDERS:../x:96A"), None)
    assert refused.value.findings[0].code == "edifact.message.unknown"


def test_an_order_of_any_release_is_one_at_the_door() -> None:
    labels = [identify(ORDER.replace(b"D:96A", release), None) for release in (b"D:95B", b"D:11A", b"D:24A")]
    assert [(each.version, each.document_type) for each in labels] == [
        ("D.95B", "purchase_order"),
        ("D.11A", "purchase_order"),
        ("D.24A", "purchase_order"),
    ]


def test_the_directory_has_the_orders_structure() -> None:
    tables = directory("D.96A")
    assert tables is not None
    assert len(tables.messages) == 21
    root = tables.structure("ORDERS")
    assert root is not None
    lines = next(step for step in root.steps if step.name == "SG25")
    assert (lines.tag, lines.mandatory, lines.repeats) == ("LIN", False, 200_000)
    rules = tables.segment("DTM")
    assert rules is not None
    assert [(each.id, each.kind, each.longest, each.mandatory) for each in rules[0].components] == [
        ("2005", "an", 3, True),
        ("2380", "an", 35, False),
        ("2379", "an", 3, False),
    ]


def test_every_segment_of_every_message_is_described() -> None:
    tables = directory("D.96A")
    assert tables is not None
    for message in tables.messages:
        root = tables.structure(message)
        assert root is not None
        pending = list(root.steps)
        while pending:
            step = pending.pop()
            assert tables.segment(step.tag), (message, step.tag)
            pending += step.steps


def test_an_unknown_release_has_no_directory() -> None:
    assert directory("D.96B") is None
    assert directory("../../../etc/passwd") is None


EDI_NOISE = [
    b"'",
    b"+",
    b":",
    b"?",
    b"UNH+1'",
    b"UNA:+.? '",
    b"UNZ+1+1'",
    b"\n",
    b"\xff",
    b"\x00",
    b"LIN+1'",
    b"1",
    b"*",
]


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_order_is_read_or_refused_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(500):
        copy = bytearray(ORDER)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(copy))
            piece = chance.choice(EDI_NOISE) if chance.random() < 0.7 else chance.randbytes(chance.randint(0, 3))
            copy[at : at + chance.choice([0, 1, 1, 2, 40])] = piece
        with contextlib.suppress(Unreadable):
            read(bytes(copy), LABEL)


MISPLACED = [
    (
        b"PRI+AAA:118.50:::1:PCE'\n",
        b"PRI+AAA:118.50:::1:PCE'\nMOA+203:5688:EUR'\n",
        "the segment MOA has no place here; in SG25 it stands before PRI",
    ),
    (
        b"UNS+S'\n",
        b"UNS+S'\nFTX+AAI+++late'\n",
        "the segment FTX has no place here; in the message it stands before UNS",
    ),
]


@pytest.mark.parametrize(("found", "instead", "sentence"), MISPLACED)
def test_a_segment_that_comes_too_late_is_told_its_place_and_nothing_else_is(
    found: bytes, instead: bytes, sentence: str
) -> None:
    """Everything behind it is read as if it had not been there: one mistake, one sentence."""
    assert found in ORDER
    content = ORDER.replace(b"MOA+203:5688.00'\n", b"").replace(found, instead)
    content = re.sub(rb"UNT\+[0-9]+", b"UNT+%d" % (content.count(b"'\n") - 2 - content.startswith(b"UNA")), content)
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content, None))
    errors = [each for each in refused.value.findings if each.severity == "error" and each.code != "edifact.count"]
    assert [each.text for each in errors] == [sentence]
