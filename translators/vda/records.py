"""Cuts an input into records and records into fields.

Records stand one a line, or one behind the other without line breaks. A line that is shorter was robbed of the blanks
at its end, which many programs do; nothing is lost by it. VDA names no character set: UTF-8 is taken where the bytes
are that, else ISO 8859-1.
"""

from collections.abc import Iterator

from translators.edifact.segments import Element
from translators.vda.faults import Faults
from translators.vda.layout import FILLED, LENGTH, Field, Record, records

HEADERS = ("511", "711")
_LINE_BREAKS = "\r\n"


class VdaRecord:
    """One record: its text of 128 characters, its number in the input, and its fields without what fills them up.

    `elements` are what maps walk on; number 0 is the record type.
    """

    __slots__ = ("elements", "known", "line", "tag", "text")

    def __init__(self, text: str, line: int) -> None:
        self.text = text.ljust(LENGTH)
        self.line = line
        self.tag = self.text[:3]
        self.known: Record | None = records().get(self.tag)
        self.elements: list[Element] = [[[self.tag]]]
        if self.known is not None:
            self.elements += [_element(self.text, self.known, index) for index in range(len(self.known.rules))]
            self.elements[1] = [[""]]  # the record type, which is number 0 already
            if self.tag not in HEADERS:
                self.elements[2] = [[""]]  # the version, which is checked and says nothing else

    def get(self, element: int) -> str:
        """The value of a simple field, without what fills it up; empty when it says nothing."""
        return self.elements[element][0][0] if element < len(self.elements) else ""

    def column_of(self, element: int, component: int = 1, repetition: int = 1) -> int:
        """The first column of a field, from 1; 0 for what is not sent."""
        if self.known is None or not 0 < element <= len(self.known.places):
            return 1
        place = self.known.places[element - 1]
        if not place.width:
            return 0
        before = sum(place.parts[: component - 1]) if component <= len(place.parts) else 0
        return place.column + (repetition - 1) * place.width + before


def _element(text: str, record: Record, index: int) -> Element:
    rule, place = record.rules[index], record.places[index]
    element: Element = []
    for repetition in range(rule.repeats if place.width else 1):
        at = place.column - 1 + repetition * place.width
        values = []
        for number, width in enumerate(place.parts):
            values.append(said(text[at : at + width], rule.components[number]))
            at += width
        element.append(values or [""])
    return element


def said(raw: str, rule: object) -> str:
    """What a field says: without blanks around it; nothing for zeros that fill an unused field."""
    assert isinstance(rule, Field)
    text = raw.strip()
    if rule.type == "B":
        return ""
    is_zeros = text.strip("0") == "" and rule.type in FILLED
    return "" if is_zeros and not rule.says_zero else text


def records_in(content: bytes, faults: Faults, max_records: int) -> Iterator[VdaRecord]:
    """The records of an input. What is too long is told; what is no record is left to who reads the order."""
    for number, text in enumerate(_texts(decoded(content)), 1):
        if number > max_records:
            faults.tell("vda.records", f"the input has more than {max_records} records", line=number)
            return
        if len(text) > LENGTH:
            told = f"the record has {len(text)} characters; {LENGTH} are expected"
            faults.tell("vda.length", told, tag=text[:3], line=number, column=LENGTH + 1)
        odd = next((at for at, each in enumerate(text) if ord(each) < 32 or ord(each) == 127), None)
        if odd is not None:
            faults.tell("vda.character", "a control character stands here", tag=text[:3], line=number, column=odd + 1)
        yield VdaRecord(text[:LENGTH], number)


def decoded(content: bytes) -> str:
    """The text of an input."""
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _texts(text: str) -> Iterator[str]:
    """Records as texts: by line breaks where there are any near the start, else by length."""
    text = text.rstrip("\x1a\x00 " + _LINE_BREAKS)
    if any(mark in text[: 2 * LENGTH] for mark in _LINE_BREAKS):
        yield from (line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip())
    else:
        yield from (text[at : at + LENGTH] for at in range(0, len(text), LENGTH))
