"""How our tables are written, so that an analyst can read and mend them.

A segment is one line, its elements in order:

    PO1 baseline item data: 350 330 355 212 639 (235 234)10 ; C0302 C0504

`!` marks what is mandatory. `(235 234)10` are up to ten pairs one behind the other, `C998^10` are ten repetitions in
one place, `+350` is nothing that is sent: it is worked out for the maps. Behind `;` stand the conditions
between elements: P both or none, R at least one, E at most one, C the others if the first, L one other if the first.

A structure is one line as well, or several until an empty one:

    ST! BEG! REF:> (N1! N3:2 N4):200 SE!

`:2` is how often at most, `:>` without end; brackets are a loop, named after its first segment, and `!` behind the
closing bracket makes it mandatory.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from translators.edifact.directory import Step

MANY = 1_000_000
"""More than any limit on segments lets through."""

_TOKEN = re.compile(r"\(|(?P<name>\)|[A-Z0-9]+)!?(?::(?P<times>>|\d+))?!?")
_ITEM = re.compile(r"\(([^)]*)\)(\d+)(!?)|([A-Z0-9]+)(?:\^(\d+))?(!?)|\+([A-Z0-9]+)")
_CONDITION = re.compile(r"[PRECL](?:\d\d)+")


class Loop(Step, kw_only=True, eq=False):
    """A group with a name of its own; `steps` may be given later, as hierarchies hold themselves."""

    label: str

    @property
    def name(self) -> str:
        """As paths of a map call it."""
        return self.label


class Item(Struct, frozen=True):
    """An element of a segment: its number, or several that repeat together."""

    numbers: tuple[str, ...]
    mandatory: bool
    repeats: int = 1
    is_spread: bool = True
    """Whether its repetitions are elements of their own, one behind the other."""
    is_derived: bool = False
    """Whether it is not sent at all: it is worked out for the maps, and taken apart again when writing."""

    @property
    def width(self) -> int:
        """How many places it takes in the segment as sent."""
        return len(self.numbers) * self.repeats if self.is_spread else 1


class SegmentLine(Struct, frozen=True):
    """A segment: its name, its elements, its conditions."""

    tag: str
    name: str
    items: tuple[Item, ...]
    conditions: tuple[str, ...]


def segments_in(text: str) -> dict[str, SegmentLine]:
    """The segments of a table, by tag."""
    found = {}
    for line in _lines(text):
        head, _, rest = line.partition(":")
        tag, _, name = head.partition(" ")
        items, _, conditions = rest.partition(";")
        found[tag] = SegmentLine(tag, name, tuple(_items(items, tag)), tuple(_conditions(conditions, tag)))
    return found


def _items(text: str, tag: str) -> Iterator[Item]:
    at = 0
    text = text.strip()
    while at < len(text):
        match = _ITEM.match(text, at)
        if match is None:
            raise ValueError(f"{tag}: `{text[at:]}` is no element")
        if match[7]:
            yield Item((match[7],), mandatory=False, is_spread=False, is_derived=True)
        elif match[4]:
            yield Item((match[4],), match[6] == "!", int(match[5] or 1), is_spread=False)
        else:
            yield Item(tuple(match[1].split()), match[3] == "!", int(match[2]))
        at = match.end()
        while text[at : at + 1] == " ":
            at += 1


def _conditions(text: str, tag: str) -> Iterator[str]:
    for word in text.split():
        if not _CONDITION.fullmatch(word):
            raise ValueError(f"{tag}: `{word}` is no condition")
        yield word


def structures_in(text: str) -> dict[str, tuple[str, str, Step]]:
    """message -> (what stands behind it in its first line, its first segment, the root of its structure).

    A message begins with `= 850 …`.
    """
    found = {}
    for block in text.split("\n= ")[1:]:
        head, _, body = block.partition("\n")
        message, _, words = head.partition(" ")
        steps, end = _steps(_tokens("\n".join(_lines(body)), message), 0, message)
        if end is not None:
            raise ValueError(f"{message}: a bracket closes that none opened")
        found[message] = (words, steps[0].tag, Step(tag=steps[0].tag, group=0, mandatory=True, repeats=1, steps=steps))
    return found


_Token = tuple[str, bool, int]


def _tokens(text: str, message: str) -> list[_Token]:
    tokens: list[_Token] = []
    for word in re.findall(r"\(|\)[^\s()]*|[^\s()]+", text):
        match = _TOKEN.fullmatch(word)
        if match is None:
            raise ValueError(f"{message}: `{word}` is not understood")
        times = match["times"] or "1"
        repeats = MANY if times == ">" else int(times)
        tokens.append((match["name"] or word, "!" in word, repeats))
    return tokens


def _steps(tokens: list[_Token], at: int, message: str) -> tuple[tuple[Step, ...], int | None]:
    """The steps up to the bracket that closes, and where that is."""
    steps: list[Step] = []
    while at < len(tokens):
        word, mandatory, repeats = tokens[at]
        if word == ")":
            return tuple(steps), at
        if word == "(":
            inner, end = _steps(tokens, at + 1, message)
            if end is None:
                raise ValueError(f"{message}: a bracket does not close")
            _, mandatory, repeats = tokens[end]
            tag = inner[0].tag
            steps.append(Loop(tag=tag, label=f"L_{tag}", group=1, mandatory=mandatory, repeats=repeats, steps=inner))
            at = end
        else:
            steps.append(Step(tag=word, group=None, mandatory=mandatory, repeats=repeats))
        at += 1
    return tuple(steps), None


def _lines(text: str) -> Iterator[str]:
    """Lines that say something."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield line
