"""The X12 maps against their samples: complete in both directions, and every nesting of a ship notice."""

from datetime import datetime
from pathlib import Path

import pytest
from msgspec import structs

from translators.canonical.documents import encode
from translators.edifact.outgoing import Party
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.acceptance import accept
from translators.mapping.catalogue import Entry, entries
from translators.reading import Reading, read
from translators.writing import Envelope, Unwritable, write, written
from translators.x12.translating import x12_map

SAMPLES = Path(__file__).parents[2] / "samples"
MAPS = [entry for entry in entries() if entry.format == "x12"]
LATER = ("004060", "005010", "008010")


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.in.x12").read_bytes()


def reading_of(content: bytes) -> Reading:
    return read(content, identify(content[:4096], None))


def envelope(reference: str = "7") -> Envelope:
    return Envelope(
        sender=Party(id="4012345000009", qualifier="14"),
        recipient=Party(id="081234567", qualifier="01"),
        prepared=datetime(2026, 11, 24, 9, 15),  # noqa: DTZ001 - ISA knows no zone
        reference=reference,
    )


@pytest.mark.parametrize("entry", MAPS, ids=lambda entry: entry.name)
def test_every_x12_map_is_accepted_for_its_samples(entry: Entry) -> None:
    using = x12_map(entry.path)
    using.check_writer()
    samples = {name: sample(name) for name in using.spec.samples}
    verdict = accept(using, samples)
    assert [problem for each in verdict.samples for problem in each.problems] == []
    assert verdict.is_accepted


@pytest.mark.parametrize("release", LATER)
def test_a_later_release_reads_and_writes_the_same(release: str) -> None:
    order = reading_of(sample("order-x12")).documents[0]
    content = write(order.object, f"x12:850:{release}", envelope=envelope())
    assert f"*{release}~".encode() in content
    assert reading_of(content).documents[0].body == order.body


def test_separators_that_stand_in_the_values_are_not_chosen() -> None:
    content = sample("order-x12").replace(b"Deliver to gate 3", b"Deliver to gate 3 ^ * 4").replace(b"*", b"|")
    content = content.replace(b"^ | 4", b"^ * 4").replace(b"Call before", b"Call ~ before").replace(b"~\n", b"'\n")
    order = reading_of(content).documents[0]
    again = write(order.object, "x12:850:004010", envelope=envelope())
    assert again[3:4] == b"|"
    assert reading_of(again).documents[0].body == order.body


def test_an_industry_may_add_its_letters_to_the_release() -> None:
    order = reading_of(sample("order-x12")).documents[0]
    named = Envelope(
        sender=Party(id="SENDER"), recipient=Party(id="RECIPIENT"), prepared=datetime(2026, 1, 1),  # noqa: DTZ001
        reference="1", association="VICS", test=True,
    )  # fmt: skip
    content = write(order.object, "x12:850:004010", envelope=named)
    assert b"*004010VICS~" in content
    assert reading_of(content).documents[0].test


PACKED_BY_ORDER = b"HL*1**S~HL*2*1*O~PRF*A~HL*3*2*P~MAN*GM*00340123450000000024~HL*4*3*I~LIN*10*VP*X~SN1**1*EA~"
ORDER_IN_PACK = b"HL*1**S~HL*2*1*P~MAN*GM*00340123450000000024~HL*3*2*O~PRF*A~HL*4*3*I~LIN*10*VP*X~SN1**1*EA~"


def notice(levels: bytes) -> bytes:
    head, tail = sample("despatch-advice-x12").split(b"HL*1", 1)
    parties = b"N1*SU*Gearworks*1*081234567~N1*BY*Nordlicht*UL*4012345000009~"
    levels = levels.replace(b"**S~", b"**S~" + parties, 1)
    count = head.split(b"ST*", 1)[1].count(b"~") + levels.count(b"~") + 2
    total = levels.count(b"HL*")
    end = f"CTT*{total}~SE*{count}*0001~GE*1*300~IEA*1*000000300~".encode()
    assert tail
    return head + levels + end


@pytest.mark.parametrize("levels", [PACKED_BY_ORDER, ORDER_IN_PACK], ids=["pack in order", "order in pack"])
def test_a_pack_is_read_whatever_way_its_order_is_nested(levels: bytes) -> None:
    despatch = reading_of(notice(levels)).documents[0].object
    assert despatch.packages[0].id == "340123450000000024"
    assert [(each.line, each.quantity.value) for each in despatch.packages[0].contents] == [("10", 1)]
    assert (despatch.lines[0].number, despatch.lines[0].order.number) == ("10", "A")


def test_a_pack_with_items_of_two_orders_is_written_with_the_orders_inside() -> None:
    mixed = ORDER_IN_PACK + b"HL*5*2*O~PRF*B~HL*6*5*I~LIN*20*VP*Y~SN1**2*EA~"
    despatch = reading_of(notice(mixed)).documents[0].object
    content = write(despatch, "x12:856:005010", envelope=envelope())
    levels = [line.split(b"*")[1:4] for line in content.split(b"~") if line.startswith(b"HL*")]
    assert levels == [
        [b"1", b"", b"S"], [b"2", b"1", b"P"], [b"3", b"2", b"O"], [b"4", b"3", b"I"], [b"5", b"2", b"O"],
        [b"6", b"5", b"I"],
    ]  # fmt: skip
    assert encode(reading_of(content).documents[0].object) == encode(despatch)


def test_items_that_share_a_line_number_are_numbered_by_their_levels() -> None:
    twice = PACKED_BY_ORDER + b"HL*5*2*P~MAN*CP*BOX~HL*6*5*I~LIN*10*VP*X~SN1**4*EA~"
    despatch = reading_of(notice(twice)).documents[0].object
    assert [line.number for line in despatch.lines] == ["4", "6"]
    assert {line.order.line for line in despatch.lines} == {"10"}


def test_a_line_in_two_packs_is_not_written_as_if_it_were_in_one() -> None:
    despatch = reading_of(notice(PACKED_BY_ORDER + b"HL*5*2*P~MAN*CP*BOX~")).documents[0].object
    first, second = despatch.packages
    both = structs.replace(despatch, packages=(first, structs.replace(second, contents=first.contents)))
    with pytest.raises(Unwritable):
        write(both, "x12:856:005010", envelope=envelope())


def test_an_invoice_without_currency_is_in_us_dollars_and_one_with_it_is_not() -> None:
    dollars = sample("invoice-x12").replace(b"CUR*SE*EUR~\n", b"").replace(b"SE*32", b"SE*31")
    assert reading_of(dollars).documents[0].object.currency == "USD"
    assert reading_of(sample("invoice-x12")).documents[0].object.currency == "EUR"


def test_a_unit_that_is_in_no_table_is_refused_and_never_guessed() -> None:
    content = sample("order-x12").replace(b"PO1*10*24*EA", b"PO1*10*24*K9")
    with pytest.raises(Unreadable) as refused:
        reading_of(content)
    finding = next(each for each in refused.value.findings if each.severity == "error")
    assert finding.text.startswith("`K9` is not in the table `units of X12`; known are EA, UN, PC")
    assert (finding.place.segment, finding.place.element, finding.syntax_code) == ("PO1", 3, "AK403:7")


def test_the_trace_tells_where_a_field_stood_as_sent() -> None:
    content = sample("order-x12")
    document = read(content, identify(content, None), trace=True).documents[0]
    assert document.trace is not None
    place = document.trace["/lines/0/product/1/value"]
    assert (place.segment, place.element) == ("PO1", 9)
    assert place.offset is not None
    assert content[place.offset :].startswith(b"GM-075*")


def test_cumulative_quantities_are_refused_because_nobody_may_subtract_them_here() -> None:
    content = sample("delivery-schedule-x12").replace(b"*DL*A*", b"*DL*C*")
    with pytest.raises(Unreadable) as refused:
        reading_of(content)
    assert "of cumulative ones (C) nobody says what is due when" in str(refused.value)


def test_a_call_within_a_day_has_the_day_of_its_schedule() -> None:
    content = sample("just-in-time-call-x12").replace(b"FST*12*", b"JIT*10*0600~\nJIT*14*1400~\nFST*12*")
    content = content.replace(b"SE*13", b"SE*15")
    calls = reading_of(content).documents[0].object.lines[0].calls
    assert [str(each.quantity.value) for each in calls] == ["10", "14"]
    assert {each.required.start.isoformat() for each in calls} == {"2026-11-24"}
    assert [str(each.required.start_time) for each in calls] == ["06:00:00", "14:00:00"]


def test_two_orders_travel_in_one_interchange() -> None:
    order = reading_of(sample("order-x12")).documents[0].object
    done = written([order, order], "x12:850:004010", envelope=envelope())
    assert [each.number for each in reading_of(done.content).documents] == ["PO-4711", "PO-4711"]
    assert b"\nGE*2*" in done.content.replace(b"~", b"\n")


def answered(as_a_whole: bytes, *changes: tuple[bytes, bytes]) -> Reading:
    """The 855 of the samples, with another BAK02."""
    content = sample("order-response-x12").replace(b"BAK|00|AC", b"BAK|00|" + as_a_whole)
    for old, new in changes:
        assert old in content
        content = content.replace(old, new)
    return reading_of(content)


WITHOUT_ANSWERS = (
    (b"ACK|IA|24|EA|067|20261203'\n", b""), (b"ACK|IC|2|CA||||SB|GR-2'\n", b""), (b"ACK|IR'\n", b""),
    (b"SE|27|", b"SE|24|"),
)  # fmt: skip
"""Of all lines of the sample, with the count of its segments."""


@pytest.mark.parametrize(
    ("code", "status", "of_lines"),
    [(b"AD", "accepted", "accepted"), (b"AK", "accepted", "accepted"), (b"AT", "accepted", "accepted"),
     (b"AE", "accepted_with_changes", "accepted"), (b"RJ", "rejected", "rejected")],
)  # fmt: skip
def test_lines_without_an_answer_have_that_of_the_order(code: bytes, status: str, of_lines: str) -> None:
    answer = answered(code, *WITHOUT_ANSWERS).documents[0].object
    assert answer.status == status
    assert [line.status for line in answer.lines] == [of_lines] * 3


def test_an_order_taken_with_changes_must_say_which() -> None:
    with pytest.raises(Unreadable) as refused:
        answered(b"AC", *WITHOUT_ANSWERS)
    assert [one.text for one in refused.value.findings if one.severity == "error"] == [
        "PO1/PO132 is missing: the line has no ACK, and BAK02 leaves open whether it is taken"
    ] * 3


@pytest.mark.parametrize("code", [b"AT", b"AP"])
def test_an_order_that_is_accepted_but_for_single_lines_is_accepted_with_changes(code: bytes) -> None:
    """AT says that the order is accepted, not that nothing was changed: the lines say how."""
    answer = answered(code).documents[0].object
    assert answer.status == "accepted_with_changes"
    assert [line.status for line in answer.lines] == ["accepted", "accepted_with_changes", "rejected"]


@pytest.mark.parametrize("code", [b"AD", b"AK"])
@pytest.mark.parametrize(
    ("line", "status"), [(b"IR", "rejected"), (b"R2", "rejected"), (b"IB", "accepted_with_changes")]
)
def test_an_order_that_is_acknowledged_with_no_change_may_leave_lines_out(
    code: bytes, line: bytes, status: str
) -> None:
    """A line that is rejected or follows later is not changed: so bookshops and many others use AD."""
    unchanged = (b"ACK|IC|2|CA||||SB|GR-2", b"ACK|IA|2|CA")
    answer = answered(code, unchanged, (b"ACK|IR", b"ACK|" + line)).documents[0].object
    assert answer.status == "accepted_with_changes"
    assert [each.status for each in answer.lines] == ["accepted", "accepted", status]


@pytest.mark.parametrize("code", [b"AT", b"AP", b"AD", b"AK"])
def test_an_order_whose_lines_are_all_accepted_is_accepted(code: bytes) -> None:
    substituted = (b"ACK|IC|2|CA||||SB|GR-2", b"ACK|IA|2|CA")
    answer = answered(code, substituted, (b"ACK|IR", b"ACK|AC")).documents[0].object
    assert answer.status == "accepted"
    assert [line.status for line in answer.lines] == ["accepted", "accepted", "already_delivered"]


@pytest.mark.parametrize(
    ("first", "second", "status", "promised"),
    [
        (b"IA", b"SP", "accepted", ["10", "14"]),
        (b"IB", b"IB", "accepted_with_changes", ["10", "14"]),
        (b"IA", b"IR", "accepted_with_changes", ["10"]),
    ],
)
def test_a_line_answered_in_parts_is_accepted_where_every_part_is(
    first: bytes, second: bytes, status: str, promised: list[str]
) -> None:
    parts = b"ACK|%s|10|EA|067|20261203'\nACK|%s|14|EA|067|20261210'" % (first, second)
    changes = ((b"ACK|IA|24|EA|067|20261203'", parts), (b"SE|27|", b"SE|28|"))
    reading = answered(b"AC", *changes)
    line = reading.documents[0].object.lines[0]
    assert line.status == status
    assert [str(part.quantity.value) for part in line.schedule] == promised
    residue = {each.text for each in reading.findings if each.code == "x12.residue"}
    assert len(residue) == (4 if second == b"IR" else 0)


@pytest.mark.parametrize("function", [b"BD", b"OC"])
def test_a_contact_of_the_whole_order_is_the_buyers(function: bytes) -> None:
    """PER before the first N1, as retailers send it: the buyer's department, or whom to ask about the order."""
    contact = b"PER*" + function + b"*Jan Petersen*TE*+49 40 1234-7*EM*einkauf@nordlicht.example~\n"
    content = sample("order-x12").replace(b"\nFOB*", b"\n" + contact + b"FOB*", 1).replace(b"\nSE*38*", b"\nSE*39*")
    reading = reading_of(content)
    order = reading.documents[0].object
    assert [each.name for each in order.buyer.contacts] == ["Anna Berg", "Jan Petersen"]
    assert order.buyer.contacts[1].email == "einkauf@nordlicht.example"
    assert not [each for each in reading.findings if each.place.segment == "PER"]


def test_the_day_of_delivery_comes_before_that_of_shipment() -> None:
    """An order may ask for both (DTM 002 and 010); the one that is not taken is told."""
    periods = b"DTM*064*20261201~\nDTM*063*20261205*1600~\n"
    both = sample("order-x12").replace(periods, b"DTM*002*20261205~\nDTM*010*20261203~\n")
    reading = reading_of(both)
    asked = reading.documents[0].object.requested
    assert (str(asked.start), str(asked.end)) == ("2026-12-05", "2026-12-05")
    assert [each.text[:5] for each in reading.findings if each.code == "x12.residue"] == ["DTM01", "DTM02"]
