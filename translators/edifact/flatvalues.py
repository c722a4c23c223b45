"""The values of a segment side by side, one place for each component its rules name; empty texts where nothing stands.

One match of the segment's regular expression gives them all, and says in the same go that they are as they should be.
Codes and dates are then looked at where they stand. A segment with repetitions has no flat values.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any

from translators.edifact.codedvalues import CodedValues
from translators.edifact.dateformats import real_date
from translators.edifact.directory import ElementRule

Values = tuple[str, ...]

_MOST_COMBINATIONS = 1_000
"""So many sets of codes that stood together in a segment are remembered; they are the directory's, not the sender's."""


def starts_of(rules: tuple[ElementRule, ...]) -> tuple[int, ...]:
    """Where the first component of each element stands, and behind them all where one more element would."""
    starts = [0]
    for rule in rules:
        starts.append(starts[-1] + len(rule.components))
    return tuple(starts)


def flattened(elements: list[list[list[str]]], rules: tuple[ElementRule, ...]) -> Values | None:
    """The flat values of a segment that was split; None with repetitions or with values the rules have no place for."""
    values: list[str] = []
    for index, rule in enumerate(rules, 1):
        places = len(rule.components)
        components = [""] * places
        if index < len(elements):
            if len(elements[index]) != 1:
                return None
            given = elements[index][0]
            if any(given[places:]):
                return None
            components = [*given[:places], *components[len(given) :]]
        values += components
    left = elements[len(rules) + 1 :]
    return None if any(value for element in left for each in element for value in each) else tuple(values)


class FlatSegment:
    """What a right segment of one tag looks like. `match` takes its text; the groups of the match are its values."""

    __slots__ = ("_coded", "_dated", "_get", "_known", "match", "tag")

    def __init__(self, tag: str, rules: tuple[ElementRule, ...], pattern: re.Pattern[str], coded: CodedValues) -> None:
        starts = starts_of(rules)
        self.tag = tag
        self.match = pattern.match
        self._coded = tuple((starts[each.element - 1] + each.number, each.codes) for each in coded.coded)
        self._dated = tuple(
            (starts[each.element - 1] + each.format, starts[each.element - 1] + each.value) for each in coded.dated
        )
        self._get: Callable[[Values], Any] | None = itemgetter(*(at for at, _ in self._coded)) if self._coded else None
        self._known: set[Any] = set()

    def are_right(self, values: Values) -> bool:
        """Whether every code is one of the directory's and every date real. False may also mean: look again."""
        get = self._get
        if get is not None:
            together = get(values)
            if together not in self._known and not self._learn(values, together):
                return False
        for written, value in self._dated:
            if values[value] and values[written] and not _is_real(values[written], values[value]):
                return False
        return True

    def _learn(self, values: Values, together: Any) -> bool:
        if not all(not values[at] or values[at] in codes for at, codes in self._coded):
            return False
        if len(self._known) < _MOST_COMBINATIONS:
            self._known.add(together)
        return True


@lru_cache(maxsize=4096)
def _is_real(written: str, value: str) -> bool:
    is_real = real_date(written)
    return is_real is None or is_real(value)
