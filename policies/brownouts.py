"""Brownouts: short windows, growing towards the sunset, in which a version that ends does not answer.

A sender that overlooks fields and mails notices five minutes without answers while there is still time to change.
Nobody is browned out in a critical window of its own.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from policies.amounts import Duration
from policies.facts import RequestFacts
from policies.periods import Zone
from policies.scopes import Names
from policies.windows import Calendar, CalendarWindow
from policies.written import Force, Rule, Written, force_of
from translators.fileproblems import FileProblem
from translators.moments import Moment


class Brownouts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """The first window begins at `from` and takes `lasting`; the last one before the sunset takes `growing_to`."""

    from_: Moment
    every: Duration
    lasting: Duration
    growing_to: Duration


class CriticalWindow(Rule, frozen=True, kw_only=True):
    """When certain senders must not be disturbed."""

    partners: Names = ()
    plants: Names = ()
    zone: Zone
    windows: Annotated[tuple[CalendarWindow, ...], Meta(min_length=1)]
    """`Mon-Fri 11:00-13:00`, `last 2 days of month`: see windows.py."""

    def is_early(self) -> bool:
        return True


class BrownoutTimes:
    """The windows between the first one and the `sunset`."""

    def __init__(self, brownouts: Brownouts, sunset: datetime) -> None:
        self.start = brownouts.from_.at
        self._every = timedelta(seconds=brownouts.every.seconds)
        self._first = timedelta(seconds=brownouts.lasting.seconds)
        self._growth = timedelta(seconds=brownouts.growing_to.seconds) - self._first
        self._last = max(0, (sunset - self.start - timedelta(microseconds=1)) // self._every)
        self._sunset = sunset

    def end_of(self, at: datetime) -> datetime | None:
        """The end of the window that `at` lies in; None outside of every window."""
        if at < self.start or at >= self._sunset:
            return None
        number = (at - self.start) // self._every
        end = self.start + number * self._every + self.length(number)
        return min(end, self._sunset) if at < end else None

    def length(self, number: int) -> timedelta:
        """Of window 0, 1, …; evenly growing from the first to the last."""
        return self._first + self._growth * number / self._last if self._last else self._first

    def __iter__(self) -> Iterator[tuple[datetime, datetime]]:
        """Begin and end of every window."""
        for number in range(self._last + 1):
            begin = self.start + number * self._every
            yield begin, min(begin + self.length(number), self._sunset)


class CriticalWindows:
    """The critical windows of a set, by sender."""

    def __init__(self, windows: Iterable[Written[CriticalWindow]]) -> None:
        self._by_sender: dict[tuple[str, str], list[tuple[Force | None, Calendar]]] = {}
        for written in windows:
            rule = written.rule
            made = (force_of(written), Calendar(rule.windows, rule.zone))
            for kind, names in (("partner", rule.partners), ("plant", rule.plants)):
                for name in names:
                    self._by_sender.setdefault((kind, name), []).append(made)

    def hold(self, request: RequestFacts) -> bool:
        """Whether the sender must not be disturbed now."""
        mine = self._by_sender.get((request.sender_kind, request.sender), ())
        at = request.at
        return any((force is None or force.holds(request, unsure=True)) and when.holds(at) for force, when in mine)


def check_critical_window(written: Written[CriticalWindow]) -> Iterator[FileProblem]:
    rule = written.rule
    if not rule.partners and not rule.plants:
        yield written.problem(None, "a critical window names its `partners` or `plants`")
    if rule.mode == "observe":
        yield written.problem("mode", "a critical window holds or it does not; remove it instead of observing it")
