"""Segments back to bytes: unchanged ones exactly as they came, new ones with everything released that must be.

A whole interchange is written with its service segments, so that its counts and references are right.
"""

import re
from collections.abc import Iterable

from translators.edifact.characters import encoding_of, outside
from translators.edifact.outgoing import (
    CannotWrite,
    Elements,
    OutgoingGroup,
    OutgoingInterchange,
    OutgoingMessage,
    Written,
    syntax_of,
)
from translators.edifact.segments import Element, Segment, Syntax
from translators.edifact.separators import DEFAULT, Separators, una_of


def write(segments: Iterable[Segment], tail: bytes = b"") -> bytes:
    """The input the segments were read from; `tail` is the tokenizer's."""
    parts = []
    for segment in segments:
        parts.append(segment.before)
        parts.append(segment.raw)
        if segment.raw[:3] != b"UNA":
            parts.append(segment.syntax.separators.terminator.encode("latin-1"))
    return b"".join(parts) + tail


def compose(elements: list[Element], syntax: Syntax) -> bytes:
    """The bytes of a new segment, without terminator. Raises ValueError for a character the partner cannot read.

    Empty elements and components are written where they stand, so that what was split composes to the same bytes.
    """
    seps = syntax.separators
    repetition = seps.repetition
    written = []
    for element in elements:
        if len(element) > 1 and repetition is None:
            raise ValueError(f"syntax version {syntax.version} has no repetition inside an element")
        repeated = [seps.component.join([released(value, seps) for value in components]) for components in element]
        written.append((repetition or "").join(repeated))
    text = seps.element.join(written)
    try:
        raw = text.encode(syntax.encoding)
    except UnicodeEncodeError as error:
        raise ValueError(f"`{text[error.start]}` is not in {syntax.repertoire or syntax.encoding}") from None
    at = outside(syntax.repertoire, raw) if syntax.repertoire else None
    if at is not None:
        raise ValueError(f"`{raw[at : at + 1].decode('latin-1')}` is not in {syntax.repertoire}")
    return raw


def released(value: str, seps: Separators) -> str:
    """`value` with the release character before everything that would else be structure.

    Raises ValueError when it holds structure and there is no release character.
    """
    special = seps.special
    if not any(character in value for character in special):
        return value
    if seps.release is None:
        raise ValueError(f"`{value[:40]}` holds a separator, and this interchange has no release character")
    return "".join(seps.release + character if character in special else character for character in value)


def trimmed(elements: Elements) -> Elements:
    """The segment without what is empty at its end and at the ends of its composites, as a new one is written."""
    kept: Elements = [[_trimmed_components(components) for components in element] for element in elements]
    kept = [_trimmed_repetitions(element) for element in kept]
    while len(kept) > 1 and kept[-1] == [[""]]:
        kept.pop()
    return kept


def write_interchange(outgoing: OutgoingInterchange) -> Written:
    """The interchange with UNB, UNH, UNT, UNZ (and UNG, UNE) made for it. Raises CannotWrite with a sentence."""
    return _Writing(outgoing).written()


def _trimmed_components(components: list[str]) -> list[str]:
    size = len(components)
    while size > 1 and not components[size - 1]:
        size -= 1
    return components[:size]


def _trimmed_repetitions(element: Element) -> Element:
    size = len(element)
    while size > 1 and element[size - 1] == [""]:
        size -= 1
    return element[:size]


_TAG = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
_LONGEST_REFERENCE = 14
_LAYOUTS = ("", "\n", "\r\n", "\r")


class _Writing:
    """One interchange on its way to bytes; knows where it is, to say so when it cannot go on."""

    def __init__(self, outgoing: OutgoingInterchange) -> None:
        self.outgoing = outgoing
        encoding = encoding_of(outgoing.repertoire, outgoing.encoding)
        if encoding is None or outgoing.version not in ("1", "2", "3", "4"):
            named = f"{outgoing.repertoire}:{outgoing.version}" + (
                f"::{outgoing.encoding}" if outgoing.encoding else ""
            )
            raise CannotWrite(f"syntax {named} is not supported")
        if outgoing.layout not in _LAYOUTS:
            raise CannotWrite("between segments stands nothing or a line break")
        self.syntax = syntax_of(outgoing, encoding)
        self.parts: list[bytes] = []
        self.replaced: set[str] = set()
        self.place = "the interchange"

    def written(self) -> Written:
        outgoing = self.outgoing
        separators = self.syntax.separators
        defaults = DEFAULT.special if separators.repetition is None else ":+'*?"
        is_default = separators.special == defaults and separators.decimal == DEFAULT.decimal
        if outgoing.una is False and not is_default:
            raise CannotWrite("separators of one's own need a UNA")
        if outgoing.una or not is_default:
            self.parts.append(una_of(separators) + outgoing.layout.encode("latin-1"))
        self._segment(self._unb())
        groups = [each for each in outgoing.contents if isinstance(each, OutgoingGroup)]
        messages = [each for each in outgoing.contents if isinstance(each, OutgoingMessage)]
        if groups and messages:
            raise CannotWrite("groups and messages cannot stand side by side")
        if not groups and not messages:
            raise CannotWrite("an interchange holds at least one message")
        self._refuse_repeated("group", [group.reference for group in groups])
        for group in groups:
            self._group(group)
        self._messages(messages)
        self.place = "the interchange"
        self._segment(_simple("UNZ", str(len(groups or messages)), outgoing.reference))
        return Written(content=b"".join(self.parts), transliterated=tuple(sorted(self.replaced)))

    def _unb(self) -> Elements:
        outgoing = self.outgoing
        self._refuse_reference(outgoing.reference)
        for name, party in (("sender", outgoing.sender), ("recipient", outgoing.recipient)):
            if not party.id:
                raise CannotWrite(f"the interchange has no {name}")
        identifier = [outgoing.repertoire, outgoing.version]
        if outgoing.encoding:
            identifier += ["", outgoing.encoding]
        return [
            [["UNB"]],
            [identifier],
            outgoing.sender.element,
            outgoing.recipient.element,
            [self._prepared()],
            [[outgoing.reference]],
            [[""]],
            [[outgoing.application_reference]],
            [[outgoing.priority]],
            [["1" if outgoing.wants_acknowledgement else ""]],
            [[outgoing.agreement]],
            [[outgoing.test]],
        ]

    def _prepared(self) -> list[str]:
        """Date and time: the year has two digits before syntax version 4."""
        return [self.outgoing.prepared.strftime("%Y%m%d" if self.syntax.version >= "4" else "%y%m%d"),
                self.outgoing.prepared.strftime("%H%M")]  # fmt: skip

    def _group(self, group: OutgoingGroup) -> None:
        self.place = f"group {group.reference}"
        self._refuse_reference(group.reference)
        kinds = {(each.type, each.agency, each.version, each.release, each.association) for each in group.messages}
        if len(kinds) != 1:
            what = "holds no message" if not kinds else "holds messages of more than one type or version"
            raise CannotWrite(f"{self.place} {what}")
        ((kind, agency, version, release, association),) = kinds
        self._segment([
            [["UNG"]], [[kind]], group.sender.element, group.recipient.element, [self._prepared()],
            [[group.reference]], [[agency]], [[version, release, association]],
        ])  # fmt: skip
        self._messages(group.messages)
        self.place = f"group {group.reference}"
        self._segment(_simple("UNE", str(len(group.messages)), group.reference))

    def _messages(self, messages: Iterable[OutgoingMessage]) -> None:
        messages = list(messages)
        self._refuse_repeated("message", [message.reference for message in messages])
        for message in messages:
            self._message(message)

    def _message(self, message: OutgoingMessage) -> None:
        named = f"message {message.reference}"
        self.place = named
        self._refuse_reference(message.reference)
        identifier = [message.type, message.version, message.release, message.agency, message.association]
        self._segment([[["UNH"]], [[message.reference]], [identifier], [[message.access_reference]]])
        for position, elements in enumerate(message.segments, 2):
            tag = elements[0][0][0] if elements and elements[0] and elements[0][0] else ""
            self.place = f"{named}, segment {position} ({tag[:6]})"
            if not _TAG.match(tag) or tag in ("UNH", "UNT", "UNB", "UNZ", "UNG", "UNE", "UNA"):
                raise CannotWrite(f"{self.place}: no message holds a segment with this tag")
            self._segment(elements)
        self.place = named
        self._segment(_simple("UNT", str(len(message.segments) + 2), message.reference))

    def _refuse_reference(self, reference: str) -> None:
        if not 1 <= len(reference) <= _LONGEST_REFERENCE:
            raise CannotWrite(f"{self.place}: a control reference has 1 to 14 characters, not {len(reference)}")

    def _refuse_repeated(self, what: str, references: list[str]) -> None:
        if len(set(references)) != len(references):
            twice = next(each for each in references if references.count(each) > 1)
            raise CannotWrite(f"two {what}s have the reference `{twice}`")

    def _segment(self, elements: Elements) -> None:
        table = self.outgoing.transliteration
        if table:
            elements = [[[self._spelled(value) for value in values] for values in each] for each in elements]
        try:
            raw = compose(trimmed(elements), self.syntax)
        except ValueError as error:
            raise CannotWrite(f"{self.place}: {error}") from None
        self.parts.append(raw + (self.syntax.separators.terminator + self.outgoing.layout).encode("latin-1"))

    def _spelled(self, value: str) -> str:
        """`value` with what its repertoire does not have spelled as the agreement's table says."""
        table = self.outgoing.transliteration
        if not any(character in table for character in value):
            return value
        spelled = []
        for character in value:
            if character in table and not self._has(character):
                self.replaced.add(character)
                spelled.append(table[character])
            else:
                spelled.append(character)
        return "".join(spelled)

    def _has(self, character: str) -> bool:
        try:
            return outside(self.syntax.repertoire, character.encode(self.syntax.encoding)) is None
        except UnicodeEncodeError:
            return False


def _simple(tag: str, *values: str) -> Elements:
    return [[[tag]], *([[value]] for value in values)]
