"""One pass over BER: tag, length, value (X.690), from memory or from a file of any length.

Products of the field send both forms of length: definite, and indefinite with an end mark (first bytes `30 80`), the
latter also with the content cut into segments. Only small structures are held in memory; the one large octet string of
a message passes in pieces. Nothing here recurses, and depth, number and size of what is read are bounded.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from gateway.channels.as2.cms.failures import malformed
from gateway.channels.as2.cms.rules import Caps

INTEGER: Final = 0x02
OCTETS: Final = 0x04
OID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONSTRUCTED: Final = 0x20
END: Final = 0
"""What `tag` tells where no element follows."""

_INDEFINITE: Final = -1
_PIECE: Final = 1 << 16
_SMALL_SEGMENTS: Final = 10_000
_LEAST_MEAN_SEGMENT: Final = 16
_BOUNDLESS: Final = 1 << 63


class Walker:
    """Reads elements in order: `enter` and `leave` what holds others, take or skip what does not.

    Every method raises CryptographicFailure (malformed) when the bytes are not what was asked for.
    """

    def __init__(self, source: bytes | BinaryIO, caps: Caps) -> None:
        self._source = None if isinstance(source, bytes) else source
        self._held = source if isinstance(source, bytes) else b""
        self._at = 0
        self._before = 0  # bytes of the source that lie before `_held`
        self._caps = caps
        self._elements = 0
        # The ends of what was entered, as places in the source, _INDEFINITE where an end mark tells.
        self._ends: list[int] = []
        self._limits: list[int] = [_BOUNDLESS]  # the nearest end that is known, for each of them

    def tag(self) -> int:
        """The tag of the next element, with its class and form; END when this structure holds no more."""
        end = self._ends[-1] if self._ends else _BOUNDLESS
        if self._before + self._at == end:
            return END
        if self._at < len(self._held) or self._reach(1):
            return self._held[self._at]
        if self._ends:
            raise malformed("the bytes end inside a structure")
        return END

    def enter(self, tag: int, what: str) -> None:
        """Go into a constructed element of this tag; `what` names it for people."""
        if self.tag() != tag:
            raise malformed(f"{what} is missing")
        if len(self._ends) >= self._caps.depth:
            raise malformed(f"structures lie more than {self._caps.depth} deep")
        _, length, size = self._header(0)
        self._at += size
        limit = self._limits[-1]
        self._ends.append(_INDEFINITE if length < 0 else self._before + self._at + length)
        self._limits.append(limit if length < 0 else self._ends[-1])

    def leave(self, what: str) -> None:
        """Come out again; nothing may be left inside."""
        if self.tag() != END:
            raise malformed(f"{what} holds more than it may")
        self._limits.pop()
        end = self._ends.pop()
        here = self._before + self._at
        if end == _INDEFINITE:
            if not self._reach(2) or self._held[self._at + 1] != 0 or here + 2 > self._limits[-1]:
                raise malformed(f"{what} has no end mark")
            self._at += 2
        elif end != here:
            raise malformed(f"{what} holds an end mark before its end")

    def finish(self) -> None:
        """Nothing may follow."""
        if self._ends or self._reach(1):
            raise malformed("bytes follow the end of the structure")

    def value(self, tag: int, what: str) -> bytes:
        """The content of a small element with this tag, definite and in one piece."""
        if self.tag() != tag:
            raise malformed(f"{what} is missing")
        _, length, size = self._header(0)
        if length < 0:
            raise malformed(f"{what} has no definite length")
        return self._take(size + length)[size:]

    def element(self) -> bytes:
        """A small element whole, with tag and length, as it stands."""
        tag, length, size = self._header(0)
        if tag == END:
            raise malformed("an element is missing")
        return self._take(size + length if length >= 0 else self._indefinite_length(size))

    def octets(self, tag: int, what: str) -> bytes:
        """A small octet string, in one piece or many. `tag` is that of the primitive form."""
        pieces, length = [], 0
        for piece in self.pieces(tag, what):
            length += len(piece)
            if length > self._caps.structure:
                raise malformed(f"{what} is longer than {self._caps.structure} bytes")
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def pieces(self, tag: int, what: str) -> Iterator[bytes]:
        """An octet string of any length, a piece of at most 64 KiB at a time. `tag` is that of the primitive form."""
        found = self.tag()
        if found == tag:
            _, length, size = self._header(0)
            self._at += size
            yield from self._stretch(length)
        elif found == tag | CONSTRUCTED:
            yield from _in_large_pieces(self._segments(found, what))
        else:
            raise malformed(f"{what} is missing")

    def _segments(self, tag: int, what: str) -> Iterator[bytes]:
        outside = len(self._ends)
        self.enter(tag, what)
        count = length = 0
        while len(self._ends) > outside:
            match self.tag():
                case 0:
                    self.leave(what)
                case 0x04:
                    _, segment, size = self._header(0)
                    self._at += size
                    yield from self._stretch(segment)
                    length += segment
                    self._elements -= 1  # a long content has many segments: they have a bound of their own
                case 0x24:
                    self.enter(0x24, what)
                case _:
                    raise malformed(f"{what} holds something that is no octet string")
            count += 1
            if count > _SMALL_SEGMENTS + length // _LEAST_MEAN_SEGMENT:
                raise malformed(f"{what} lies in too many segments")

    def _stretch(self, length: int) -> Iterator[bytes]:
        while length:
            if self._at == len(self._held) and not self._reach(1):
                raise malformed("the bytes end inside a structure")
            piece = self._held[self._at : self._at + min(length, _PIECE)]
            self._at += len(piece)
            length -= len(piece)
            yield piece

    def _take(self, length: int) -> bytes:
        if length > self._caps.structure:
            raise malformed(f"a structure is longer than {self._caps.structure} bytes")
        if not self._reach(length):
            raise malformed("the bytes end inside a structure")
        self._at += length
        return self._held[self._at - length : self._at]

    def _header(self, ahead: int) -> tuple[int, int, int]:
        """Tag, length of the content (negative where indefinite) and of the header, `ahead` bytes from here."""
        self._elements += 1
        if self._elements > self._caps.elements:
            raise malformed(f"there are more than {self._caps.elements} elements")
        at = self._at + ahead
        if len(self._held) < at + 2:
            if not self._reach(ahead + 2):
                raise malformed("the bytes end inside a structure")
            at = self._at + ahead
        tag, length, size = self._held[at], self._held[at + 1], 2
        if tag & 0x1F == 0x1F:
            raise malformed("a tag has a number above 30")
        if length == 0x80:
            if not tag & CONSTRUCTED:
                raise malformed("a primitive element has no definite length")
            return tag, _INDEFINITE, 2
        if length > 0x80:
            size += length & 0x7F
            if size > 10 or not self._reach(ahead + size):
                raise malformed("a length is not readable")
            at = self._at + ahead
            length = int.from_bytes(self._held[at + 2 : at + size])
        if self._before + at + size + length > self._limits[-1]:
            raise malformed("an element is longer than what holds it")
        return tag, length, size

    def _indefinite_length(self, ahead: int) -> int:
        """How many bytes an element takes up to its end mark, when `ahead` bytes of it are known."""
        depth = 1
        while depth:
            tag, length, size = self._header(ahead)
            ahead += size
            if ahead > self._caps.structure:
                raise malformed(f"a structure is longer than {self._caps.structure} bytes")
            if tag == END:
                if length:
                    raise malformed("an end mark has a length")
                depth -= 1
            elif length < 0:
                depth += 1
                if len(self._ends) + depth > self._caps.depth:
                    raise malformed(f"structures lie more than {self._caps.depth} deep")
            else:
                ahead += length
        return ahead

    def _reach(self, length: int) -> bool:
        """Whether `length` more bytes are there; afterwards they are held."""
        missing = length - (len(self._held) - self._at)
        if missing <= 0:
            return True
        if self._source is None:
            return False
        parts = [self._held[self._at :]]
        while missing > 0 and (read := self._source.read(_PIECE)):
            parts.append(read)
            missing -= len(read)
        self._before += self._at
        self._held, self._at = b"".join(parts), 0
        return missing <= 0


def _in_large_pieces(segments: Iterator[bytes]) -> Iterator[bytes]:
    """Segments of a few bytes put together, so that what follows is not called for each of them."""
    waiting: list[bytes] = []
    length = 0
    for segment in segments:
        waiting.append(segment)
        length += len(segment)
        if length >= _PIECE:
            yield b"".join(waiting)
            waiting, length = [], 0
    if waiting:
        yield b"".join(waiting)
