"""What maps need at a segment and others say: the unit of a schedule, the answer to a line, the place of an error.

In the tables these elements stand with a `+`. They are filled when a set is read, and when one is written they are put
back where they belong. (The number of an item, HL05, is the matter of `translators.x12.hierarchy`.)
"""

from collections.abc import Iterator

from translators.edifact.drafts import draft_of, new_segment
from translators.edifact.segments import Element
from translators.edifact.structure import GroupInstance, Placed
from translators.x12.faults import segment_of
from translators.x12.segments import Segment

_WITH_UNIT = {"FST": "FST11", "SHP": "SHP08", "ATH": "ATH06", "JIT": "JIT03"}
"""Segments whose quantities are counted in the unit of UIT, and the element the unit is put into."""

MIXED = "MX"
"""What several answers to one line (ACK) are together: taken with changes, part by part."""

TAKEN_IN_PARTS = "MA"
"""The same where every part is accepted (ACK01): taken as ordered, in several deliveries."""

_ACCEPTED = frozenset({"IA", "AR", "SP"})
"""Item accepted; accepted and released for shipment; accepted, the date of shipment is still to come."""

_WHOLE = {"AD": "IA", "AK": "IA", "AP": "IA", "AT": "IA", "AE": "IA", "RD": "IR", "RJ": "IR"}
"""What an answer to the whole order (BAK02) says of a line that has none of its own: taken as ordered, also where only
exceptions have detail (AE), or not taken. AC and RF leave it open."""

_INDEX = {
    "FST11": 10,
    "SHP08": 8,
    "ATH06": 6,
    "JIT03": 3,
    "JIT04": 4,
    "PO132": 7,
    "AK305": 5,
    "AK405": 5,
    "IK305": 5,
    "IK405": 5,
}
"""Where these stand among the elements as maps count them."""


def derive(root: GroupInstance) -> None:
    """Fill what is derived."""
    for item in root.groups.get("L_LIN", ()):
        unit = _first(item, "UIT").get(1) if "UIT" in item.segments else ""
        for placed in _segments(item):
            if placed.segment.tag in _WITH_UNIT and unit:
                _put(segment_of(placed), _WITH_UNIT[placed.segment.tag], unit)
        for schedule in item.groups.get("L_FST", ()):
            for call in schedule.groups.get("L_JIT", ()):
                _put(_first(call, "JIT"), "JIT04", _first(schedule, "FST").get(4))
    of_order = _WHOLE.get(_first(root, "BAK").get(2), "") if "BAK" in root.segments else ""
    for item in root.groups.get("L_PO1", ()):
        answers = [_first(each, "ACK").get(1) for each in item.groups.get("L_ACK", ())]
        if answers or of_order:
            _put(_first(item, "PO1"), "PO132", _together(answers) if answers else of_order)
    for answer in root.groups.get("L_AK2", ()):
        for kind in ("AK", "IK"):
            for note in answer.groups.get(f"L_{kind}3", ()):
                _derive_places(note, kind)


def _together(answers: list[str]) -> str:
    """What the answers to the parts of a line come to."""
    if len(answers) == 1:
        return answers[0]
    return TAKEN_IN_PARTS if _ACCEPTED.issuperset(answers) else MIXED


def _derive_places(note: GroupInstance, kind: str) -> None:
    own = _first(note, f"{kind}3")
    at = f"{own.get(1)}:{own.get(2)}"
    _put(own, f"{kind}305", at)
    inner = [each for loop in note.groups.get("L_IK4", ()) for each in loop.segments["IK4"]]
    for placed in (*note.segments.get("AK4", ()), *inner):
        segment = segment_of(placed)
        component = segment.get(1, 2)
        _put(segment, f"{kind}405", f"{at}/{segment.get(1)}" + (f"-{component}" if component else ""))


def resolve(root: GroupInstance) -> None:
    """Put back what a map has written into derived elements: UIT from the units, the places of errors into AK3, AK4."""
    for item in root.groups.get("L_LIN", ()):
        units = [unit for placed in _segments(item) if (unit := _drafted(placed, _WITH_UNIT))]
        if units and not item.segments.get("UIT"):
            item.segments["UIT"] = [_new("UIT", [[[units[0]]]])]
    for answer in root.groups.get("L_AK2", ()):
        notes = answer.groups.get("L_AK3", [])
        if notes:
            answer.groups["L_AK3"] = list(_notes(notes))


def _notes(notes: list[GroupInstance]) -> Iterator[GroupInstance]:
    """A note for each segment in which something is wrong, with the notes on its elements."""
    step = notes[0].step
    found: dict[str, tuple[str, list[Placed]]] = {}
    for note in notes:
        for placed in note.segments.get("AK3", ()):
            place, code = _drafted(placed, {"AK3": "AK305"}), _value(placed, 4)
            if place:
                found[place] = (code, found.get(place, ("", []))[1])
        for placed in note.segments.get("AK4", ()):
            whole = _drafted(placed, {"AK4": "AK405"})
            place, _, element = whole.partition("/")
            number, _, component = element.partition("-")
            position = [number, component] if component else [number]
            elements: list[Element] = [[position], [[""]], [[_value(placed, 3)]], [[_value(placed, 4)]]]
            found.setdefault(place, ("8", []))[1].append(_new("AK4", elements))
    for place, (code, errors) in found.items():
        tag, _, position_in_set = place.partition(":")
        own = _new("AK3", [[[tag]], [[position_in_set]], [[""]], [[code]]])
        yield GroupInstance(step, {"AK3": [own], "AK4": errors})


def _new(tag: str, elements: list[Element]) -> Placed:
    placed = new_segment(tag)
    draft_of(placed).elements += elements
    return placed


def _drafted(placed: Placed, names: dict[str, str]) -> str:
    name = names.get(draft_of(placed).elements[0][0][0], "")
    return _value(placed, _INDEX[name]) if name else ""


def _value(placed: Placed, index: int) -> str:
    elements = draft_of(placed).elements
    return elements[index][0][0] if index < len(elements) else ""


def _first(group: GroupInstance, tag: str) -> Segment:
    return segment_of(group.segments[tag][0])


def _segments(group: GroupInstance) -> Iterator[Placed]:
    for placed in group.segments.values():
        yield from placed
    for groups in group.groups.values():
        for inner in groups:
            yield from _segments(inner)


def _put(segment: Segment, name: str, value: str) -> None:
    """Into an element as maps count them; the segment as sent stays as it is."""
    index = _INDEX[name]
    if segment.elements is segment.wire:
        segment.elements = list(segment.wire)
    segment.elements += [[[""]] for _ in range(index + 1 - len(segment.elements))]
    segment.elements[index] = [[value]]
