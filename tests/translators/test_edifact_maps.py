"""The EDIFACT maps against their samples: complete in both directions, and exact about what is wrong.

What is expected of the broken messages in tests/broken/translators/messages stands in `expected.tsv` beside them.
"""

import re
from datetime import datetime
from pathlib import Path

import pytest

from translators.edifact.outgoing import Party
from translators.edifact.paths import EdifactSource
from translators.edifact.translating import edifact_map
from translators.findings import Finding, Unreadable
from translators.identify import identify
from translators.mapping.catalogue import Entry, entries
from translators.reading import read
from translators.writing import Envelope, written

TESTS = Path(__file__).parents[1]
BROKEN = TESTS / "broken" / "translators" / "messages"
ROWS = [tuple(line.split("\t")) for line in (BROKEN / "expected.tsv").read_text("utf-8").splitlines()[1:]]
MAPS = [entry for entry in entries() if entry.format == "edifact"]
LOADED = {entry.name: edifact_map(entry.path) for entry in MAPS}
SAMPLES = [pytest.param(entry, name, id=name) for entry in MAPS for name in LOADED[entry.name].spec.samples]


def envelope(content: bytes) -> Envelope:
    """As the sample's own, as far as the messages depend on it: the syntax, and whose guideline is followed."""
    association = content.split(b"UNH+", 1)[1].split(b"'", 1)[0].split(b":")[4:5]
    return Envelope(
        sender=Party(id="4012345000009", qualifier="14"),
        recipient=Party(id="4260001230004", qualifier="14"),
        prepared=datetime(2026, 11, 23, 12, 0),  # noqa: DTZ001 - UNB knows no zone
        reference="NL000901",
        version=content.split(b"UNB+", 1)[1][5:6].decode(),
        association=association[0].decode() if association else "",
    )


@pytest.mark.parametrize("entry", MAPS, ids=lambda entry: entry.name)
def test_every_edifact_map_compiles_in_both_directions_and_has_a_sample(entry: Entry) -> None:
    LOADED[entry.name].check_writer()
    assert LOADED[entry.name].spec.samples


@pytest.mark.parametrize(("entry", "name"), SAMPLES)
def test_what_is_read_is_written_and_read_again_as_the_same(entry: Entry, name: str) -> None:
    content = (TESTS / "samples" / f"{name}.in.edi").read_bytes()
    document = read(content, identify(content[:4096], None)).documents[0]
    done = written(document.object, "the map's own", envelope=envelope(content), using=LOADED[entry.name])
    assert [each.text for each in done.findings if each.severity != "information"] == []
    again = read(done.content, identify(done.content[:4096], None))
    assert [each.text for each in again.findings if each.code.endswith(".residue")] == []
    assert again.documents[0].business_key == document.business_key


def row(name: str, finding: Finding) -> tuple[str, ...]:
    place = finding.place
    where = (place.segment, place.segment_position, place.element, place.component)
    return (name, *("-" if each is None else str(each) for each in where), finding.text)


@pytest.mark.parametrize("name", sorted(path.stem for path in BROKEN.glob("*.edi")))
def test_a_mistake_in_a_message_is_told_with_its_place(name: str) -> None:
    content = (BROKEN / f"{name}.edi").read_bytes()
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content[:4096], None))
    errors = [row(name, each) for each in refused.value.findings if each.severity == "error"]
    assert errors == [each for each in ROWS if each[0] == name]
    assert errors


def test_every_map_has_a_message_it_refuses() -> None:
    heads = [identify((BROKEN / f"{name}.edi").read_bytes()[:4096], None) for name in sorted({row[0] for row in ROWS})]
    tried = {(head.name, head.version) for head in heads}
    assert [entry.name for entry in MAPS if (entry.message, entry.version) not in tried] == []


def test_a_range_of_numbers_is_not_taken_for_two_of_them() -> None:
    content = (TESTS / "samples" / "despatch-advice-d96a.in.edi").read_bytes()
    content = content.replace(b"GIN+BN+G75-26-00418+G75-26-00419'", b"GIN+BN+G75-26-00418:G75-26-00441'")
    reading = read(content, identify(content[:4096], None))
    assert reading.documents[0].object.lines[0].lots[0].serials == ("G75-26-00418",)
    assert [each.text for each in reading.findings] == ["GIN element 2 component 2 has no place in a despatch advice"]


def test_an_empty_number_behind_a_qualifier_says_nothing() -> None:
    content = (TESTS / "samples" / "despatch-advice-d96a.in.edi").read_bytes()
    content = content.replace(b"+GM-075-25:SA'", b"+GM-075-25:SA+:DR'")
    reading = read(content, identify(content[:4096], None))
    assert [each.scheme for each in reading.documents[0].object.lines[0].product] == [
        "gtin",
        "buyer_code",
        "supplier_code",
    ]
    assert [each.text for each in reading.findings] == ["PIA element 4 component 2 has no place in a despatch advice"]


def sample(name: str, *changes: tuple[bytes, bytes]) -> bytes:
    """A golden message with some of it otherwise, and the count of its segments put right."""
    content = (TESTS / "samples" / f"{name}.in.edi").read_bytes()
    for before, after in changes:
        assert before in content
        content = content.replace(before, after)
    count = len([each for each in content.split(b"UNH+", 1)[1].split(b"UNZ+", 1)[0].split(b"'\n") if each])
    return re.sub(rb"UNT\+[0-9]+", b"UNT+%d" % count, content)


def test_a_charge_on_the_whole_invoice_counts_though_no_sum_of_charges_is_stated() -> None:
    """EANCOM states the net sum of allowances and charges (131), which is another one."""
    content = sample("invoice-d96a", (b"MOA+259:35'\n", b"MOA+131:35'\n"))
    totals = read(content, identify(content[:4096], None)).documents[0].object.totals
    assert (str(totals.lines.amount), totals.charges, str(totals.net.amount)) == ("5495.16", None, "5530.16")
    wrong = content.replace(b"MOA+125:5530.16", b"MOA+125:5495.16", 1)
    with pytest.raises(Unreadable, match=r"`totals.net` is 5495.16, but lines − allowances \+ charges is 5530.16"):
        read(wrong, identify(wrong[:4096], None))


def test_what_is_charged_by_weight_keeps_the_pieces_that_were_delivered() -> None:
    content = sample("invoice-d96a", (b"QTY+47:12.5:KGM'\n", b"QTY+46:5:PCE'\nQTY+47:12.5:KGM'\n"))
    line = read(content, identify(content[:4096], None)).documents[0].object.lines[1]
    assert (str(line.quantity.value), line.quantity.unit, line.ext["delivered_quantity"]) == ("12.5", "KGM", "5")


def test_where_nothing_says_what_is_charged_it_is_what_was_delivered() -> None:
    for qualifier in (b"46", b"12"):
        content = sample("invoice-d96a", (b"QTY+47:12.5:KGM'\n", b"QTY+%s:12.5:KGM'\n" % qualifier))
        line = read(content, identify(content[:4096], None)).documents[0].object.lines[1]
        assert (str(line.quantity.value), line.quantity.unit) == ("12.5", "KGM")


def test_the_only_currency_is_taken_whatever_it_is_called() -> None:
    content = sample("invoice-d96a", (b"CUX+2:EUR:4'", b"CUX+1:EUR'"))
    reading = read(content, identify(content[:4096], None))
    assert reading.documents[0].object.currency == "EUR"
    assert [each.text for each in reading.findings] == ["CUX element 1 component 1 has no place in an invoice"]


def test_a_sales_report_of_eancom_is_one() -> None:
    content = sample(
        "sales-report-d96a", (b"BGM+73+", b"BGM+73E::9+"), (b"NAD+FR+", b"NAD+BY+"), (b"NAD+MR+", b"NAD+SU+")
    )
    report = read(content, identify(content[:4096], None)).documents[0].object
    assert (report.reporter.identifier("gln"), report.receiver.identifier("gln")) == ("4012345000009", "4260001230004")


def test_a_later_release_may_lack_what_its_map_inherits_a_waiver_for() -> None:
    source = LOADED["deljit-d18a"].source
    assert isinstance(source, EdifactSource)
    assert source.places("SEQ", "1245") == []


def test_a_text_may_be_said_by_its_code() -> None:
    content = (TESTS / "samples" / "order-d96a.in.edi").read_bytes()
    coded = content.replace(b"FTX+PUR+++Was fehlt?? Bitte vorab melden", b"FTX+PUR+1+001::91")
    reading = read(coded, identify(coded[:4096], None))
    assert [note.text for note in reading.documents[0].object.notes if note.subject == "PUR"] == ["001"]


@pytest.mark.parametrize("association", ["EAN008", "EAN011"])
def test_trade_units_are_counted_without_a_unit_where_a_guideline_says_so(association: str) -> None:
    content = (TESTS / "samples" / "invoice-d01b.in.edi").read_bytes()
    head = content[content.index(b"UNH+") : content.index(b"BGM+")]
    counted = content.replace(head, f"UNH+1+INVOIC:D:01B:UN:{association}'\n".encode()).replace(b"48:PCE", b"48")
    document = read(counted, identify(counted[:4096], None)).documents[0]
    assert document.object.lines[0].quantity.unit == "C62"


@pytest.mark.parametrize("function", ["24", "25", "26"])
@pytest.mark.parametrize(
    "name", ["delivery-schedule-d96a", "delivery-schedule-d97a", "just-in-time-call-d96a", "just-in-time-call-d97a"]
)
def test_a_schedule_may_say_by_its_function_what_it_holds(name: str, function: str) -> None:
    """1225: 24 a delivery instruction, 25 a forecast, 26 both; business networks send them in place of an original."""
    content = (TESTS / "samples" / f"{name}.in.edi").read_bytes()
    changed = re.sub(rb"(BGM\+[^+]*\+[^+]*\+)\d+", rb"\g<1>" + function.encode(), content, count=1)
    assert changed != content
    (document,) = read(changed, identify(changed, None)).documents
    (expected,) = read(content, identify(content, None)).documents
    assert document.object == expected.object


def test_a_stock_report_of_buyer_and_supplier_alone_does_not_say_whose_stock_it_is() -> None:
    content = (TESTS / "samples" / "inventory-snapshot-d96a.in.edi").read_bytes()
    anonymous = content.replace(b"NAD+GY+", b"NAD+BY+")
    assert anonymous != content
    with pytest.raises(Unreadable) as refused:
        read(anonymous, identify(anonymous, None))
    assert [each.text for each in refused.value.findings if each.severity == "error"] == [
        "SG2/NAD[3035=GY]/3035 is missing: "
        "the party that reports (GY) or keeps the warehouse (WH) says whose stock it is"
    ]


@pytest.mark.parametrize(
    ("answer", "status", "of_line"),
    [
        (b"+29", "accepted", "accepted"),
        (b"+44", "accepted", "accepted"),
        (b"+27", "rejected", "rejected"),
        (b"+9+AP", "accepted", "accepted"),
        (b"+9+RE", "rejected", "rejected"),
        (b"+28+AP", "accepted_with_changes", None),
        (b"+9+AC", "accepted_with_changes", None),
    ],
)
def test_lines_without_an_action_have_the_answer_of_the_order(answer: bytes, status: str, of_line: str | None) -> None:
    silent = sample("order-response-d96a", (b"AB-77120+4'", b"AB-77120" + answer + b"'"), (b"LIN+1+3+", b"LIN+1++"))
    silent = silent.replace(b"LIN+2+5+", b"LIN+2++").replace(b"LIN+3+7+", b"LIN+3++")
    if of_line is None:
        with pytest.raises(Unreadable) as refused:
            read(silent, identify(silent, None))
        assert {finding.text for finding in refused.value.findings if finding.severity == "error"} == {
            "LIN/1229 is missing: the line has no action code, and BGM leaves open whether it is taken"
        }
        return
    answered = read(silent, identify(silent, None)).documents[0].object
    assert (answered.status, [line.status for line in answered.lines]) == (status, [of_line] * 3)


@pytest.mark.parametrize(
    ("qualifier", "scheme"), [(b"VP", "supplier_code"), (b"VN", "supplier_code"), (b"MF", "manufacturer_code")]
)
@pytest.mark.parametrize("name", ["order-d96a", "order-response-d96a", "despatch-advice-d96a"])
def test_the_sellers_part_number_is_one_whichever_of_its_codes_it_has(name: str, qualifier: bytes, scheme: str) -> None:
    content = re.sub(rb"LIN\+1\+(\d*)\+[^']*'", rb"LIN+1+\1+AX-31:" + qualifier + b"'", sample(name), count=1)
    numbers = read(content, identify(content, None)).documents[0].object.lines[0].product
    assert [each.scheme for each in numbers if each.value == "AX-31"] == [scheme]


@pytest.mark.parametrize(("release", "severity"), [(b"D:97A", "error"), (b"D:97B", "warning")])
def test_a_code_the_nearest_release_does_not_have_may_have_come_with_the_release_that_is_named(
    release: bytes, severity: str
) -> None:
    content = sample("order-d97a", (b"ORDERS:D:97A", b"ORDERS:" + release), (b"RFF+CT:", b"RFF+ZQ4:"))
    try:
        findings = read(content, identify(content, None)).findings
    except Unreadable as refused:
        findings = refused.findings
    told = [each.severity for each in findings if each.text == "`ZQ4` is not a code of element 1153"]
    assert told == [severity]
