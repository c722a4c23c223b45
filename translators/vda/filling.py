"""A schedule or delivery note that a map has filled, as records: what is worked out for maps goes where it belongs."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from translators.edifact.drafts import draft_of, new_segment
from translators.edifact.structure import GroupInstance, Placed
from translators.grammar.composing import Elements, segments_of
from translators.vda.calloffs import FORECAST, CallOff, written
from translators.vda.derived import CALL_OFFS, PACKAGES, UNIT_513, UNIT_515

_IN_513, _IN_514 = 5, 8
_UNIT_512 = 13
_ONE = "1000"
"""One package, with the three decimals of the field."""


class CannotSay(ValueError):  # noqa: N818 - a refusal, not a defect
    """VDA has no way to say something of the document."""


def filled_records(root: GroupInstance, header: str) -> tuple[Elements, ...]:
    """The records of a filled unit but for the header. Raises CannotSay with a sentence."""
    for schedule in root.groups.get("L_512", ()):
        _fill_schedule(schedule)
    for note in root.groups.get("L_713", ()):
        _fill_packages(note)
    return tuple(segments_of(root, frozenset({header})))


def _fill_schedule(schedule: GroupInstance) -> None:
    calls: list[tuple[CallOff, str]] = []
    units: list[str] = []
    for tag, at in CALL_OFFS.items():
        for placed in schedule.segments.get(tag, ()):
            for values in _element(placed, at):
                if any(values):
                    parts = [*values, *[""] * (7 - len(values))]
                    calls.append((CallOff(*parts[2:6]), parts[1]))
                    units.append(parts[6])
    for tag, at in (("513", UNIT_513), ("515", UNIT_515)):
        units += [_element(placed, at)[0][0] for placed in schedule.segments.get(tag, ())]
    known = list(dict.fromkeys(unit for unit in units if unit))
    if len(known) > 1:
        raise CannotSay(f"VDA 4905 counts an article in one unit, not in {' and '.join(known)}")
    if known:
        _put(schedule.segments["512"][0], _UNIT_512, known[0])
    _put_calls(schedule, list(_dated(calls)))


def _dated(calls: list[tuple[CallOff, str]]) -> Iterator[list[str]]:
    """Dates and quantities as written, with the mark before the forecast."""
    is_forecast, last = False, None
    for call, quantity in calls:
        try:
            text, is_behind = written(call, last)
        except ValueError as problem:
            raise CannotSay(str(problem)) from None
        if is_behind and not is_forecast:
            yield [FORECAST, ""]
            is_forecast = True
        if is_forecast and not is_behind:
            raise CannotSay("in VDA 4905 what is called off firmly stands before the forecast")
        last = date.fromisoformat(call.end) if call.end else last
        yield [text, quantity]


def _put_calls(schedule: GroupInstance, pairs: list[list[str]]) -> None:
    first = schedule.segments.get("513") or [new_segment("513")]
    schedule.segments["513"] = first
    _set(first[0], CALL_OFFS["513"], pairs[:_IN_513])
    rest = []
    for at in range(_IN_513, len(pairs), _IN_514):
        placed = new_segment("514")
        _set(placed, CALL_OFFS["514"], pairs[at : at + _IN_514])
        rest.append(placed)
    schedule.segments["514"] = rest


def _fill_packages(note: GroupInstance) -> None:
    """One record for each package, below the item it holds."""
    items = {_element(item.segments["714"][0], 12)[0][0]: item for item in note.groups.get("L_714", ())}
    packages: list[list[str]] = []
    for item in note.groups.get("L_714", ()):
        for placed in item.segments.pop("715", []):
            packages += [[*values, *[""] * (5 - len(values))] for values in _element(placed, PACKAGES) if any(values)]
    for number, kind, line, quantity, _ in packages:
        holding = items.get(line)
        if holding is None:
            raise CannotSay(f"the package `{number[:20]}` holds nothing of a line of this delivery note")
        placed = new_segment("715")
        for at, value in ((3, kind), (5, _ONE), (6, line), (7, quantity), (8, number), (9, number)):
            _put(placed, at, value)
        holding.segments.setdefault("715", []).append(placed)


def _element(placed: Placed, at: int) -> Any:
    elements = draft_of(placed).elements
    return elements[at] if at < len(elements) else [[""]]


def _set(placed: Placed, at: int, values: list[list[str]]) -> None:
    elements = draft_of(placed).elements
    elements += [[[""]] for _ in range(at + 1 - len(elements))]
    elements[at] = values or [[""]]


def _put(placed: Placed, at: int, value: str) -> None:
    if value:
        _set(placed, at, [[value]])
