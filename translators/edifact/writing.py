"""Segments back to bytes: unchanged ones exactly as they came, new ones with everything released that must be."""

from collections.abc import Iterable

from translators.edifact.characters import outside
from translators.edifact.segments import Element, Segment, Syntax
from translators.edifact.separators import Separators


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
