"""Reads VDA input from end to end: order of the records, counters, contents; then the units a map sees."""

from collections.abc import Iterator

from msgspec import Struct, field

from translators.edifact.structure import GroupInstance, Placed
from translators.grammar.arranging import Misplaced, arrange
from translators.vda.checking import check_record
from translators.vda.derived import derive
from translators.vda.faults import Faults
from translators.vda.layout import LAYOUT, messages
from translators.vda.records import VdaRecord, records_in
from translators.vda.units import as_placed, record_of, units_of

_TRAILERS = {"519": "511", "719": "711"}
_COUNTED = {
    "519": ("511", "512", "513", "514", "517", "518", "519", "515"),
    "719": ("711", "712", "713", "714", "715", "716", "718", "719", "717"),
}
"""What the counters of a trailer count, in their order from the third field on."""


class VdaLimits(Struct, frozen=True, kw_only=True):
    """How much is taken of one input."""

    max_transmissions: int = 1_000
    max_messages: int = 10_000
    max_records: int = 200_000
    max_findings: int = 500


class Unit(Struct, eq=False):
    """One schedule or delivery note with the records around it; `records` are those of the tree, in order."""

    message: str
    root: GroupInstance
    records: list[VdaRecord]


class Transmission(Struct, eq=False):
    """From header to trailer. `units` is empty when there is an error in it."""

    message: str
    version: str
    customer: str
    supplier: str
    previous: str
    number: str
    records: list[VdaRecord] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


def transmissions_in(content: bytes, faults: Faults, limits: VdaLimits) -> list[Transmission]:
    """Everything in an input; what is wrong goes to `faults`. Raises nothing, whatever the input."""
    found: list[Transmission] = []
    units = 0
    for own in _split(records_in(content, faults, limits.max_records), faults):
        found.append(own)
        if len(found) > limits.max_transmissions:
            faults.tell("vda.transmissions", f"the input has more than {limits.max_transmissions} transmissions")
            return found
        _settle(own, faults)
        units += len(own.units)
        if units > limits.max_messages:
            faults.tell("vda.messages", f"the input has more than {limits.max_messages} schedules or delivery notes")
            return found
    if not found and not faults.errors:
        faults.tell("vda.header", "there is no header record: 511 (VDA 4905) or 711 (VDA 4913)")
    return found


def _split(records: Iterator[VdaRecord], faults: Faults) -> Iterator[Transmission]:
    own: Transmission | None = None
    is_told = False
    headers = {first: message for message, (_, first, _) in messages().items()}
    for record in records:
        if record.tag in headers:
            if own is not None:
                _tell_end(own, faults)
                yield own
            own = _opened(headers[record.tag], record)
            is_told = False
        if own is None:
            if not is_told:
                text = f"the record {record.tag} stands outside of a transmission, before any header (511, 711)"
                faults.tell("vda.outside", text, tag=record.tag, line=record.line)
            is_told = True
            continue
        own.records.append(record)
        if _TRAILERS.get(record.tag) == own.records[0].tag:
            yield own
            own = None
    if own is not None:
        _tell_end(own, faults)
        yield own


def _opened(message: str, header: VdaRecord) -> Transmission:
    return Transmission(
        message=message, version=header.text[3:5], customer=header.get(3), supplier=header.get(4),
        previous=header.get(5), number=header.get(6),
    )  # fmt: skip


def _tell_end(own: Transmission, faults: Faults) -> None:
    trailer = next(trailer for trailer, header in _TRAILERS.items() if header == own.records[0].tag)
    last = own.records[-1]
    faults.tell("vda.trailer", f"the trailer {trailer} is missing", tag=last.tag, line=last.line)


def _settle(own: Transmission, faults: Faults) -> None:
    faults.transmission = own.number or None
    before = faults.errors
    placed = [(as_placed(record, position), record.tag) for position, record in enumerate(own.records, 1)]
    for record in own.records:
        check_record(record, faults)
    _check_counters(own, faults)
    root = arrange(placed, messages()[own.message][2], lambda misplaced: _tell_misplaced(misplaced, faults))
    if faults.errors > before:
        return
    for unit in units_of(root, own.message):
        derive(unit, faults)
        if faults.errors == before:
            own.units.append(Unit(own.message, unit, _numbered(unit)))
    if faults.errors > before:
        own.units = []


def _numbered(root: GroupInstance) -> list[VdaRecord]:
    """The records of a unit, whose places count from 1 in it."""
    found = sorted(_placed(root), key=lambda placed: record_of(placed).line)
    for position, placed in enumerate(found, 1):
        placed.position = position
    return [record_of(placed) for placed in found]


def _placed(group: GroupInstance) -> Iterator[Placed]:
    for placed in group.segments.values():
        yield from placed
    for groups in group.groups.values():
        for inner in groups:
            yield from _placed(inner)


def _check_counters(own: Transmission, faults: Faults) -> None:
    trailer = own.records[-1]
    counted = _COUNTED.get(trailer.tag)
    if counted is None or trailer.known is None or trailer.text[3:5] not in trailer.known.versions:
        return
    for number, tag in enumerate(counted, 3):
        there = sum(record.tag == tag for record in own.records)
        said = trailer.get(number)
        if said.isascii() and said.isdigit() and int(said) != there:
            text = f"{trailer.tag} says there are {int(said)} records {tag}; there are {there}"
            column = trailer.column_of(number)
            faults.tell("vda.count", text, tag=trailer.tag, line=trailer.line, column=column, element=number)


def _tell_misplaced(what: Misplaced, faults: Faults) -> None:
    at = what.placed if what.kind != "missing" or what.placed is not None else what.last
    record = record_of(at) if at is not None else None
    if what.kind == "missing" and what.step is not None:
        if what.step.tag in _TRAILERS:
            return  # told where the transmission was cut
        before = f" before {record.tag}" if what.placed is not None and record is not None else ""
        code, text = "vda.record.missing", f"the record {what.step.tag} is missing{before}"
    elif what.kind in ("segment_repeats", "loop_repeats"):
        code, text = "vda.record.repeats", f"the record {what.tag} may stand once here"
    elif LAYOUT.segment(what.tag) is None:
        code, text = "vda.record.unknown", f"`{what.tag}` is no record type of this message"
    else:
        code, text = "vda.record.order", f"the record {what.tag} has no place here{_its_place(what)}"
    faults.tell(code, text, tag=record.tag if record else None, line=record.line if record else 0)


def _its_place(what: Misplaced) -> str:
    if what.too_late_for:
        return f"; it stands before {what.too_late_for}"
    return f"; it stands behind {' or '.join(what.openers)}" if what.openers else ""
