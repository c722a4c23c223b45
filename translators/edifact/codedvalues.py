"""Codes against the code lists of the directory, and dates against the format that stands beside them."""

from msgspec import Struct

from translators.edifact.dateformats import real_date
from translators.edifact.directory import Component, Directory, ElementRule
from translators.edifact.faults import Faults
from translators.edifact.structure import Placed
from translators.edifact.values import value_fault

_AGENCY = "3055"
_LIST = "1131"
_OWN = (_LIST, "0007")
"""Partners name lists of their own, and qualify their identifications as they agree."""
_VALUE, _FORMAT = "2380", "2379"
"""A date and how it is written, side by side in C507 and its like."""


class Coded(Struct, frozen=True):
    """A coded component: `others` are the components of its composite that name another list or its owner."""

    element: int
    number: int
    component: Component
    codes: frozenset[str]
    others: tuple[int, ...]
    is_composite: bool


class Dated(Struct, frozen=True):
    """A date at `value` of an element, written as the component at `format` says; components count from 0."""

    element: int
    value: int
    format: int


class CodedValues(Struct, frozen=True):
    """The codes and dates of one segment."""

    coded: tuple[Coded, ...]
    dated: tuple[Dated, ...]

    def __bool__(self) -> bool:
        return bool(self.coded or self.dated)

    @classmethod
    def of(cls, rules: tuple[ElementRule, ...], directory: Directory) -> "CodedValues":
        coded, dated = [], []
        for index, rule in enumerate(rules, 1):
            names = [component.id for component in rule.components]
            others = tuple(at for at, name in enumerate(names) if name in (_AGENCY, _LIST))
            for number, name in enumerate(names):
                codes = directory.codes(name) if name not in _OWN else None
                if codes:
                    elsewhere = () if name == _AGENCY else others
                    coded.append(Coded(index, number, rule.components[number], codes, elsewhere, rule.is_composite))
            if _VALUE in names and _FORMAT in names:
                dated.append(Dated(index, names.index(_VALUE), names.index(_FORMAT)))
        return cls(tuple(coded), tuple(dated))

    def check(self, placed: Placed, faults: Faults, policy: str) -> None:
        """Tell unknown codes, as errors or warnings, and dates that are none."""
        elements = placed.segment.elements
        given = len(elements)
        if policy != "off":
            for coded in self.coded:
                if coded.element < given:
                    number = coded.number
                    for repetition, values in enumerate(elements[coded.element], 1):
                        if number < len(values) and values[number] and values[number] not in coded.codes:
                            _tell_code(placed, coded, values, repetition, faults, policy)
        for dated in self.dated:
            if dated.element < given:
                for repetition, values in enumerate(elements[dated.element], 1):
                    if dated.format < len(values):
                        _check_date(placed, dated, values, repetition, faults)


def _tell_code(placed: Placed, coded: Coded, values: list[str], repetition: int, faults: Faults, policy: str) -> None:
    """A value is of another list than the directory's where the sender names that list or who keeps it."""
    if any(at < len(values) and values[at] for at in coded.others):
        return
    if value_fault(values[coded.number], coded.component) is not None:
        return  # told already, in better words
    text = f"`{values[coded.number][:35]}` is not a code of element {coded.component.id}"
    faults.tell(
        "value",
        "edifact.element.code",
        text,
        placed.segment,
        coded.element,
        coded.number + 1 if coded.is_composite else 0,
        position=placed.position,
        repetition=repetition,
        severity="error" if policy == "error" else "warning",
    )


def _check_date(placed: Placed, dated: Dated, values: list[str], repetition: int, faults: Faults) -> None:
    value, written = values[dated.value], values[dated.format]
    is_real = real_date(written) if value else None
    if is_real is None or is_real(value):
        return
    text = f"`{value[:35]}` is not a date in format {written[:3]}"
    faults.tell(
        "value",
        "edifact.element.date",
        text,
        placed.segment,
        dated.element,
        dated.value + 1,
        position=placed.position,
        repetition=repetition,
    )
