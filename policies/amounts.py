"""Amounts as people write them in rules, always with their unit."""

import itertools
import re

from translators.amounts import LONGEST_PERIOD, Duration, Size, Term, read_duration

__all__ = ["LONGEST_PERIOD", "Duration", "Points", "Rate", "Schedule", "Size", "Term"]

_POINTS = re.compile(r"(\d{1,6}) each(?: and (\d{1,6}) per (\d{1,6}) lines?)?")


class Rate:
    """`600 per 1m`: `count` in every `seconds`."""

    __slots__ = ("count", "seconds", "text")
    SCHEMA = r"^\d+ per (\d+ ?)?[A-Za-z]+$"

    def __init__(self, count: int, seconds: int, text: str) -> None:
        self.count = count
        self.seconds = seconds
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Rate":
        count, per, period = text.partition(" per ")
        if not per or not count.strip().isdigit():
            raise ValueError(f"`{text}` is not a rate; write e.g. `600 per 1m`")
        number = int(count[:16])
        if not 1 <= number <= 1_000_000_000:
            raise ValueError(f"`{count.strip()}` is out of range; use 1 to 1000000000")
        seconds = read_duration(period)
        if number > seconds * 1_000_000:
            raise ValueError(f"`{text}` is more than one per microsecond, which nothing can count")
        return cls(number, seconds, text)


class Points:
    """`2 each`, or `2 each and 1 per 50 lines`: what a document costs; lines are rounded up."""

    __slots__ = ("each", "lines", "per_lines", "text")
    SCHEMA = r"^\d+ each( and \d+ per \d+ lines?)?$"

    def __init__(self, each: int, per_lines: int, lines: int, text: str) -> None:
        self.each = each
        self.per_lines = per_lines
        self.lines = lines
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Points":
        match = _POINTS.fullmatch(text)
        if match is None:
            raise ValueError(f"`{text}` is no cost; write e.g. `2 each` or `2 each and 1 per 50 lines`")
        each, per_lines, lines = (int(number or 0) for number in match.groups())
        if match[3] and lines == 0:
            raise ValueError(f"`{text}` divides by no lines; write e.g. `2 each and 1 per 50 lines`")
        if each + per_lines == 0:
            raise ValueError(f"`{text}` costs nothing, and what costs nothing is not limited")
        return cls(each, per_lines, lines, text)

    def of(self, lines: int) -> int:
        """At least one: nothing is free."""
        return max(1, self.each + (self.per_lines * -(-lines // self.lines) if self.lines else 0))


class Schedule:
    """`10s, 1m, 5m`: the waits between attempts, in seconds."""

    __slots__ = ("text", "waits")
    SCHEMA = r"^(\d+ ?)?[A-Za-z]+(, ?(\d+ ?)?[A-Za-z]+)*$"

    def __init__(self, waits: tuple[int, ...], text: str) -> None:
        self.waits = waits
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Schedule":
        waits = tuple(read_duration(part) for part in text.split(","))
        if len(waits) > 50:
            raise ValueError(f"{len(waits)} attempts are too many; use at most 50")
        if any(later < earlier for earlier, later in itertools.pairwise(waits)):
            raise ValueError(f"`{text}` must not become shorter; every wait is at least as long as the one before")
        return cls(waits, text)
