"""Random messages that a directory allows, made from its tables, and the same with one fault put in on purpose.

Every choice comes from a `random.Random`, so that a seed gives the same message again.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from translators.edifact.directory import Component, Directory, ElementRule, Step
from translators.edifact.outgoing import Elements
from translators.edifact.segments import Element, Syntax
from translators.edifact.separators import Separators
from translators.edifact.writing import compose, trimmed

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789.,-()/=!"
SYNTAX = {
    "3": Syntax(Separators(), "3", "UNOC", "iso8859-1"),
    "4": Syntax(Separators(repetition="*"), "4", "UNOC", "iso8859-1"),
}
MOST_SEGMENTS = 120


@dataclass(frozen=True)
class Made:
    """An interchange with one message; `segments` are the message's, UNH and UNT included."""

    content: bytes
    segments: list[Elements]


class Generator:
    """Makes messages of one type and release in one syntax version."""

    def __init__(self, directory: Directory, message: str, version: str, chance: random.Random) -> None:
        self.directory = directory
        self.message = message
        self.version = version
        self.chance = chance
        root = directory.structure(message)
        assert root is not None
        self.root = root

    def segments(self) -> list[Elements]:
        """UNH to UNT, right in everything."""
        written: list[Elements] = []
        for step in self.root.steps:
            if step.tag not in ("UNH", "UNT"):
                self._step(step, written)
        return self.closed(written)

    def closed(self, inner: list[Elements]) -> list[Elements]:
        version, release = self.directory.release.split(".")
        identifier = [self.message, version, release, "UN"]
        unh: Elements = [[["UNH"]], [["M1"]], [identifier]]
        return [unh, *inner, [[["UNT"]], [[str(len(inner) + 2)]], [["M1"]]]]

    def _step(self, step: Step, written: list[Elements]) -> None:
        wanted = 1 if step.mandatory else 0
        if self.chance.random() < 0.25 and len(written) < MOST_SEGMENTS:
            wanted = max(wanted, min(step.repeats, self.chance.choice([1, 1, 2, 3])))
        for _ in range(wanted):
            if step.group is None:
                written.append(self.segment(step.tag))
            else:
                for inner in step.steps:
                    self._step(inner, written)

    def segment(self, tag: str) -> Elements:
        """One segment with everything mandatory and some of what is not."""
        rules = self.directory.segment(tag)
        assert rules is not None
        return trimmed([[[tag]], *(self._element(rule) for rule in rules)])

    def _element(self, rule: ElementRule) -> Element:
        if not rule.mandatory and self.chance.random() < 0.6:
            return [[""]]
        times = 1
        if self.version == "4" and rule.repeats > 1 and self.chance.random() < 0.5:
            times = self.chance.randint(2, min(rule.repeats, 4))
        return [self._components(rule) for _ in range(times)]

    def _components(self, rule: ElementRule) -> list[str]:
        if not rule.is_composite:
            return [self._value(rule.components[0])]
        values = [
            self._value(component) if component.mandatory or self.chance.random() < 0.4 else ""
            for component in rule.components
        ]
        if not any(values):
            values[0] = self._value(rule.components[0])
        names = [component.id for component in rule.components]
        if "2380" in names and "2379" in names:
            day = date(2026, 1, 1) + timedelta(days=self.chance.randrange(700))
            values[names.index("2380")], values[names.index("2379")] = day.strftime("%Y%m%d"), "102"
        return values

    def _value(self, component: Component) -> str:
        codes = self.directory.codes(component.id)
        if codes:
            fitting = sorted(code for code in codes if component.shortest <= len(code) <= component.longest)
            if fitting:
                return self.chance.choice(fitting)
        length = self.chance.randint(component.shortest, min(component.longest, component.shortest + 12))
        if component.kind == "n":
            digits = "".join(self.chance.choice("0123456789") for _ in range(length))
            if length < 3 or component.shortest == component.longest:
                return digits
            mark = self.chance.choice(["", ".", ","])
            sign = self.chance.choice(["", "", "-"])
            return sign + digits[:-2] + mark + digits[-2:] if mark else sign + digits
        alphabet = LETTERS[:26] if component.kind == "a" else LETTERS + "+:?'*"
        text = "".join(self.chance.choice(alphabet) for _ in range(length))
        return "X" + text[1:] if not text.strip() or text[0] == " " else text

    def interchange(self, segments: list[Elements]) -> bytes:
        """The message in an interchange, written with the separators of its syntax version."""
        syntax = SYNTAX[self.version]
        day = "20261123" if self.version == "4" else "261123"
        head: Elements = [
            [["UNB"]], [["UNOC", self.version]], [["SENDER", "14"]], [["RECEIVER", "14"]], [[day, "1200"]], [["REF1"]],
        ]  # fmt: skip
        tail: Elements = [[["UNZ"]], [["1"]], [["REF1"]]]
        return b"".join(compose(elements, syntax) + b"'" for elements in [head, *segments, tail])

    def made(self) -> Made:
        """A message right in everything."""
        segments = self.segments()
        return Made(self.interchange(segments), segments)


def _copy(segments: list[Elements]) -> list[Elements]:
    return [[[list(values) for values in element] for element in segment] for segment in segments]


@dataclass(frozen=True)
class Faulty:
    """A message with one fault, and the 0085 code and position it must be told with (in version 3, then 4)."""

    content: bytes
    kind: str
    codes: tuple[str, str]
    position: int


def one_fault(generator: Generator, kind: str) -> Faulty | None:
    """A message with one fault of a kind; None when the message offers no place for it."""
    segments = _copy(generator.segments())
    places = [
        (position, segment, index, rule)
        for position, segment in enumerate(segments, 1)
        if segment[0][0][0] not in ("UNH", "UNT")
        for index, rule in enumerate(generator.directory.segment(segment[0][0][0]) or (), 1)
        if index < len(segment) and any(any(values) for values in segment[index])
    ]
    fault = _FAULTS[kind]
    generator.chance.shuffle(places)
    for position, segment, index, rule in places:
        codes = fault(generator, segment, index, rule)
        if codes is not None:
            return Faulty(generator.interchange(segments), kind, codes, position)
    return None


def _too_long(_: Generator, segment: Elements, index: int, rule: ElementRule) -> tuple[str, str] | None:
    for number, component in enumerate(rule.components):
        values = segment[index][0]
        if number < len(values) and values[number] and component.kind != "n" and component.id != "2380":
            values[number] = "A" * (component.longest + 1)
            return ("39", "39")
    return None


def _not_a_number(_: Generator, segment: Elements, index: int, rule: ElementRule) -> tuple[str, str] | None:
    for number, component in enumerate(rule.components):
        values = segment[index][0]
        if number < len(values) and values[number] and component.kind == "n":
            values[number] = "X" * component.shortest
            return ("37", "37")
    return None


def _missing(_: Generator, segment: Elements, index: int, rule: ElementRule) -> tuple[str, str] | None:
    if not rule.mandatory:
        return None
    segment[index] = [[""]]
    return ("13", "13")


def _missing_component(_: Generator, segment: Elements, index: int, rule: ElementRule) -> tuple[str, str] | None:
    for number, component in enumerate(rule.components):
        values = segment[index][0]
        others = any(value for at, value in enumerate(values) if at != number)
        if component.mandatory and rule.is_composite and number < len(values) and others:
            values[number] = ""
            return ("13", "13")
    return None


def _unknown_code(generator: Generator, segment: Elements, index: int, rule: ElementRule) -> tuple[str, str] | None:
    names = [component.id for component in rule.components]
    for number, component in enumerate(rule.components):
        values = segment[index][0]
        codes = generator.directory.codes(component.id)
        free = all(at >= len(values) or not values[at] for at, name in enumerate(names) if name in ("1131", "3055"))
        if number < len(values) and values[number] and codes and free and name_is_plain(component.id):
            unknown = "~" * component.shortest
            values[number] = unknown
            return ("12", "12")
    return None


def name_is_plain(name: str) -> bool:
    """Whether a code is checked for itself: not the format of a date, not the name of a list."""
    return name not in ("2379", "1131", "3055")


def _bad_date(_: Generator, segment: Elements, index: int, rule: ElementRule) -> tuple[str, str] | None:
    names = [component.id for component in rule.components]
    if "2380" not in names or "2379" not in names:
        return None
    segment[index][0][names.index("2380")] = "20260230"
    return ("12", "12")


def _too_many_components(_: Generator, segment: Elements, index: int, rule: ElementRule) -> tuple[str, str] | None:
    size = len(rule.components)
    values = segment[index][0]
    segment[index][0] = [*values, *[""] * (size - len(values)), "X"]
    return ("16", "16")


_FAULTS = {
    "too long": _too_long,
    "not a number": _not_a_number,
    "missing element": _missing,
    "missing component": _missing_component,
    "unknown code": _unknown_code,
    "bad date": _bad_date,
    "too many components": _too_many_components,
}
KINDS = tuple(_FAULTS)
