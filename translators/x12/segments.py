"""A segment as it stood in the interchange, and its elements as the grammar sees them."""

from msgspec import Struct

from translators.edifact.segments import Element
from translators.x12.separators import Separators


class Fold(Struct, frozen=True):
    """Where an element of ours stands in the segment as sent: from place `at` on, `width` places each repetition.

    `is_folded`: its repetitions stand one behind the other, as elements of their own.
    A width of 0 is nothing that is sent.
    """

    at: int
    width: int
    repeats: int
    is_folded: bool


class Segment:
    """`raw` is without terminator; `offset` is its first byte in the whole input; `wire` are its elements as sent.

    `elements` are what maps walk on: as sent, but with pairs as repetitions of one composite once `fold` was called.
    Number 0 is the tag.
    """

    __slots__ = ("elements", "folds", "offset", "raw", "separators", "tag", "wire")

    def __init__(self, raw: bytes, offset: int, separators: Separators, encoding: str) -> None:
        self.raw = raw
        self.offset = offset
        self.separators = separators
        self.wire = _split(raw.decode(encoding, "replace"), separators)
        self.tag = self.wire[0][0][0]
        self.elements = self.wire
        self.folds: tuple[Fold, ...] = ()

    def get(self, element: int, component: int = 1) -> str:
        """The value at a place as sent (counting from 1), or the empty text."""
        if element >= len(self.wire):
            return ""
        components = self.wire[element][0]
        return components[component - 1] if component <= len(components) else ""

    def fold(self, folds: tuple[Fold, ...]) -> None:
        """See the elements as the grammar does."""
        self.folds = folds
        if any(each.is_folded for each in folds):
            self.elements = [self.wire[0], *(_folded(self.wire, each) for each in folds if each.at < len(self.wire))]
            last = folds[-1].at + folds[-1].width * (folds[-1].repeats if folds[-1].is_folded else 1)
            self.elements += self.wire[last:]

    def place_of(self, element: int, component: int = 1, repetition: int = 1) -> tuple[int, int, int]:
        """(element, component, repetition) as sent, of a place in `elements`; components of pairs are elements."""
        if 0 < element <= len(self.folds):
            fold = self.folds[element - 1]
            if fold.is_folded:
                return fold.at + fold.width * (repetition - 1) + max(component, 1) - 1, 0, 1
            return fold.at, component, repetition
        return element, component, repetition

    def offset_of(self, element: int, component: int = 0, repetition: int = 1) -> int:
        """The byte in the whole input where a value, by its place as sent, begins; the end when it is not there."""
        marks = self.separators
        parts = self.raw.split(marks.element.encode("latin-1"))
        at = sum(len(part) + 1 for part in parts[:element])
        if element >= len(parts):
            return self.offset + len(self.raw)
        part = parts[element]
        if marks.repetition is not None and repetition > 1:
            pieces = part.split(marks.repetition.encode("latin-1"))
            at += sum(len(piece) + 1 for piece in pieces[: repetition - 1])
            part = pieces[min(repetition, len(pieces)) - 1]
        pieces = part.split(marks.component.encode("latin-1"))
        return self.offset + at + sum(len(piece) + 1 for piece in pieces[: max(component, 1) - 1])


def _split(text: str, marks: Separators) -> list[Element]:
    component, repetition = marks.component, marks.repetition
    if text.startswith("ISA"):  # its last element is the component separator itself
        return [[[each]] for each in text.split(marks.element)]
    if repetition is not None and repetition in text:
        return [[each.split(component) for each in element.split(repetition)] for element in text.split(marks.element)]
    return [[element.split(component)] for element in text.split(marks.element)]


def _folded(wire: list[Element], fold: Fold) -> Element:
    if not fold.is_folded:
        return wire[fold.at]
    end = min(fold.at + fold.width * fold.repeats, len(wire))
    return [
        [wire[index][0][0] for index in range(start, min(start + fold.width, end))]
        for start in range(fold.at, end, fold.width)
    ]
