"""A long interchange divided into interchanges of whole messages, each short enough to be read by itself.

The envelope stands around each part again, with the count of what is in it; messages keep their bytes and references.
Envelopes, counts and references of the whole are checked on the way, so the parts say nothing that the whole did not.
"""

from collections.abc import Iterable

from msgspec import Struct

from translators.edifact.faults import Faults
from translators.edifact.headers import Header
from translators.edifact.interchange import InterchangeReader
from translators.edifact.segments import Segment
from translators.edifact.streams import runs
from translators.edifact.tokens import Agreement, Tokenizer
from translators.findings import Finding

_ENDS = (b"UNE", b"UNZ", b"UNB", b"UNA", b"UNG")


class DivideLimits(Struct, frozen=True, kw_only=True):
    """How large a part becomes where the next message ends, and how much is taken of the whole."""

    part_bytes: int = 512 * 1024
    part_messages: int = 500
    max_interchanges: int = 1_000
    max_messages: int = 1_000_000
    max_segments: int = 200_000
    """Of one message."""
    max_segment_bytes: int = 64 * 1024
    max_findings: int = 500


class Envelope(Struct):
    """Where UNB (with its UNA) or UNG stands; `closing` is the segment that ends it, without its terminator."""

    start: int
    end: int = 0
    closing: bytes = b""


class Part(Struct, kw_only=True):
    """Whole messages from `start` to `end` of the input, `messages` of them, in their `envelopes` from the outside in.

    `last`: nothing of its interchange follows.
    """

    envelopes: tuple[Envelope, ...]
    start: int
    element: bytes
    terminator: bytes
    end: int = 0
    messages: int = 0
    last: bool = False

    @property
    def trailer(self) -> bytes:
        """The UNE and UNZ of this part."""
        counted = zip(reversed(self.envelopes), (self.messages, 1), strict=False)
        return b"".join(
            self.element.join((one.closing[:3], b"%d" % count, self._reference(one))) + self.terminator
            for one, count in counted
            if one.closing
        )

    def _reference(self, envelope: Envelope) -> bytes:
        return b"".join(envelope.closing.split(self.element, 2)[2:])


class Division(Struct, frozen=True, kw_only=True):
    """`findings` are of the envelopes; with an error among them the parts are not to be used."""

    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]


def divide(chunks: Iterable[bytes], limits: DivideLimits = DivideLimits()) -> Division:  # noqa: B008 - frozen
    """Reads once and keeps nothing but places. Raises nothing, whatever the input."""
    faults = Faults(limits.max_findings)
    tokenizer = Tokenizer(Agreement(max_segment_bytes=limits.max_segment_bytes, max_findings=limits.max_findings))
    reader = InterchangeReader(faults, limits.max_messages, limits.max_segments)
    knife = _Knife(limits)
    for run in runs(chunks, tokenizer):
        if isinstance(run, list):
            reader.take_inner(run)
            knife.pass_inner(run[0].offset)
        else:
            reader.take(run)
            knife.take(run)
            if reader.interchanges > limits.max_interchanges:
                text = f"the input has more than {limits.max_interchanges} interchanges"
                faults.tell("constituents", "edifact.interchanges", text, run)
                break
        if reader.stopped:
            break
    else:
        if not tokenizer.dead:
            reader.finish()
    return Division(parts=tuple(knife.parts), findings=(*tokenizer.findings, *faults.findings))


def header_in(head: bytes) -> Header | None:
    """The UNB near the start of an input, as what it says; None where there is none."""
    segments = Tokenizer().feed(head)
    found = next((each for each in segments if each.raw[:3] == b"UNB"), None)
    return Header.of(found) if found is not None else None


class _Knife:
    """Follows the service segments and cuts between messages."""

    def __init__(self, limits: DivideLimits) -> None:
        self.parts: list[Part] = []
        self._limits = limits
        self._una: int | None = None
        self._interchange: Envelope | None = None
        self._group: Envelope | None = None
        self._part: Part | None = None
        self._opened: Envelope | None = None

    def pass_inner(self, offset: int) -> None:
        self._end_opening(offset)

    def take(self, segment: Segment) -> None:
        tag, offset = segment.raw[:3], segment.offset
        self._end_opening(offset)
        if tag in _ENDS:
            self._cut(offset)
        if tag == b"UNA":
            self._una = offset
        elif tag == b"UNB":
            self._interchange = self._opened = Envelope(offset if self._una is None else self._una)
            self._una = self._group = None
        elif tag == b"UNG":
            self._group = self._opened = Envelope(offset)
        elif tag == b"UNE":
            self._close(self._group, segment)
            self._group = None
        elif tag == b"UNZ":
            self._close(self._interchange, segment)
            self._interchange = None
            if self.parts:
                self.parts[-1].last = True
        elif tag == b"UNH":
            self._message(segment)

    def _message(self, unh: Segment) -> None:
        part = self._part
        if part is not None and (
            unh.offset - part.start >= self._limits.part_bytes or part.messages >= self._limits.part_messages
        ):
            self._cut(unh.offset)
        if self._part is None and self._interchange is not None:
            around = (self._interchange,) if self._group is None else (self._interchange, self._group)
            self._part = Part(
                envelopes=around, start=unh.offset, element=unh.syntax.element, terminator=unh.syntax.terminator
            )
        if self._part is not None:
            self._part.messages += 1

    def _end_opening(self, offset: int) -> None:
        """A UNB or UNG ends where the next segment stands, line ends and all."""
        if self._opened is not None:
            self._opened.end = offset
            self._opened = None

    def _close(self, envelope: Envelope | None, segment: Segment) -> None:
        if envelope is not None:
            envelope.closing = segment.raw

    def _cut(self, offset: int) -> None:
        if self._part is not None:
            self._part.end = offset
            self.parts.append(self._part)
            self._part = None
