"""The VDA maps against their samples: complete in both directions; every kind of date of a call-off."""

from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from translators.edifact.outgoing import Party
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.acceptance import accept
from translators.mapping.catalogue import Entry, entries
from translators.reading import Reading, read
from translators.vda.translating import vda_map
from translators.writing import Envelope, Unwritable, write, written

SAMPLES = Path(__file__).parents[2] / "samples"
MAPS = [entry for entry in entries() if entry.format == "vda"]


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.in.vda").read_bytes()


def reading_of(content: bytes) -> Reading:
    return read(content, identify(content[:4096], None))


SCHEDULES, NOTES = sample("delivery-schedule-vda"), sample("despatch-advice-vda")
ENVELOPE = Envelope(
    sender=Party(id="K4711"), recipient=Party(id="L0815"), prepared=datetime(2026, 11, 23),  # noqa: DTZ001 - a day
    reference="42", layout="\n",
)  # fmt: skip
BACK = structs.replace(
    ENVELOPE, sender=Party(id="L0815"), recipient=Party(id="K4711"), prepared=datetime(2026, 12, 3),  # noqa: DTZ001
    reference="10",
)  # fmt: skip


@pytest.mark.parametrize("entry", MAPS, ids=lambda entry: entry.name)
def test_every_vda_map_is_accepted_for_its_samples(entry: Entry) -> None:
    using = vda_map(entry.path)
    using.check_writer()
    verdict = accept(using, {name: sample(name) for name in using.spec.samples})
    assert [problem for each in verdict.samples for problem in each.problems] == []
    assert verdict.is_accepted


def test_a_transmission_of_several_schedules_is_written_as_it_was() -> None:
    schedules = [document.object for document in reading_of(SCHEDULES).documents]
    done = written(schedules, "vda:4905:02", envelope=ENVELOPE)
    assert [each.text for each in done.findings if each.severity != "information"] == []
    expected = SCHEDULES.decode().splitlines()
    assert done.content.decode().splitlines() == [line.replace("222222", "000000") for line in expected]


def test_delivery_notes_of_one_transport_share_its_record() -> None:
    notes = [document.object for document in reading_of(NOTES).documents]
    content = write(notes, "vda:4913:03", envelope=BACK)
    tags = [line[:3] for line in content.decode().splitlines()]
    assert tags.count("712") == 1
    assert tags == ["711", "712", "713", "714", "716", "715", "715", "714", "715", "713", "714", "719"]
    again = [document.body for document in reading_of(content).documents]
    assert again == [document.body for document in reading_of(NOTES).documents]


def test_records_may_stand_one_behind_the_other() -> None:
    joined = SCHEDULES.replace(b"\n", b"")
    assert len(joined) % 128 == 0
    assert [each.body for each in reading_of(joined).documents] == [
        each.body for each in reading_of(SCHEDULES).documents
    ]


def test_blanks_cut_off_at_the_end_of_a_line_are_no_loss() -> None:
    cut = b"\r\n".join(line.rstrip() for line in SCHEDULES.splitlines())
    assert [each.body for each in reading_of(cut).documents] == [each.body for each in reading_of(SCHEDULES).documents]


def test_who_sends_is_told_by_the_numbers_of_the_header() -> None:
    schedules, notes = reading_of(SCHEDULES).interchange, reading_of(NOTES).interchange
    assert schedules is not None and notes is not None  # noqa: PT018 - one fact of two readings
    assert (schedules.sender, schedules.recipient, schedules.reference) == ("K4711", "L0815", "00042")
    assert (notes.sender, notes.recipient, notes.reference) == ("L0815", "K4711", "00010")


def test_a_header_without_numbers_leaves_it_to_the_line_who_sends() -> None:
    bare = SCHEDULES.replace(b"51102K4711    L0815    ", b"51102" + b" " * 18)
    schedule = reading_of(bare).documents[0].object
    assert (schedule.customer.name, schedule.supplier.name) == (
        "sender of the transmission", "recipient of the transmission",
    )  # fmt: skip


def test_german_letters_are_read_in_both_usual_character_sets_and_written_in_one() -> None:
    text = SCHEDULES.decode().replace("Gate 7 from Monday. ", "Tor 7, Stra\u00dfe B\u00fcro. ".ljust(20))
    bodies = [
        [each.body for each in reading_of(text.encode(name)).documents] for name in ("utf-8", "latin-1")
    ]  # fmt: skip
    assert bodies[0] == bodies[1]
    content = write(reading_of(text.encode()).documents[0].object, "vda:4905:02", envelope=ENVELOPE)
    assert "Straße Büro".encode("latin-1") in content


def first_pair(pair: str, *, in_record: str = "513") -> bytes:
    """The schedules with another first call-off in a record."""
    lines = SCHEDULES.decode().splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith(in_record))
    start = 47 if in_record == "513" else 5
    lines[at] = lines[at][:start] + pair + lines[at][start + 15 :]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (first_pair("261131000000004"), "the date `261131` is no day"),
        (first_pair("260050000000004"), "the date `260050` is no day"),
        (first_pair("000000000000004"), "a call-off without a date has the quantity 4"),
        (first_pair("555555000000004"), "the date 555555 has the quantity 4"),
        (first_pair("222222000000000"), "the date `444444` stands behind the end of the call-offs (222222)"),
        (
            first_pair("999999000000004"),
            "999999 says what is needed after the last call-off, but there is none before it",
        ),
        (first_pair("261300000000004", in_record="514"), "the date `261300` is no month, week or weeks"),
        (first_pair("260054000000004", in_record="514"), "the date `260054` is no month, week or weeks"),
    ],
)
def test_a_date_that_cannot_be_is_told_with_record_and_column(content: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        reading_of(content)
    finding = refused.value.findings[0]
    assert finding.text == sentence
    assert finding.code == "vda.date"
    assert (finding.place.segment, finding.place.column) in [("513", 48), ("513", 63), ("514", 6)]


def test_weeks_may_pass_the_end_of_a_year() -> None:
    schedule = reading_of(first_pair("265202000000004", in_record="514")).documents[0].object
    period = schedule.lines[0].buckets[4].period
    assert (period.start.isoformat(), period.end.isoformat()) == ("2026-12-21", "2027-01-17")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"commitment": "material"}, "VDA 4905 has no way to say `material`"),
        ({"period": {"start": "2026-12-01", "end": "2026-12-04"}}, "what is called off firmly has one day"),
        (
            {"commitment": "forecast", "period": {"start": "2026-12-01", "end": "2026-12-04"}},
            "a forecast is for a month",
        ),
        ({"period": {"start": "2026-12-01"}}, "only what is needed after the last call-off may have no end"),
    ],
)
def test_what_4905_cannot_say_of_a_call_off_is_refused_with_its_reason(
    change: dict[str, object], sentence: str
) -> None:
    document = msgspec.json.decode(reading_of(SCHEDULES).documents[0].body)
    document["lines"][0]["buckets"][2].update(change)
    with pytest.raises(Unwritable) as refused:
        write(msgspec.json.encode(document), "vda:4905:02", envelope=ENVELOPE)
    assert sentence in str(refused.value)


def test_a_schedule_with_two_articles_does_not_fit_into_one_record() -> None:
    document = msgspec.json.decode(reading_of(SCHEDULES).documents[0].body)
    document["lines"].append({**document["lines"][0], "number": "2"})
    with pytest.raises(Unwritable) as refused:
        write(msgspec.json.encode(document), "vda:4905:02", envelope=ENVELOPE)
    assert any(each.place.path == "/lines/1" for each in refused.value.findings)


def test_a_range_of_packages_is_each_of_them() -> None:
    packages = reading_of(NOTES).documents[0].object.packages
    assert [package.id for package in packages] == ["000400017", "000400018", "000400019"]
    assert {package.type for package in packages} == {"KLT4314", "0000SAC"}


def test_the_trace_tells_record_and_column() -> None:
    trace = read(NOTES, identify(NOTES, None), trace=True).documents[0].trace
    assert trace is not None
    place = trace["/lines/1/quantity/value"]
    assert (place.segment, place.line, place.column) == ("714", 7, 53)
