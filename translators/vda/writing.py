"""VDA transmissions that are written: header, records, trailer with its counters."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from translators.edifact.directory import ElementRule
from translators.edifact.segments import Element
from translators.edifact.structure import GroupInstance
from translators.grammar.composing import Elements, segments_of
from translators.vda.filling import CannotSay, filled_records
from translators.vda.layout import FILLED, LENGTH, Field, messages, records
from translators.vda.layout import Place as Columns

__all__ = ["CannotSay", "VdaOutgoing", "write_vda"]

_COUNTED = {
    "519": ("511", "512", "513", "514", "517", "518", "519", "515"),
    "719": ("711", "712", "713", "714", "715", "716", "718", "719", "717"),
}
_HIGHEST = 99_999
"""Transmission numbers have five digits and begin again behind this one."""


class VdaOutgoing(Struct, frozen=True, kw_only=True):
    """One transmission. `customer` and `supplier` are the numbers both know, whichever of the two sends.

    `number` counts our transmissions to this partner; `previous` is the one before, `number` − 1 when empty.
    """

    message: str
    customer: str
    supplier: str
    number: str
    prepared: datetime
    units: tuple[GroupInstance, ...]
    previous: str = ""
    layout: str = ""


def write_vda(outgoing: VdaOutgoing) -> bytes:
    """The transmission in ISO 8859-1. Raises CannotSay with a sentence."""
    text = "".join(line + outgoing.layout for line in _lines(outgoing))
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise CannotSay(f"`{text[error.start]}` is no character of ISO 8859-1, in which VDA is written") from None


def _lines(outgoing: VdaOutgoing) -> Iterator[str]:
    first = messages()[outgoing.message][1]
    trailer = "519" if first == "511" else "719"
    counts: dict[str, int] = {first: 1, trailer: 1}
    yield record_text(_header(outgoing, first))
    last_transport: Elements | None = None
    for unit in outgoing.units:
        for elements in filled_records(unit, first):
            tag = elements[0][0][0]
            if tag == "712":
                if elements == last_transport:
                    continue  # the next delivery note of the same transport
                last_transport = elements
            counts[tag] = counts.get(tag, 0) + 1
            yield record_text(elements)
    counted = [[[f"{counts.get(tag, 0)}"]] for tag in _COUNTED[trailer]]
    yield record_text([[[trailer]], [[trailer]], [[""]], *counted])


def _header(outgoing: VdaOutgoing, first: str) -> Elements:
    number = outgoing.number.lstrip("0") or "0"
    if not (number.isascii() and number.isdigit() and int(number) <= _HIGHEST):
        raise CannotSay(f"the transmission number `{outgoing.number[:20]}` is not one of at most five digits")
    for name, value in (("customer", outgoing.customer), ("supplier", outgoing.supplier)):
        if len(value) > 9:
            raise CannotSay(f"the number of the {name}, `{value[:20]}`, has more than 9 characters")
    previous = outgoing.previous or str(int(number) - 1 if number != "0" else _HIGHEST)
    given = next((each for unit in outgoing.units for each in segments_of(unit) if each[0][0][0] == first), [])
    elements: Elements = [[[first]], [[first]], [[""]], *([[""]] for _ in range(9))]
    for at, element in enumerate(given):
        if at > 7:
            elements[at] = element
    for at, value in ((3, outgoing.customer), (4, outgoing.supplier), (5, previous), (6, number)):
        elements[at] = [[value]]
    elements[7] = [[f"{outgoing.prepared:%y%m%d}"]]
    return elements


def record_text(elements: Elements) -> str:
    """A record of 128 characters."""
    record = records()[elements[0][0][0]]
    text = ""
    for index, (rule, place) in enumerate(zip(record.rules, record.places, strict=True), 1):
        if index == 1:
            text += record.tag
        elif index == 2:
            text += record.versions[0]
        elif place.width:
            text += _written(elements[index] if index < len(elements) else [[""]], rule, place)
    assert len(text) == LENGTH, record.tag
    return text


def _written(element: Element, rule: ElementRule, place: Columns) -> str:
    text = ""
    for repetition in range(rule.repeats):
        values = element[repetition] if repetition < len(element) else [""]
        for number, width in enumerate(place.parts):
            part = rule.components[number]
            assert isinstance(part, Field)
            value = values[number] if number < len(values) else ""
            filler = "0" if part.type in FILLED else " "
            padded = value.rjust(width, filler) if filler == "0" else value.ljust(width)
            if len(padded) > width:
                raise CannotSay(f"`{value[:40]}` is too long for {rule.id}, which has {width} characters")
            text += padded
    return text
