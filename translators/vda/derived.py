"""What maps need in a record and other records say: the unit of a quantity, what a date means, each package's number.

In the tables these fields stand with a `+`, or behind what is sent of a call-off. They are filled when a unit is read;
`translators.vda.filling` puts them back where they belong when one is written.
"""

from collections.abc import Iterator

from translators.edifact.structure import GroupInstance
from translators.vda.calloffs import Dates
from translators.vda.faults import Faults
from translators.vda.records import VdaRecord
from translators.vda.units import record_of

CALL_OFFS = {"513": 8, "514": 3}
"""Which element of a record holds its call-offs."""

SCHEDULE, UNIT_513, UNIT_515, PACKAGES = 21, 10, 15, 17
_MOST_PACKAGES = 1_000


def derive(unit: GroupInstance, faults: Faults) -> None:
    """Fill what is derived; a date or a range that cannot be is told."""
    for schedule in unit.groups.get("L_512", ()):
        _derive_schedule(schedule, faults)
    for note in unit.groups.get("L_713", ()):
        for item in note.groups.get("L_714", ()):
            own = record_of(item.segments["714"][0])
            for placed in item.segments.get("715", ()):
                _derive_packages(record_of(placed), own, faults)


def _derive_schedule(schedule: GroupInstance, faults: Faults) -> None:
    own = record_of(schedule.segments["512"][0])
    unit = own.get(13)
    own.elements[SCHEDULE] = [["/".join(each for each in (own.get(8), own.get(3)) if each)]]
    dates = Dates()
    for record in _call_off_records(schedule):
        at = CALL_OFFS[record.tag]
        record.elements[at] = [
            _understood(values, dates, record, repetition, unit, faults)
            for repetition, values in enumerate(record.elements[at], 1)
        ]
        if record.tag == "513":
            record.elements[UNIT_513] = [[unit]]
    for placed in schedule.segments.get("515", ()):
        record_of(placed).elements[UNIT_515] = [[unit]]


def _call_off_records(schedule: GroupInstance) -> Iterator[VdaRecord]:
    for tag in CALL_OFFS:
        for placed in schedule.segments.get(tag, ()):
            yield record_of(placed)


def _understood(
    values: list[str], dates: Dates, record: VdaRecord, repetition: int, unit: str, faults: Faults
) -> list[str]:
    """Date, quantity, and what they mean; nothing at all for what is no call-off."""
    text, quantity = values[0], values[1]
    try:
        call = dates.understand(text, quantity)
    except ValueError as problem:
        at = CALL_OFFS[record.tag]
        column = record.column_of(at, 1, repetition)
        faults.tell("vda.date", str(problem), tag=record.tag, line=record.line, column=column, element=at)
        return [""]
    if call is None:
        return [""]
    return ["", quantity, call.start, call.end, call.per, call.commitment, unit]


def _derive_packages(record: VdaRecord, item: VdaRecord, faults: Faults) -> None:
    """Each package of a record by its number; a range is of numbers that count up."""
    first, last = record.get(8), record.get(9)
    numbers = _numbers(first, last)
    if numbers is None:
        text = f"`{first}` to `{last}` is no range of package numbers"
        column = record.column_of(8)
        faults.tell("vda.packages", text, tag="715", line=record.line, column=column, element=8)
        return
    line = item.get(12).lstrip("0")
    record.elements[PACKAGES] = [[number, record.get(3), line, record.get(7), item.get(7)] for number in numbers] or [
        [""]
    ]


def _numbers(first: str, last: str) -> list[str] | None:
    if not first or last in ("", first):
        return [first] if first else []
    if not ((first + last).isascii() and (first + last).isdigit() and len(first) == len(last)):
        return None
    count = int(last) - int(first) + 1
    if not 0 < count <= _MOST_PACKAGES:
        return None
    return [f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]
