"""Reading and repairing the sources of the directory tables, on invented ones with their layouts and faults."""

from pathlib import Path

import pytest

from translators.edifact.directories.codelists import clean, code_lists
from translators.edifact.directories.packing import encoded, file_of, table_of
from translators.edifact.directories.release import Part, Release, Row, walk
from translators.edifact.directories.repairing import check_whole, drop_unused, repair
from translators.edifact.directories.repairs import RELEASES
from translators.edifact.directories.texts import codes_of, message_of, read_texts
from translators.edifact.directories.xmlfiles import read_codes, read_xml, words

BOXES = """
4.3.1  Segment table
      (only named here)

4.3.1  Segment table

Pos   Tag Name                                    S   R

0010   UNH Message header                         M   1
0020 + BGM Beginning of message                   M   1
0030       ───── Segment group 1  ────────────────── C   10──────────┐
0040   NAD Name and address                       M   1           │
0050       ───── Segment group 2  ────────────────── C   200000─────┐│
0060   CTA Contact information                    M   1          ││
0070 * SPS Sampling parameters for summary                       ││
           statistics                             C   10─────────┴┘
0080   UNT Message trailer                        M   1
1229 Action codes are explained elsewhere
"""

DASHES = """
4.3.1  Segment table

00010   UNH Message header                         M   1
00020       ---- Segment group 1  ------------------ C   9----------------+
00030 | LIN Line item                                M   1                |
00040       ---- Segment group 2  ------------------ M   9---------------+|
00050 X QTY Quantity                                 M   1---------------+|
00060   FTX Free text                                C   5----------------+
00070   UNT Message trailer                          M   1
"""


def shape(rows: list[Row]) -> list[tuple[str, bool, int, int]]:
    return [(path, row.mandatory, row.repeats, row.group) for path, row in walk(rows)]


def test_a_segment_table_drawn_in_boxes_is_read_with_wrapped_names() -> None:
    assert shape(message_of(BOXES)) == [
        ("UNH", True, 1, 0),
        ("BGM", True, 1, 0),
        ("NAD/", False, 10, 1),
        ("NAD/NAD", True, 1, 0),
        ("NAD/CTA/", False, 200_000, 2),
        ("NAD/CTA/CTA", True, 1, 0),
        ("NAD/CTA/SPS", False, 10, 0),
        ("UNT", True, 1, 0),
    ]


def test_a_segment_table_drawn_in_plain_characters_is_read() -> None:
    assert shape(message_of(DASHES)) == [
        ("UNH", True, 1, 0),
        ("LIN/", False, 9, 1),
        ("LIN/LIN", True, 1, 0),
        ("LIN/QTY/", True, 9, 2),
        ("LIN/QTY/QTY", True, 1, 0),
        ("LIN/FTX", False, 5, 0),
        ("UNT", True, 1, 0),
    ]


def test_a_frame_that_does_not_close_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="the frames of the segment table do not close"):
        message_of(DASHES.replace("C   5----------------+", "C   5                |"))


def test_a_row_without_a_status_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="this row of a segment table is not understood: 00050 X QTY Quantity"):
        message_of(DASHES.replace("QTY Quantity                                 M   1", "QTY Quantity"))


def test_two_places_under_one_trigger_are_told_apart() -> None:
    rows = [
        Row("FTX", False, 1),
        Row("", False, 1, 1, [Row("NAD", True, 1)]),
        Row("", False, 2, 2, [Row("NAD", True, 1)]),
    ]
    assert [path for path, _ in walk([*rows, Row("FTX", False, 2)])] == [
        "FTX", "NAD/", "NAD/NAD", "NAD#2/", "NAD#2/NAD", "FTX#2",
    ]  # fmt: skip


RULER = "─" * 70
PLAIN = "-" * 70


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory of one message, two segments, one composite and four elements, in the layout of 01B."""
    head = "  Purchase plan message\n\n   Message Type : PLANED\n"
    table = DASHES.replace("LIN Line item", "LIN Line item").replace("QTY", "LIN").replace("FTX", "LIN")
    (tmp_path / "PLANED_D.01B").write_text(head + table, "utf-8")
    (tmp_path / "EDSD.01B").write_text(
        f"Segments\n\n{RULER}\n\n  *#  LIN  LINE ITEM\n\n       Function: To name a line.\n\n"
        "010    1082 LINE ITEM IDENTIFIER                       C    1 an..6\n\n"
        "020 +  C212 ITEM NUMBER IDENTIFICATION                 M   25\n"
        "       7140  Item identifier                           C      an..35\n\n"
        "030    1229 ACTION REQUEST AND NOTIFICATION DESCRIPTION\n"
        "            CODE                                       C    1 an..3\n",
        "utf-8",
    )
    (tmp_path / "EDCD.01B").write_text(
        f"Composites\n\n{RULER}\n\n       C212 ITEM NUMBER IDENTIFICATION\n\n       Desc: What it is.\n\n"
        "010    7140  Item identifier                           C      an..35\n"
        "020    7143  Item type identification code             M      an..3\n",
        "utf-8",
    )
    elements = {"1082": "an..6", "7140": "an..35", "7143": "an3", "1229": "an..3"}
    (tmp_path / "EDED.01B").write_text(
        "Elements\n"
        + "".join(
            f"\n{RULER}\n\n   * {name}  A name that is long for element\n           {name}                      [B]\n\n"
            f"     Desc: What it is.\n\n     Repr: {kind}\n"
            for name, kind in elements.items()
        ),
        "utf-8",
    )
    return tmp_path


def test_a_directory_in_text_is_read_whole(folder: Path) -> None:
    release = read_texts(folder, "01B")
    assert release.name == "D.01B"
    assert release.segments == {"LIN": [Part("1082", False), Part("C212", True, 25), Part("1229", False)]}
    assert release.composites == {"C212": [Part("7140", False), Part("7143", True)]}
    assert release.elements == {"1082": "an..6", "7140": "an..35", "7143": "an3", "1229": "an..3"}
    assert release.names.messages == {"PLANED": "Purchase plan"}
    assert release.names.segments == {"LIN": "Line item"}
    assert release.names.composites == {"C212": "Item number identification"}
    assert release.names.elements["7143"] == "A name that is long for element 7143"
    check_whole(release)


def test_what_no_message_uses_is_dropped(folder: Path) -> None:
    release = read_texts(folder, "01B")
    release.segments["ZZZ"] = [Part("9999", False)]
    release.composites["C999"] = [Part("9998", False)]
    release.elements.update({"9999": "an3", "9998": "an3"})
    release.codes = {"9999": {"1": "one"}, "7143": {"IN": "Buyer's"}}
    drop_unused(release)
    assert set(release.segments) == {"LIN"}
    assert set(release.composites) == {"C212"}
    assert set(release.elements) == {"1082", "7140", "7143", "1229"}
    assert set(release.codes) == {"7143"}


def test_something_used_and_not_described_stops_the_build(folder: Path) -> None:
    release = read_texts(folder, "01B")
    del release.elements["7143"]
    with pytest.raises(SystemExit, match=r"D\.01B C212: empty, or with parts that are not described"):
        check_whole(release)
    release = read_texts(folder, "01B")
    release.messages["PLANED"].append(Row("ZZZ", False, 1))
    with pytest.raises(SystemExit, match=r"D\.01B PLANED: not described are \['ZZZ'\]"):
        check_whole(release)


def test_codes_set_flush_right_are_read_with_their_marks() -> None:
    text = (
        f"Codes\n{RULER}\n\n* 3155  Channel                            [C]\n\n  Desc: How.\n\n  Repr: an..3\n\n"
        "       TE Telephone\n             Voice, that is.\n+      EM Electronic mail exchanged over\n"
        "          public nets\n             XX Not a code.\nX      FX Telefax\n   XX     Crossed\nX      AA Gone\n"
    )
    assert codes_of(text) == {
        "3155": {
            "TE": "Telephone",
            "EM": "Electronic mail exchanged over public nets",
            "FX": "Telefax",
            "XX": "Crossed",
            "AA": "Gone",
        }
    }


def test_codes_set_flush_left_are_read_with_their_marks() -> None:
    text = (
        f"Codes\n{PLAIN}\n\n*    3155  Channel                            [C]\n\n     Desc: How.\n\n"
        "     Repr: an..3\n\n     TE    Telephone\n              Voice, that is.\n\n"
        "+    EM    Electronic mail exchanged over\n           public nets\n"
        "              - not a code\n\n     X     Crossed\n"
        f"\n{PLAIN}\n\n     3036  Party name                         [C]\n\n     Repr: an..35\n\n     Note: No list.\n"
    )
    lists = codes_of(text)
    assert lists["3155"] == {"TE": "Telephone", "EM": "Electronic mail exchanged over public nets", "X": "Crossed"}


def xml(tmp_path: Path, segments: str, message: str = "", codes: str = "") -> Path:
    (tmp_path / "messages").mkdir(exist_ok=True)
    (tmp_path / "segments.xml").write_text(f"<segments>{segments}</segments>", "utf-8")
    (tmp_path / "messages" / "planed.xml").write_text(f"\n<message><defaults/>{message}</message>", "utf-8")
    if codes:
        (tmp_path / "codes.xml").write_text(f"<data_elements>{codes}</data_elements>", "utf-8")
    return tmp_path


LIN = (
    '<segment id="LIN" name="lineItem"><data_element id="1082" name="lineItem,Coded" type="an" maxlength="6"/>'
    '<composite_data_element id="C829" name="subLine" required="true">'
    '<data_element id="1082" name="x" type="an" maxlength="6" required="true"/></composite_data_element></segment>'
)


def test_xml_is_read_into_the_same_form(tmp_path: Path) -> None:
    message = (
        '<segment id="UNH" maxrepeat="1" required="true"/><group id="SG1" maxrepeat="20000">'
        '<segment id="LIN" maxrepeat="1" required="true"/></group>'
    )
    release = read_xml(xml(tmp_path, LIN, message), "D.98A")
    assert shape(release.messages["PLANED"]) == [
        ("UNH", True, 1, 0),
        ("LIN/", False, 20_000, 1),
        ("LIN/LIN", True, 1, 0),
    ]
    assert release.segments == {"LIN": [Part("1082", False), Part("C829", True)]}
    assert release.composites == {"C829": [Part("1082", True)]}
    assert release.elements == {"1082": "an..6"}
    assert release.names.elements == {"1082": "Line item, coded"}


def test_two_representations_of_one_element_stop_the_build(tmp_path: Path) -> None:
    other = '<segment id="AJT" name="a"><data_element id="1082" name="x" type="n" length="6"/></segment>'
    with pytest.raises(SystemExit, match=r"D\.98A: 1082 is an\.\.6 and n6"):
        read_xml(xml(tmp_path, LIN + other), "D.98A")


def test_two_forms_of_one_composite_stop_the_build(tmp_path: Path) -> None:
    other = '<segment id="AJT" name="a"><composite_data_element id="C829" name="subLine"/></segment>'
    with pytest.raises(SystemExit, match=r"D\.98A: C829 stands in two forms"):
        read_xml(xml(tmp_path, LIN + other), "D.98A")


def test_names_run_together_are_taken_apart() -> None:
    assert words("addressPurpose,Coded") == "Address purpose, coded"


def test_a_list_given_several_times_is_the_form_most_have(tmp_path: Path) -> None:
    good = '<data_element id="9421"><code id="1" title="Amortization"/></data_element>'
    run_on = (
        '<data_element id="9421"><code id="1" title="Amortization"/><code id="1" title="x"/><code id="2" title="y"/>'
    )
    path = xml(tmp_path, "", codes=good + run_on + "</data_element>" + good) / "codes.xml"
    assert read_codes(path) == {"9421": {"1": "Amortization"}}


def text_release(name: str, parts: list[Part], repeats: int = 200_000) -> Release:
    lines = Row("", False, repeats, 1, [Row("LIN", True, 1)])
    return Release(
        name,
        messages={"ORDERS": [Row("UNH", True, 1), lines, Row("UNT", True, 1)]},
        segments={"LIN": [Part("C829", False)]},
        composites={"C829": parts},
        elements={"5495": "an..3", "1082": "an..6"},
    )


WHOLE = [Part("5495", False), Part("1082", False)]
SHORT = [Part("1082", False)]


def test_cut_repeats_and_shortened_composites_are_restored_from_the_texts() -> None:
    given = text_release("D.98A", SHORT, 20_000)
    del given.elements["5495"]
    repair(given, text_release("D.97A", WHOLE), text_release("D.01B", WHOLE))
    assert shape(given.messages["ORDERS"])[1] == ("LIN/", False, 200_000, 1)
    assert given.composites == {"C829": WHOLE}
    assert given.elements["5495"] == "an..3"


def test_five_digits_that_nothing_explains_stop_the_build() -> None:
    given = text_release("D.98A", WHOLE, 55_555)
    with pytest.raises(SystemExit, match=r"D\.98A ORDERS LIN/: 55555 may be cut; decide in repairs\.py"):
        repair(given, text_release("D.97A", WHOLE), text_release("D.01B", WHOLE))


def test_a_composite_that_is_in_no_text_stops_the_build() -> None:
    given = text_release("D.98A", [*WHOLE, Part("1222", True)])
    with pytest.raises(SystemExit, match=r"D\.98A C829: .*'1222', True.* is in no text; decide in repairs\.py"):
        repair(given, text_release("D.97A", WHOLE), text_release("D.01B", WHOLE))


def test_a_shortened_composite_with_one_text_alone_stops_the_build() -> None:
    given = text_release("D.22A", SHORT)
    with pytest.raises(SystemExit, match=r"D\.22A C829: .* is in no text; decide in repairs\.py"):
        repair(given, text_release("D.17B", WHOLE), None)


def test_a_reviewed_decision_settles_it() -> None:
    given = text_release("D.24A", SHORT)
    repair(given, text_release("D.17B", WHOLE), None)
    assert given.composites == {"C829": WHOLE}


def test_a_lost_fixed_length_is_restored() -> None:
    given, before, after = (text_release(name, WHOLE) for name in ("D.98A", "D.97A", "D.01B"))
    before.elements["5495"] = after.elements["5495"] = "an3"
    repair(given, before, after)
    assert given.elements["5495"] == "an3"


def test_a_representation_that_is_in_no_text_stops_the_build() -> None:
    given, before, after = (text_release(name, WHOLE) for name in ("D.98A", "D.97A", "D.01B"))
    given.elements["5495"] = "an..7"
    with pytest.raises(SystemExit, match=r"D\.98A 5495: an\.\.7 is in no text, they have \['an\.\.3', 'an\.\.3'\]"):
        repair(given, before, after)


def test_a_code_gone_and_back_by_the_same_name_was_there_all_the_while() -> None:
    lists = {"D.95B": {"1": "Gate In", "2": "Order"}, "D.96A": {}, "D.97A": {"1": "Cargo status", "2": "order "}}
    releases = {name: Release(name, elements={"1001": "an..3"}, codes={"1001": codes}) for name, codes in lists.items()}
    for name in RELEASES:
        releases.setdefault(name, Release(name))
    assert code_lists(releases) == {
        "1001": {"0-0": {"1": "Gate In"}, "0-2": {"2": "order"}, "2-2": {"1": "Cargo status"}}
    }


def test_apostrophes_read_in_the_wrong_character_set_are_whole() -> None:
    assert clean("Forwarder\u0092s  note") == clean("Forwarder\u00e2\u0080\u0099s note") == "Forwarder's note"


def test_a_table_has_one_form() -> None:
    first, second = text_release("D.97A", WHOLE), text_release("D.97A", WHOLE)
    second.elements = dict(reversed(second.elements.items()))
    assert encoded(table_of(first)) == encoded(table_of(second))
    assert file_of("D.97A") == "d97a.json.z"
