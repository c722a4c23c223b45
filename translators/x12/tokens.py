"""Cuts an input into segments: finds each ISA, takes the separators from it, and goes on until its IEA.

Linear in the input, whatever it holds; a segment that is too long ends the reading.
"""

from collections.abc import Iterator

from msgspec import Struct

from translators.x12.faults import Faults
from translators.x12.segments import Segment
from translators.x12.separators import ISA_WIDTHS, Separators, repetition_of

_BOM = b"\xef\xbb\xbf"
_BLANKS = b"\r\n\t "
_NO_COMPONENT = "\x1f"
"""Taken as component separator where ISA16 names none: no value can hold it."""
_HEAD = 400
"""Bytes in which an ISA whose elements do not have their fixed length is looked for."""


class _Isa(Struct, frozen=True):
    separators: Separators
    end: int
    """Where its terminator stands."""


def segments_in(content: bytes, faults: Faults, max_segment_bytes: int) -> Iterator[Segment]:
    """The segments of every interchange. What stands between interchanges, and is no blank, is told once."""
    encoding = encoding_of(content)
    start = 0
    if content.startswith(_BOM):
        faults.tell("", "x12.bom", "a byte order mark was skipped", severity="information")
        start = len(_BOM)
    at = _skip_blanks(content, start)
    while at < len(content):
        if content[at : at + 3] != b"ISA":
            what = "after the end of the interchange (IEA)" if at > start else "before the interchange header (ISA)"
            faults.warn("x12.outside", f"{len(content) - at} bytes stand {what} and are not read")
            return
        isa = _isa(content, at, encoding, faults)
        if isa is None:
            return
        terminator = isa.separators.terminator.encode(encoding)
        tag = b""
        while at < len(content) and tag != b"IEA":
            end = content.find(terminator, at)
            if end < 0:
                end = len(content)
                is_last = content[at : at + 3] == b"IEA"
                text = f"the segment at byte {at} has no terminator"
                faults.tell("TA105:004", "x12.terminator", text, severity="warning" if is_last else "error")
            if end - at > max_segment_bytes:
                text = f"the segment at byte {at} is longer than {max_segment_bytes} bytes"
                faults.tell("TA105:022", "x12.segment.long", text)
                return
            segment = Segment(content[at:end], at, isa.separators, encoding)
            tag = segment.raw[:3]
            yield segment
            at = _skip_blanks(content, min(end + len(terminator), len(content)))
            if content[at : at + 3] == b"ISA" and content[at + 3 : at + 4] == isa.separators.element.encode("latin-1"):
                break  # the interchange before has no end; who reads it tells


def encoding_of(content: bytes) -> str:
    """X12 names no character set: UTF-8 where the bytes are that, else ISO 8859-1."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _skip_blanks(content: bytes, at: int) -> int:
    while at < len(content) and content[at] in _BLANKS:
        at += 1
    return at


def _isa(content: bytes, at: int, encoding: str, faults: Faults) -> _Isa | None:
    head = content[at : at + _HEAD]
    mark = head[3:4]
    parts = head.split(mark, 16) if mark else []
    is_cut = any(each < 32 for part in parts[:16] for each in part)
    if len(parts) < 17 or is_cut or mark.isalnum() or mark >= b"\x80" or mark in b"\r\n":
        text = "the interchange header ISA is not complete: 16 elements are expected behind it"
        faults.tell("TA105:024", "x12.isa", text)
        return None
    tail = parts[16].decode(encoding, "replace")
    has_component = not _ends_early(tail, mark.decode())
    if not has_component:
        faults.warn("x12.isa", "ISA16 is missing: there is no component separator")
        tail = _NO_COMPONENT + tail
    elif tail[:1] == " ":
        faults.warn("x12.isa", "ISA16 is blank: there is no component separator")
        tail = _NO_COMPONENT + tail[1:]
    if len(tail) < 2 or tail[0].isalnum() or tail[1].isalnum():
        text = "behind ISA15 the component separator and the segment terminator are expected"
        faults.tell("TA105:027", "x12.separators", text)
        return None
    version = parts[12].decode("latin-1")
    marks = Separators(mark.decode(), tail[0], repetition_of(parts[11].decode("latin-1"), version), tail[1])
    known = [each for each in (marks.element, marks.component, marks.repetition, marks.terminator) if each is not None]
    if len(set(known)) != len(known) or ord(marks.component) >= 128 or ord(marks.repetition or "*") >= 128:
        faults.tell("TA105:026", "x12.separators", "two separators are the same character, or one is not of ASCII")
        return None
    for number, (width, part) in enumerate(zip(ISA_WIDTHS[:15], parts[1:16], strict=True), 1):
        length = len(part.decode(encoding, "replace"))
        if length != width:
            faults.warn("x12.isa", f"ISA{number:02} has {length} characters; {width} should stand there")
    return _Isa(marks, at + sum(len(part) + 1 for part in parts[:16]) + has_component)


def _ends_early(tail: str, mark: str) -> bool:
    """Whether the terminator stands where ISA16 should: GS follows at once, or the segment of GS ends with it too."""
    if tail[1:].startswith(f"GS{mark}"):
        return True
    behind = tail[1:].lstrip("\r\n")
    return behind != tail[1:] and behind.startswith(f"GS{mark}") and behind.splitlines()[0].endswith(tail[0])
