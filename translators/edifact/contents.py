"""Checks the elements of a segment against the directory: mandatory, number, repeats, characters, length, codes, dates.

Nearly every segment is right. So the rules of a segment are compiled to one regular expression over its text, and only
a segment that does not match it (or holds a release character) is looked at element by element to say what is wrong.
"""

import re
from functools import cache
from typing import Literal

from msgspec import Struct

from translators.edifact.characters import is_inside, outside
from translators.edifact.codedvalues import CodedValues
from translators.edifact.directory import Component, Directory, ElementRule
from translators.edifact.faults import Faults
from translators.edifact.flatvalues import FlatSegment, Values, flattened
from translators.edifact.releases import releases, revealed
from translators.edifact.segmentpatterns import segment_pattern
from translators.edifact.segments import Segment, Syntax
from translators.edifact.separators import Separators
from translators.edifact.structure import Placed
from translators.edifact.values import value_fault

_FIRST_V4 = "4"
_TAG_LENGTH = 3
_MOST_SEEN = 512

Seen = dict[bytes, tuple[str, Values]]
"""Segment -> (tag, values), of one input, one directory and one way of writing."""

CodePolicy = Literal["error", "warning", "off"]
"""What an unknown code is: wrong, remarkable, or nothing."""


class _Checked(Struct, frozen=True):
    """What is known of a segment: its rules, what a right one looks like, and its codes and dates."""

    rules: tuple[ElementRule, ...]
    flat: FlatSegment
    coded: CodedValues


class ContentsCheck:
    """The checks of one release for segments written in one syntax. Made once, used by any number of threads."""

    def __init__(self, directory: Directory, separators: Separators, version: str) -> None:
        self._directory = directory
        self._separators = separators
        self._releases = releases(separators)
        self._trailing = _trailing(separators) if version >= _FIRST_V4 else None
        self._segments: dict[str, _Checked | None] = {}
        self._flat: dict[str, FlatSegment] = {}

    def check_all(
        self, segments: list[Segment], raws: list[bytes], faults: Faults, codes: CodePolicy, seen: Seen
    ) -> list[Placed]:
        """Tell everything wrong inside the segments of a message, whose bytes these are; each with its values.

        `seen` are segments in which nothing was wrong, with their values: partners say many things again and again.
        """
        known = self._flat
        all_placed = []
        for position, (segment, raw) in enumerate(zip(segments, raws, strict=True), 1):
            found = seen.get(raw)
            if found is None:
                text = segment.syntax.text(raw)
                flat = known.get(text[:3])
                match = flat.match(text) if flat is not None else None
                values = match.groups("") if match is not None else self._hidden(flat, text)
                if flat is None or values is None or not self._is_quiet(flat, values, segment):
                    placed = Placed(segment, position)
                    self._check_slowly(placed, text, faults, codes)
                    all_placed.append(placed)
                    continue
                if len(seen) >= _MOST_SEEN:
                    seen.clear()
                found = seen[raw] = (flat.tag, values)
            all_placed.append(Placed(segment, position, *found))
        return all_placed

    def _is_quiet(self, flat: FlatSegment, values: Values, segment: Segment) -> bool:
        """Whether there is nothing to tell about a segment that has the right shape."""
        return flat.are_right(values) and (self._trailing is None or not self._trailing.search(segment.raw))

    def check(self, placed: Placed, faults: Faults, codes: CodePolicy = "error") -> None:
        """Tell everything wrong inside one segment; nothing of a segment the release does not have."""
        self._check_slowly(placed, placed.segment.syntax.text(placed.segment.raw), faults, codes)

    def _check_slowly(self, placed: Placed, text: str, faults: Faults, codes: CodePolicy) -> None:
        segment = placed.segment
        placed.tag = tag = segment.tag
        checked = self._segments[tag] if tag in self._segments else self._compile(tag)
        if checked is None:
            return
        match = checked.flat.match(text)
        values = match.groups("") if match is not None else self._hidden(checked.flat, text)
        if values is None:
            self._tell_all(placed, checked.rules, faults)
        if self._trailing is not None and self._trailing.search(segment.raw):
            _tell_trailing(placed, faults)
        if values is None or not checked.flat.are_right(values):
            checked.coded.check(placed, faults, codes)
        placed.values = values if values is not None else flattened(segment.elements, checked.rules)

    def _hidden(self, flat: FlatSegment | None, text: str) -> Values | None:
        """The values of a right segment in which characters are released."""
        if flat is None or self._releases is None or self._releases.release not in text:
            return None
        hidden = self._releases.hidden(text)
        match = flat.match(hidden[0]) if hidden is not None else None
        if hidden is None or match is None:
            return None
        return tuple([value if value.isascii() else revealed(value, hidden[1]) for value in match.groups("")])

    def _compile(self, tag: str) -> _Checked | None:
        rules = self._directory.segment(tag)
        checked = None
        if rules is not None:
            coded = CodedValues.of(rules, self._directory)
            flat = FlatSegment(tag, rules, segment_pattern(tag, rules, self._separators), coded)
            checked = _Checked(rules, flat, coded)
            if len(tag) == _TAG_LENGTH:
                self._flat[tag] = flat
        if len(self._segments) < 1_000:  # tags come from the sender: a table of any size must not grow
            self._segments[tag] = checked
        return checked

    def _tell_all(self, placed: Placed, rules: tuple[ElementRule, ...], faults: Faults) -> None:
        elements = placed.segment.elements
        given = len(elements) - 1
        for index, rule in enumerate(rules, 1):
            if index > given or _is_empty(elements[index]):
                if rule.mandatory:
                    _tell(faults, "missing", f"the mandatory {named(rule)} is missing", placed, index)
                continue
            _check_element(elements[index], rule, placed, index, faults)
        for index in range(len(rules) + 1, given + 1):
            if not _is_empty(elements[index]):
                tag = elements[0][0][0]
                _tell(faults, "constituents", f"{tag} has {len(rules)} elements, this is number {index}", placed, index)


@cache
def contents_check(directory: Directory, separators: Separators, version: str) -> ContentsCheck:
    """The checks for a release and a way of writing."""
    return ContentsCheck(directory, separators, version)


def check_characters(placed: Placed, faults: Faults) -> bool:
    """Whether the segment's bytes are of its character set; tell where they are not."""
    segment = placed.segment
    bad = segment.syntax.fault(segment.raw)
    if bad is not None:
        text = f"byte {segment.offset + bad} is not valid {segment.syntax.encoding.upper()}"
        faults.tell("character", "edifact.character", text, segment, position=placed.position or None)
        return False
    needless = segment.syntax.needless_release(segment.raw)
    if needless is not None:
        text = f"the release character at byte {segment.offset + needless} stands before an ordinary character"
        faults.warn("edifact.release", text, segment)
    at = outside(segment.syntax.repertoire, segment.raw.translate(_without_separators(segment.syntax.separators)))
    if at is not None:
        _tell_odd_byte(placed, at, faults)
    return True


@cache
def _without_separators(separators: Separators) -> bytes:
    """A table that makes blanks of separators: a UNA may name any character, also one that is not of the repertoire."""
    special = separators.special.encode("latin-1")
    return bytes(0x20 if byte in special else byte for byte in range(256))


def are_plain(joined: bytes, syntax: Syntax) -> bool:
    """Whether `check_characters` has nothing to tell of any of these segments, looked at in one go.

    False may also mean: look again, for a terminator that is itself no character of the repertoire.
    """
    if syntax.fault(joined) is not None or not is_inside(syntax.repertoire, joined):
        return False
    release = syntax.release
    if release and release in joined:
        for special in reversed(syntax.separators.special.encode("latin-1")):  # itself, the last of them, first
            joined = joined.replace(release + bytes((special,)), b"")
        return release not in joined
    return True


def _tell_odd_byte(placed: Placed, at: int, faults: Faults) -> None:
    """A byte beyond the declared repertoire is kept and told; a control character other than a line break refuses."""
    segment = placed.segment
    byte, offset = segment.raw[at], segment.offset + at
    if byte in b"\r\n\t":
        text, severity = f"a line break or tab stands inside the segment, at byte {offset}", "warning"
    elif byte < 0x20:
        text, severity = f"a control character stands inside the segment, at byte {offset}", "error"
    else:
        text, severity = f"byte {offset} is a character that {segment.syntax.repertoire} does not have", "warning"
    is_error = severity == "error"
    faults.tell(
        "character",
        "edifact.character",
        text,
        segment,
        position=placed.position,
        severity="error" if is_error else "warning",
    )


def _check_element(element: list[list[str]], rule: ElementRule, placed: Placed, index: int, faults: Faults) -> None:
    if len(element) > rule.repeats:
        text = f"the {named(rule)} occurs {len(element)} times; at most {rule.repeats} may"
        _tell(faults, "constituents", text, placed, index, 0, rule.repeats + 1)
    for repetition, components in enumerate(element, 1):
        if len(components) > len(rule.components) and any(components[len(rule.components) :]):
            what = f"has {len(rule.components)} components" if rule.is_composite else "is not a composite"
            text = f"the {named(rule)} {what}, this is number {len(components)}"
            _tell(faults, "constituents", text, placed, index, 0, repetition)
        if repetition > 1 and not any(components):
            continue  # an empty repetition holds the place of one that stays as it was
        for number, component in enumerate(rule.components, 1):
            value = components[number - 1] if number <= len(components) else ""
            if value:
                _check_value(value, component, placed, index, number if rule.is_composite else 0, repetition, faults)
            elif component.mandatory and rule.is_composite:
                text = f"the mandatory component {component.id} of {rule.id} is missing"
                _tell(faults, "missing", text, placed, index, number, repetition)


def _check_value(
    value: str, rule: Component, placed: Placed, index: int, number: int, repetition: int, faults: Faults
) -> None:
    found = value_fault(value, rule)
    if found is not None:
        kind, text = found
        _tell(faults, kind, f"{rule.id} {text}", placed, index, number, repetition)


def _trailing(separators: Separators) -> re.Pattern[bytes]:
    """A separator directly before a higher one or before the terminator, released ones left out."""
    element, component = re.escape(separators.element), re.escape(separators.component)
    repetition = re.escape(separators.repetition or separators.element)
    free = f"(?<!{re.escape(separators.release)})" if separators.release else ""
    lower = f"{component}(?=[{repetition}{element}]|$)|{repetition}(?=[{element}]|$)|{element}$"
    return re.compile(f"{free}(?:{lower})".encode("latin-1"))


def _tell_trailing(placed: Placed, faults: Faults) -> None:
    """A separator that separates nothing: legal, and in syntax version 4 a code of its own (ISO 9735-1, 8.7)."""
    text = "a separator stands before the end of the segment or of an element and separates nothing"
    segment, position = placed.segment, placed.position
    faults.tell("trailing", "edifact.trailing", text, segment, position=position, severity="information")


def _is_empty(element: list[list[str]]) -> bool:
    return not any(value for components in element for value in components)


def named(rule: ElementRule) -> str:
    """`composite C212` or `element 1082`."""
    return f"composite {rule.id}" if rule.is_composite else f"element {rule.id}"


_CODES = {"missing": "missing", "constituents": "constituents"}


def _tell(
    faults: Faults, kind: str, text: str, placed: Placed, index: int, number: int = 0, repetition: int = 1
) -> None:
    code = f"edifact.element.{_CODES.get(kind, 'value')}"
    faults.tell(kind, code, text, placed.segment, index, number, position=placed.position, repetition=repetition)
