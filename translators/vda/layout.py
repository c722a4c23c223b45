"""The tables of `tables/`, in the shape the maps of UN/EDIFACT know: structures, records, fields.

Fields are called by record and number, as VDA's own texts count them (`512-08`); what repeats inside a record is a
composite called by the number of its first field, `513-08`, and its parts by name (`date`, `quantity`).
"""

from functools import cache
from importlib.resources import files

from msgspec import Struct

from translators.edifact.directory import Component, ElementRule, Step
from translators.grammar.notation import Loop, structures_in

LENGTH = 128
"""Characters of every record."""

FILLED = ("N", "N3", "D", "T", "C")
"""Kinds that are filled up with zeros, in front."""


class Field(Component, frozen=True):
    """A field, or a part of one that repeats: its kind (AN, N, N3, D, T, C, B), and whether zeros say something."""

    type: str
    says_zero: bool


class Place(Struct, frozen=True):
    """Where an element of a record stands: first column (from 1), characters of one repetition; 0 when not sent."""

    column: int
    width: int
    parts: tuple[int, ...]
    """Characters of each part that is sent."""


class Record(Struct, frozen=True):
    """A record type with its elements, where they stand, and the versions it is taken in."""

    tag: str
    name: str
    versions: tuple[str, ...]
    rules: tuple[ElementRule, ...]
    places: tuple[Place, ...]


class Layout:
    """All records of both messages. What can be asked of it is what `translators.edifact.paths` asks of a directory."""

    release = "VDA"

    def structure(self, message: str) -> Step | None:
        """The root of what a map sees of a message, or None for one there is no table of."""
        return _units().get(message)

    def segment(self, tag: str) -> tuple[ElementRule, ...] | None:
        """The elements of a record."""
        record = records().get(tag)
        return record.rules if record is not None else None

    def codes(self, _element: str) -> frozenset[str] | None:
        """VDA's codes are the partners' matter."""
        return None


LAYOUT = Layout()


def messages() -> dict[str, tuple[str, str, Step]]:
    """Message -> (version and name, the record it begins with, its structure)."""
    return _messages()


def newest(message: str) -> str:
    """The version of the header we write."""
    return _messages()[message][0].partition(" ")[0]


@cache
def _messages() -> dict[str, tuple[str, str, Step]]:
    return structures_in(_text("messages"))


@cache
def _units() -> dict[str, Step]:
    """One schedule, one delivery note: the loop of it, with the records around it before."""
    found = {}
    for message, (_, first, root) in _messages().items():
        around = [Step(tag=first, group=None, mandatory=True, repeats=1)]
        loop = next(step for step in root.steps if step.group is not None)
        inner = next((step for step in loop.steps if step.group is not None), None)
        if inner is not None:
            around.append(Step(tag=loop.tag, group=None, mandatory=True, repeats=1))
            loop = inner
        unit = Loop(tag=loop.tag, label=f"L_{loop.tag}", group=1, mandatory=True, repeats=1, steps=loop.steps)
        found[message] = Step(tag=first, group=0, mandatory=True, repeats=1, steps=(*around, unit))
    return found


@cache
def records() -> dict[str, Record]:
    """All record types, by tag."""
    found = {}
    for block in _text("records").split("\n= ")[1:]:
        head, *lines = [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
        name, _, versions = head.partition(";")
        tag, _, name = name.partition(" ")
        found[tag] = _record(tag, name, tuple(versions.split()), lines)
    return found


def _record(tag: str, name: str, versions: tuple[str, ...], lines: list[str]) -> Record:
    rules, places, column, number = [], [], 1, 1
    for line in lines:
        is_sent = not line.startswith("+")
        text = line.removeprefix("+")
        called = f"{tag}-{number:02}"
        if text.startswith("("):
            inside, _, repeats = text.removeprefix("(").partition(")")
            parts = [_field(part.strip()) for part in inside.split(",")]
            components = tuple(_component(part, part[2]) for part in parts)
            rule = ElementRule(called, mandatory=False, repeats=int(repeats), components=components, is_composite=True)
            widths = tuple(part[0] for part in parts[: _SENT.get(len(parts), len(parts))]) if is_sent else ()
            place = Place(column, sum(widths), widths)
            column += sum(widths) * int(repeats)
            number += len(widths) * int(repeats) or 1
        else:
            field = _field(text)
            component = _component(field, called)
            rule = ElementRule(
                called, field[3], 1, (component,), is_composite=False, name=field[2]
            )  # fmt: skip
            place = Place(column, field[0] if is_sent else 0, (field[0],) if is_sent else ())
            column += field[0] if is_sent else 0
            number += 1
        rules.append(rule)
        places.append(place)
    if column != LENGTH + 1:
        raise ValueError(f"record {tag} has {column - 1} characters; {LENGTH} are expected")
    return Record(tag, name, versions, tuple(rules), tuple(places))


_SENT = {7: 2}
"""Of a call-off, date and quantity are sent; what they mean is worked out."""


def _field(text: str) -> tuple[int, str, str, bool]:
    """(length, kind, name, mandatory)."""
    length, _, rest = text.partition(" ")
    kind, _, name = rest.partition(" ")
    return int(length), kind.removesuffix("!"), name, kind.endswith("!")


def _component(field: tuple[int, str, str, bool], called: str) -> Field:
    length, kind, name, mandatory = field
    says_zero = kind in ("N0", "N30")
    kind = {"N0": "N", "N30": "N3"}.get(kind, kind)
    return Field(called, name, mandatory, "n" if kind in ("N", "N3") else "an", 1, length, kind, says_zero)


def _text(name: str) -> str:
    return files(__package__).joinpath("tables", f"{name}.txt").read_text("utf-8")
