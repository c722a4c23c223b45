"""Released characters out of the way, so that a text can be cut and matched as if there were none.

Each is hidden behind a character of private use (Unicode U+E000 and on) and shown again in the values that hold it. A
text that has such characters itself is cut the long way, piece by piece.
"""

import re
from functools import cache

from msgspec import Struct

from translators.edifact.separators import Separators

_FIRST_MARK = 0xE000
_MARKS = re.compile("[\ue000-\ue00f]")


class Releases(Struct, frozen=True):
    """`pairs`: (release character and what it releases, the mark that hides both, what is shown again).

    The release character released by itself comes first: what is left of it then releases something else.
    """

    release: str
    pairs: tuple[tuple[str, str, str], ...]

    def hidden(self, text: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
        """(text without release characters, what to show again); None where the text itself has such marks.

        A release character before an ordinary one is dropped, and so is one at the very end.
        """
        if not text.isascii() and _MARKS.search(text):
            return None
        shown = []
        for pair, mark, character in self.pairs:
            if pair in text:
                text = text.replace(pair, mark)
                shown.append((mark, character))
        return text.replace(self.release, ""), tuple(shown)


def revealed(value: str, shown: tuple[tuple[str, str], ...]) -> str:
    """A value of a hidden text as it was meant."""
    for mark, character in shown:
        if mark in value:
            value = value.replace(mark, character)
    return value


@cache
def releases(separators: Separators) -> Releases | None:
    """The released characters of a way of writing; None where nothing can be released."""
    release = separators.release
    if release is None:
        return None
    special = [release, *(each for each in separators.special if each != release)]
    marks = [chr(_FIRST_MARK + number) for number in range(len(special))]
    return Releases(release, tuple((release + each, mark, each) for each, mark in zip(special, marks, strict=True)))


def joined(pieces: list[bytes], terminator: bytes, release: bytes) -> list[bytes]:
    """`pieces` with those together again whose terminator is data: an odd number of releases stands before it.

    The last ones are left out when the terminator after them is data too: the segment has not ended.
    """
    whole: list[bytes] = []
    held: list[bytes] = []
    for piece in pieces:
        held.append(piece)
        if (len(piece) - len(piece.rstrip(release))) % 2 == 0:
            whole.append(terminator.join(held) if len(held) > 1 else piece)
            held.clear()
    return whole
