"""Segments as plain lists, for who wants every value of a large input and no places: the fastest way through it.

    for row in rows([content]):
        if row[0] == ["QTY"]: ...       # [["QTY"], ["12", "5", "PCE"]]

Values are what `Segment.elements` has. Findings gather in the tokenizer, as they do for `tokenize`.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from translators.edifact.plainblocks import PlainBlocks, Row
from translators.edifact.segments import Segment
from translators.edifact.tokens import Tokenizer

__all__ = ["Row", "rows"]

BLOCK = 2048
"""Bytes cut at once. So few that their lists are gone again before the garbage collector looks at them: with 3 kB it
looks, and reading took a third longer."""


def rows(chunks: Iterable[bytes], tokenizer: Tokenizer | None = None) -> Iterator[Row]:
    """All segments of an input that comes in chunks of any size, the service string advice (UNA) left out.

    What is odd in an input is read segment by segment, with the same result and the same findings.
    """
    return chain.from_iterable(_blocks(chunks, _Reader(tokenizer if tokenizer is not None else Tokenizer())))


def _blocks(chunks: Iterable[bytes], reader: "_Reader") -> Iterator[list[Row]]:
    for chunk in chunks:
        for start in range(0, len(chunk), BLOCK):
            yield reader.read(chunk[start : start + BLOCK])
        if reader.tokenizer.dead:
            break
    yield reader.finish()


class _Reader:
    """Reads in blocks while nothing is odd; the tokenizer reads what is, and keeps the account of where we are."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._blocks: PlainBlocks | None = None
        self._unread = b""
        """Read by nobody, while blocks are read here."""

    def read(self, block: bytes) -> list[Row]:
        if self._blocks is None:
            return self._carefully(block)
        content = self._unread + block
        found = self._blocks.rows(content)
        if found is None:
            self._unread = b""
            return self._carefully(content)
        read, size = found
        self.tokenizer.skip(size)
        self._unread = content[size:]
        return read

    def finish(self) -> list[Row]:
        unread, self._unread = self._unread, b""
        return [*_rows_of(self.tokenizer.feed(unread)), *_rows_of(self.tokenizer.finish())]

    def _carefully(self, content: bytes) -> list[Row]:
        read = _rows_of(self.tokenizer.feed(content))
        self._blocks = None
        blocks = PlainBlocks(self.tokenizer.syntax, self.tokenizer.longest)
        unread = self.tokenizer.hand_over() if blocks.is_possible else None
        if unread is not None:
            self._blocks, self._unread = blocks, unread
        return read


def _rows_of(segments: list[Segment]) -> list[Row]:
    return [
        [repetitions[0] if len(repetitions) == 1 else repetitions for repetitions in segment.elements]
        for segment in segments
        if segment.raw[:3] != b"UNA"
    ]
