"""Blocks of whole segments cut by a JSON reader: for a machine that reads JSON, separators are only other brackets.

`LIN+1++4000862141404:EN'` becomes `[["LIN"],["1"],[""],["4000862141404","EN"]]` by three replacements of bytes, what is
released becomes an escape of JSON. That takes about as long as Python's own `split` at the same separators
(tests/benchmarks/translate.py). It holds for blocks in which nothing is odd; whoever gets None for one reads it segment
by segment.
"""

from functools import cache
from typing import cast

import msgspec

from translators.edifact.segments import Syntax
from translators.edifact.separators import Separators

Row = list[list[str] | list[list[str]]]
"""A segment: its elements, the tag being number 0, each a list of components. An element that repeats (syntax 4) is a
list of its repetitions."""

_SINGLE_BYTES = ("ascii", "iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7",
                 "iso8859-8", "iso8859-9", "iso8859-15", "cp850")  # fmt: skip
_MEANS_SOMETHING = '"\\[],'
"""In JSON: none of these may be a separator."""
_decode = msgspec.json.Decoder(list[list[list[str]]]).decode


class PlainBlocks:
    """For segments of one syntax. `longest`: bytes of a segment at most."""

    def __init__(self, syntax: Syntax, longest: int) -> None:
        self._syntax = syntax
        self._longest = longest
        self._terminator = syntax.terminator
        self._escapes, self._brackets = _replacements(syntax.separators)
        repetition = syntax.separators.repetition
        self._repetition = repetition.encode("latin-1") if repetition else None
        self.is_possible = _can_be_brackets(syntax) and (syntax.encoding in _SINGLE_BYTES or syntax.encoding == "utf-8")

    def rows(self, block: bytes) -> tuple[list[Row], int] | None:
        """The whole segments at the start of `block` and how many bytes they are; None for those with anything odd."""
        end = self._end(block)
        if end <= 0:
            return None
        text = self._prepared(block[:end].lstrip(b"\r\n"))
        if text is None:
            return None
        for separator, brackets in self._brackets:
            text = text.replace(separator, brackets)
        try:
            return cast("list[Row]", _decode(b'[[["' + text + b'"]]]')), end + len(self._terminator)
        except (msgspec.DecodeError, UnicodeDecodeError):  # a control character, or bytes that are no UTF-8
            return None

    def _end(self, block: bytes) -> int:
        """Where the last terminator stands that is surely none that is released; -1 without one."""
        end = block.rfind(self._terminator)
        release = self._syntax.release
        while release and end > 0 and block[end - 1 : end] == release:
            end = block.rfind(self._terminator, 0, end)
        return end

    def _prepared(self, segments: bytes) -> bytes | None:
        """As the inside of JSON texts, separators still as they are; None where something is odd."""
        if not segments or len(segments) > self._longest or segments[0] <= 0x20 or _changes_state(segments):
            return None
        if not segments.isascii() and self._syntax.encoding != "utf-8":
            try:
                segments = segments.decode(self._syntax.encoding).encode()
            except UnicodeDecodeError:
                return None
        if b"\\" in segments:
            segments = segments.replace(b"\\", b"\\\\")
        if b'"' in segments:
            segments = segments.replace(b'"', b'\\"')
        released = self._released(segments) if self._syntax.release else segments
        if released is None or (self._repetition is not None and self._repetition in released):
            return None
        return self._without_line_breaks(released)

    def _released(self, segments: bytes) -> bytes | None:
        """Released characters as escapes of JSON, in which none of them shows; None where a release character stands
        before what needs none: it is dropped, which JSON has no way to say."""
        release = self._syntax.release
        if release not in segments:
            return segments
        itself = release + release
        if itself in segments:
            segments = segments.replace(itself, self._escapes[itself])
        at = segments.find(release)
        while at >= 0:
            pair = segments[at : at + 2]
            if pair not in self._escapes:
                return None
            segments = segments.replace(pair, self._escapes[pair])
            at = segments.find(release, at)
        return segments

    def _without_line_breaks(self, segments: bytes) -> bytes | None:
        """Without those after a terminator; None where a segment is empty or begins with other blanks."""
        terminator = self._terminator
        if b"\n" in segments:
            segments = segments.replace(terminator + b"\r\n", terminator).replace(terminator + b"\n", terminator)
        if segments.startswith(terminator) or segments.endswith(terminator) or terminator + terminator in segments:
            return None
        blanks = (b" ", *(each for each in (b"\t", b"\r", b"\n") if each in segments))
        if any(terminator + each in segments for each in blanks):
            return None
        return segments


def _changes_state(segments: bytes) -> bool:
    """Whether there is one of the segments after which one reads on otherwise, or a text that looks like one."""
    return b"UN" in segments and (b"UNB" in segments or b"UNZ" in segments or b"UNA" in segments)


@cache
def _replacements(separators: Separators) -> tuple[dict[bytes, bytes], tuple[tuple[bytes, bytes], ...]]:
    """(what is released -> its escape in JSON, separator -> brackets)"""
    release = separators.release
    special = separators.special if release is not None else ""
    escapes = {f"{release}{each}".encode("latin-1"): b"\\u%04x" % ord(each) for each in special}
    brackets = (
        (separators.terminator.encode("latin-1"), b'"]],[["'),
        (separators.element.encode("latin-1"), b'"],["'),
        (separators.component.encode("latin-1"), b'","'),
    )
    return escapes, brackets


def _can_be_brackets(syntax: Syntax) -> bool:
    special = syntax.separators.special
    return special.isascii() and not any(each in _MEANS_SOMETHING or each.isalnum() for each in special)
