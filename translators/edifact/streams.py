"""An input that comes in chunks, as segments: one by one, or in runs for those who look at whole messages."""

from collections.abc import Iterable, Iterator

from translators.edifact.segments import Segment
from translators.edifact.tokens import WINDOW, Tokenizer


def runs(chunks: Iterable[bytes], tokenizer: Tokenizer) -> Iterator[Segment | list[Segment]]:
    """As `tokenize`; segments that are no service segments come in lists, as many as stand one after the other."""
    for segments in _slices(chunks, tokenizer):
        service = [at for at, segment in enumerate(segments) if b"UN" < segment.raw < b"UO"]
        done = 0
        for at in service:
            if at > done:
                yield segments[done:at]
            yield segments[at]
            done = at + 1
        if done < len(segments):
            yield segments[done:] if done else segments


def tokenize(chunks: Iterable[bytes], tokenizer: Tokenizer) -> Iterator[Segment]:
    """All segments of an input that comes in chunks; findings gather in `tokenizer`."""
    for segments in _slices(chunks, tokenizer):
        segments.reverse()
        while segments:  # so that each can go when its reader is done with it
            yield segments.pop()


def _slices(chunks: Iterable[bytes], tokenizer: Tokenizer) -> Iterator[list[Segment]]:
    for chunk in chunks:
        for start in range(0, len(chunk), WINDOW):  # so that a caller who stops early has not paid for the rest
            yield tokenizer.feed(chunk[start : start + WINDOW])
        if tokenizer.dead:
            break
    yield tokenizer.finish()
