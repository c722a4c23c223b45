"""Bytes to segments, streaming: feed slices of any size, get the same segments.

Memory is bounded by the longest segment allowed; time is linear, because every byte is looked at by `find` and never
one by one in Python. Nothing is repaired: what is odd is kept, told, and written back as it was.
"""

from itertools import takewhile

from msgspec import Struct, structs

from translators.edifact.characters import encoding_of
from translators.edifact.inputnotes import InputNotes
from translators.edifact.releases import joined
from translators.edifact.segments import Segment, Syntax
from translators.edifact.separators import DEFAULT, Separators, from_una

_BLANKS = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_PADDING = _BLANKS + b"\x00\x1a"
"""What may follow an interchange without a word: blanks, and what mainframes and floppy disks padded files with."""
WINDOW = 64 * 1024
"""How much is looked at once, however large the chunks are."""


class Agreement(Struct, frozen=True, kw_only=True):
    """What a partner and we agreed on beyond the standard, and how much we take.

    `repetition_off`: the partner sends a literal `*` although its UNA names it as repetition separator.
    """

    repetition_off: bool = False
    max_segment_bytes: int = 64 * 1024
    max_findings: int = 500


class Tokenizer(InputNotes):
    """One input, which may hold several interchanges. `findings` grows as segments are read."""

    def __init__(self, agreement: Agreement = Agreement()) -> None:  # noqa: B008 - frozen
        super().__init__(agreement.max_findings)
        self.tail = b""
        """What stood after the last segment: line breaks, padding, a segment that never ended."""
        self._agreement = agreement
        self._buffer = bytearray()
        self._scan = 0
        self._outside = True
        self._before = bytearray()
        self._syntax = Syntax(DEFAULT)
        self._una: Separators | None = None
        self._any = False
        self._header_read = False
        self._last_end = 0

    def feed(self, chunk: bytes) -> list[Segment]:
        """The segments that are complete now."""
        segments: list[Segment] = []
        for start in range(0, len(chunk), WINDOW):
            if self.dead:
                break
            self._buffer += chunk[start : start + WINDOW]
            self._advance(segments, last=False)
        return segments

    def finish(self) -> list[Segment]:
        """What is left at the end of the input."""
        segments: list[Segment] = []
        self._advance(segments, last=True)
        rest = bytes(self._buffer)
        self.tail = b"" if self.dead else bytes(self._before) + rest
        if not self._outside and not self.dead and rest.strip(_BLANKS):
            text = f"the input ends inside a segment; the last complete one ends at byte {self._last_end}"
            self._tell("edifact.truncated", text, self._base, "13")
        elif not self._any and not self.dead:
            self._tell("edifact.empty", "there is no interchange", 0, "32")
        self._buffer, self._before = bytearray(), bytearray()
        return segments

    @property
    def syntax(self) -> Syntax:
        """How the interchange that is being read is written."""
        return self._syntax

    @property
    def longest(self) -> int:
        """Bytes of a segment at most."""
        return self._agreement.max_segment_bytes

    def hand_over(self) -> bytes | None:
        """What was fed and is not read, for who reads on by himself and tells by `skip` how far he came; None where he
        must not: outside of an interchange, before its header, or with something odd before the next segment."""
        if self.dead or self._outside or not self._header_read or self._before:
            return None
        unread = bytes(self._buffer)
        self._buffer.clear()
        self._scan = 0
        return unread

    def skip(self, size: int) -> None:
        """`size` bytes of whole segments, the terminator of the last included, were read by somebody else."""
        self._base += size
        self._last_end = self._base

    def _advance(self, segments: list[Segment], *, last: bool) -> None:
        while not self.dead:
            if not (self._open(segments, last=last) if self._outside else self._inside(segments)):
                break

    def _open(self, segments: list[Segment], *, last: bool) -> bool:
        """Between interchanges: skip to UNA or UNB. False when more bytes are needed."""
        buffer = self._buffer
        self._skip_blanks()
        if len(buffer) < 4 and not (last and buffer):
            return False
        start = bytes(buffer[:3])
        if start == b"UNA":
            return self._read_una(segments, last=last)
        if start in (b"UNB", b"UNH", b"UNG") and len(buffer) >= 4 and (start == b"UNB" or not self._any):
            self._open_with(self._una or DEFAULT)
            return True
        if self._any and self._una is None:
            return self._skip_foreign(last=last)
        if self._una is not None:
            self._stop("edifact.unb.missing", "no UNB follows after the UNA", "13")
        elif start == b"UIB":
            self._stop("edifact.interactive", "interactive interchanges (UIB) are not taken", "2")
        else:
            self._stop("edifact.not", "this is not EDIFACT: an interchange starts with UNA or UNB", "13")
        return False

    def _open_with(self, separators: Separators) -> None:
        self._syntax = Syntax(structs.replace(separators, repetition=None))
        self._outside = False
        self._foreign_told = False
        self._scan = 0

    def _read_una(self, segments: list[Segment], *, last: bool) -> bool:
        if len(self._buffer) < 9:
            if last:
                self._stop("edifact.una", "the input ends inside the UNA", "13")
            return False
        una = bytes(self._buffer[:9])
        try:
            self._una = from_una(una)
        except ValueError as error:
            return self._stop("edifact.una", str(error), "20")
        segments.append(Segment(una, self._base, Syntax(self._una), self._take_before()))
        self._drop(9)
        return True

    def _skip_blanks(self) -> None:
        blanks = _PADDING if self._any else _BLANKS
        while self._buffer:
            if self._buffer.startswith(_BOM):
                self._tell_once("edifact.bom", "a byte order mark was skipped", "21")
                self._keep(3)
                continue
            size = len(self._buffer) - len(self._buffer.lstrip(blanks))
            if not size:
                break
            if not self._any and self._una is None:
                self._tell_once("edifact.blanks", "blanks before the interchange were skipped", None)
            self._keep(size)

    def _skip_foreign(self, *, last: bool) -> bool:
        """Text after UNZ: told, kept for the writer, and skipped up to the next UNA or UNB."""
        buffer = self._buffer
        if not self._foreign_told:
            self._tell(
                "edifact.after_unz", "text after the end of the interchange was skipped", self._base, "33", "warning"
            )
            self._foreign_told = True
        found = [at for at in (buffer.find(b"UNA"), buffer.find(b"UNB")) if at >= 0]
        if found:
            self._keep(min(found))
            self._foreign_told = False
            return True
        self._keep(len(buffer) if last else max(0, len(buffer) - 2))
        return False

    def _inside(self, segments: list[Segment]) -> bool:
        """Read segments up to the end of the buffer or of the interchange. False when more bytes are needed."""
        last = self._last_terminator()
        if last < 0:
            return self._wait_for_terminator()
        raws = self._whole(last)
        longest = self._agreement.max_segment_bytes
        if raws and max(map(len, raws)) > longest:
            raws = list(takewhile(lambda raw: len(raw) <= longest, raws))
            if not raws:
                return self._stop_long()
            last = 0  # what follows is looked at again, and stops there
        position = self._take_segments(raws, segments)
        self._last_end = self._base + position
        self._drop(position)
        self._scan = max(0, last + 1 - position) if not self._outside else 0
        return True

    def _last_terminator(self) -> int:
        """Where the last new terminator of the buffer stands, or that of a UNZ before it; -1 when there is none."""
        terminator = self._syntax.terminator
        unz = self._buffer.find(b"UNZ", self._scan)
        last = self._buffer.find(terminator, unz) if unz >= 0 else -1
        return last if last >= 0 else self._buffer.rfind(terminator, self._scan)

    def _whole(self, last: int) -> list[bytes]:
        """The segments that end at or before `last`, cut in one go and mended only where a terminator is released."""
        syntax, scanned = self._syntax, self._scan
        data = bytes(self._buffer[:last])
        raws = data[scanned:].split(syntax.terminator)
        if scanned:  # terminators before are known to be released
            raws[0] = data[:scanned] + raws[0]
        release = syntax.release
        if release and (release + syntax.terminator in data or data.endswith(release)):
            return joined(raws, syntax.terminator, release)
        return raws

    def _take_segments(self, raws: list[bytes], segments: list[Segment]) -> int:
        """Hand out segments until one changes how we read on; how many bytes of the buffer are done with."""
        syntax, base, end = self._syntax, self._base, 0
        pending = bool(self._before)
        for raw in raws:
            start, before = end, b""
            end += len(raw) + 1
            if raw < b"!":  # line breaks before the tag are layout; a segment of nothing but them is told and skipped
                stripped = raw.lstrip(_BLANKS)
                before, raw = raw[: len(raw) - len(stripped)], stripped
                if not raw:
                    self._before += before + syntax.terminator
                    self._tell("edifact.segment.empty", "an empty segment was skipped", base + start, None, "warning")
                    pending = True
                    continue
                start += len(before)
            if pending:
                before, pending = self._take_before() + before, False
            segment = Segment(raw, base + start, syntax, before)
            if b"UN" < raw < b"UO":
                if not self._service(segment):
                    self._before += segment.before  # a UNA without a UNZ before it: look at these bytes again
                    return start
                syntax = self._syntax
            segments.append(segment)
            if self._outside:
                break
        return end

    def _wait_for_terminator(self) -> bool:
        self._scan = len(self._buffer)
        return len(self._buffer) > self._agreement.max_segment_bytes and self._stop_long()

    def _stop_long(self) -> bool:
        text = f"a segment is longer than {self._agreement.max_segment_bytes} bytes"
        return self._stop("edifact.segment.long", text, "16")

    def _service(self, segment: Segment) -> bool:
        """Segments that change how we read on. False when `segment` is no segment but the UNA of a new interchange."""
        tag = segment.raw[:3]
        if tag == b"UNA" or (tag == b"UNB" and self._header_read):
            self._outside, self._header_read = True, False  # the UNZ is missing, which the envelope will tell
            return False
        if tag == b"UNB":
            self._any = self._header_read = True
            self._read_syntax(segment)
            self._una = None
        elif tag == b"UNH":
            self._any = self._header_read = True  # without UNB: the envelope tells
        elif tag == b"UNZ":
            self._outside, self._header_read = True, False
        return True

    def _read_syntax(self, segment: Segment) -> None:
        """Version and character set (UNB S001), which hold for all segments that follow."""
        repertoire, version = segment.get(1, 1), segment.get(1, 2)
        encoding = encoding_of(repertoire, segment.get(1, 4) if version >= "4" else "")
        if encoding is None:
            text = f"the character set {repertoire[:10] or 'of the UNB'} is not supported"
            self._tell("edifact.charset", text, segment.offset_of(1), "46" if version >= "4" else "18", component=1)
        if version not in ("1", "2", "3", "4"):
            text = f"syntax version `{version[:5]}` is not supported"
            self._tell("edifact.syntax_version", text, segment.offset_of(1, 2), "2", component=2)
        separators = self._syntax.separators
        repetition = None
        if version >= "4" and not self._agreement.repetition_off:
            repetition = self._una.repetition if self._una is not None else "*"
        separators = structs.replace(separators, repetition=repetition)
        self._syntax = Syntax(separators, version, repertoire, encoding or "")
        segment.syntax = self._syntax
        segment._elements = None  # it was split before its own rules were known

    def _keep(self, size: int) -> None:
        self._before += self._buffer[:size]
        self._drop(size)

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._base += size

    def _take_before(self) -> bytes:
        before = bytes(self._before)
        self._before.clear()
        return before
