"""A segment as it stood in the interchange, split into elements only when somebody asks."""

import re
from functools import cache

from msgspec import Struct

from translators.edifact.characters import lenient
from translators.edifact.releases import releases, revealed
from translators.edifact.separators import Separators

Element = list[list[str]]
"""One or more repetitions, each of one or more components; a simple element is one repetition of one component."""


class Syntax:
    """How the segments of one interchange are written; shared by all of them."""

    __slots__ = ("element", "encoding", "release", "releases", "repertoire", "separators", "terminator", "version")

    def __init__(self, separators: Separators, version: str = "3", repertoire: str = "", encoding: str = "") -> None:
        self.separators = separators
        self.version = version
        self.repertoire = repertoire
        self.encoding = encoding or "iso8859-1"
        self.element = separators.element.encode("latin-1")
        self.terminator = separators.terminator.encode("latin-1")
        self.release = (separators.release or "").encode("latin-1")
        self.releases = releases(separators)

    def text(self, raw: bytes) -> str:
        """Decoded text. Bytes the character set does not have are shown as ISO 8859-1; `fault` tells of them."""
        if self.encoding == "ascii":
            return raw.decode("ascii") if raw.isascii() else lenient(raw)
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError:
            return raw.decode("iso8859-1")

    def elements_of(self, raw: bytes) -> list[Element]:
        """The elements of a segment; see `split`, which this is in a hurry where nothing is released or repeated."""
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError:
            text = self.text(raw)
        separators = self.separators
        if separators.repetition is not None:
            return split(text, separators)
        component = separators.component
        if separators.release is None or separators.release not in text:
            return [[each.split(component)] for each in text.split(separators.element)]
        hidden = self.releases.hidden(text) if self.releases is not None else None
        if hidden is None:
            return split(text, separators)
        plain, shown = hidden
        return [
            [each.split(component) if each.isascii() else [revealed(value, shown) for value in each.split(component)]]
            for each in plain.split(separators.element)
        ]

    def fault(self, raw: bytes) -> int | None:
        """Where `raw` has a byte that the character set does not have at all, or None."""
        if self.encoding in ("ascii", "iso8859-1") or raw.isascii():
            return None
        try:
            raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            return error.start
        return None

    def needless_release(self, raw: bytes) -> int | None:
        """Where a release character stands before a character that needs none, or None."""
        if not self.release or self.release not in raw:
            return None
        found = _needless(self.separators).match(raw)
        return found.start(1) if found else None


@cache
def _needless(separators: Separators) -> re.Pattern[bytes]:
    release = re.escape((separators.release or "").encode("latin-1"))
    special = re.escape(separators.special.encode("latin-1"))
    return re.compile(rb"(?:[^" + release + rb"]|" + release + rb"[" + special + rb"])*+(" + release + rb")")


@cache
def _marks(separators: Separators) -> re.Pattern[bytes]:
    """The separators in a segment; with a release character before them they are matched as two, and mean nothing."""
    marks = separators.element + separators.component + (separators.repetition or "")
    plain = b"[" + re.escape(marks.encode("latin-1")) + b"]"
    if separators.release is None:
        return re.compile(plain)
    return re.compile(re.escape(separators.release.encode("latin-1")) + b"[\\x00-\\xff]|" + plain, re.DOTALL)


class Segment(Struct, gc=False, eq=False):
    """`raw` is without terminator; `before` is what stood between the last terminator and the tag (line breaks).

    `offset` is the byte of the tag in the whole input.
    """

    raw: bytes
    offset: int
    syntax: Syntax
    before: bytes = b""
    _elements: list[Element] | None = None

    @property
    def tag(self) -> str:
        """The three letters; the empty text when there is no tag."""
        raw = self.raw
        if raw[3:4] == self.syntax.element and raw[:3].isalnum():
            return raw[:3].decode("latin-1")  # nearly always, and without splitting the rest
        return self.elements[0][0][0]

    @property
    def elements(self) -> list[Element]:
        """All elements, the tag being number 0."""
        found = self._elements
        if found is None:
            found = self._elements = self.syntax.elements_of(self.raw)
        return found

    def get(self, element: int, component: int = 1, repetition: int = 1) -> str:
        """The value at a position (all count from 1), or the empty text."""
        elements = self.elements
        if element >= len(elements) or repetition > len(elements[element]):
            return ""
        components = elements[element][repetition - 1]
        return components[component - 1] if component <= len(components) else ""

    def offset_of(
        self,
        element: int,
        component: int = 1,
        repetition: int = 1,
        starts: dict[tuple[int, int], int] | None = None,
    ) -> int:
        """The byte in the whole input where a value begins; the end of the segment when it is not there.

        `starts` are those of this segment, for who asks often.
        """
        start = (self.starts() if starts is None else starts).get((element, repetition))
        if start is None:
            return self.offset + len(self.raw)
        separators = self.syntax.separators
        higher = (separators.element, separators.repetition)
        for found in _marks(separators).finditer(self.raw, start):
            if component == 1 or found[0].decode("latin-1") in higher:
                break
            if found[0] == separators.component.encode("latin-1"):
                component -= 1
                start = found.end()
        return self.offset + (start if component == 1 else len(self.raw))

    def starts(self) -> dict[tuple[int, int], int]:
        """(element, repetition) -> where it begins in `raw`; the tag is element 0."""
        separators = self.syntax.separators
        element, repetition = 0, 1
        starts = {(0, 1): 0}
        for found in _marks(separators).finditer(self.raw):
            mark = found[0].decode("latin-1")
            if mark == separators.element:
                element, repetition = element + 1, 1
            elif mark == separators.repetition:
                repetition += 1
            else:
                continue
            starts[element, repetition] = found.end()
        return starts

    def constituents(self) -> int:
        """How many elements, repetitions and components it has at most: released separators are counted too."""
        separators = self.syntax.separators
        marks = (separators.element, separators.component, separators.repetition)
        return sum(self.raw.count(mark.encode("latin-1")) for mark in marks if mark is not None)

    def __repr__(self) -> str:
        return f"Segment({self.raw!r}, {self.offset})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segment):
            return NotImplemented
        return (self.raw, self.offset, self.before) == (other.raw, other.offset, other.before)

    __hash__ = None  # type: ignore[assignment]  # compared in tests, never a key


def split(text: str, seps: Separators) -> list[Element]:
    """The elements of a segment's text; everything empty is kept where it stands."""
    if seps.release is not None and seps.release in text:
        return _split_released(text, seps, seps.release)
    return _split_plain(text, seps)


def _split_plain(text: str, seps: Separators) -> list[Element]:
    component, repetition = seps.component, seps.repetition
    if repetition is not None and repetition in text:
        return [[each.split(component) for each in element.split(repetition)] for element in text.split(seps.element)]
    return [[element.split(component)] for element in text.split(seps.element)]


def _split_released(text: str, seps: Separators, release: str) -> list[Element]:
    known = releases(seps)
    hidden = known.hidden(text) if known is not None else None
    if hidden is None:
        return _split_piecewise(text, seps, release)
    plain, shown = hidden
    elements = _split_plain(plain, seps)
    for element in elements if shown else ():
        for components in element:
            for at, value in enumerate(components):
                if not value.isascii():
                    components[at] = revealed(value, shown)
    return elements


def _split_piecewise(text: str, seps: Separators, release: str) -> list[Element]:
    elements: list[Element] = []
    for element in _parts(text, seps.element, release):
        if release not in element and not (seps.repetition and seps.repetition in element):
            elements.append([element.split(seps.component)])
            continue
        repeated = _parts(element, seps.repetition, release) if seps.repetition else [element]
        elements.append([[_plain(v, release) for v in _parts(each, seps.component, release)] for each in repeated])
    return elements


def _parts(text: str, separator: str, release: str) -> list[str]:
    """`text` split at `separator`, except where an odd number of release characters stands before it."""
    pieces = text.split(separator)
    if len(pieces) == 1:
        return pieces
    parts: list[str] = []
    joined: list[str] = []
    for piece in pieces:
        joined.append(piece)
        if (len(piece) - len(piece.rstrip(release))) % 2 == 0:
            parts.append(separator.join(joined) if len(joined) > 1 else piece)
            joined = []
    if joined:
        parts.append(separator.join(joined))
    return parts


def _plain(value: str, release: str) -> str:
    """`value` without release characters; one that released nothing, at the very end, is dropped as well."""
    if release not in value:
        return value
    pieces = value.split(release)
    plain = [pieces[0]]
    index = 1
    while index < len(pieces):
        if pieces[index] == "" and index + 1 < len(pieces):  # the released character is the release character
            plain.append(release + pieces[index + 1])
            index += 1
        else:
            plain.append(pieces[index])
        index += 1
    return "".join(plain)
