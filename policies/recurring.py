"""Times that come again: hours of a day, days of a week, the end of a month, in a stated time zone."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import cache
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from policies.written import Rule, Written
from translators.fileproblems import FileProblem

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class Hours:
    """`06:00-10:00`, from the first (included) to the second (excluded); `22:00-06:00` passes midnight."""

    __slots__ = ("end", "start", "text")
    SCHEMA = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$"

    def __init__(self, start: time, end: time, text: str) -> None:
        self.start = start
        self.end = end
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Hours":
        match = _HOURS.fullmatch(text.strip())
        if match is None or (match[3] == "24" and match[4] != "00"):
            raise ValueError(f"`{text.strip()}` is no span of hours; write e.g. `06:00-10:00`")
        start, end = time(int(match[1]), int(match[2])), time(int(match[3]) % 24, int(match[4]))
        if start == end:
            raise ValueError(f"`{text.strip()}` begins and ends at once; leave `hours` out for the whole day")
        return cls(start, end, text.strip())


class RecurringRule(Rule, frozen=True, kw_only=True):
    """What is left out holds always; what is written holds together."""

    zone: str
    """A name of the IANA time zone database, as in `Europe/Berlin`."""
    days: tuple[Day, ...] = ()
    hours: Hours | None = None
    last_days_of_month: Annotated[int, Meta(ge=1, le=28)] | None = None
    """3: the last three days of every month."""


R = TypeVar("R", bound=RecurringRule)


def check_recurring(written: Written[R]) -> Iterator[FileProblem]:
    try:
        _zone(written.rule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f"`{written.rule.zone}` is no time zone; write e.g. `Europe/Berlin`"
        yield written.problem("zone", text)


class Recurring:
    """The times of a rule made ready. Days are those on which a span of hours begins."""

    def __init__(self, rule: RecurringRule) -> None:
        self._zone = _zone(rule.zone)
        self._days = frozenset(_DAYS.index(day) for day in rule.days)
        self._hours = rule.hours
        self._last_days = rule.last_days_of_month

    def holds(self, at: datetime) -> bool:
        local = at.astimezone(self._zone)
        hours = self._hours
        if hours is None:
            return self._is_day(local)
        clock = local.time()
        if hours.start < hours.end or hours.end == time(0):
            return clock >= hours.start and (clock < hours.end or hours.end == time(0)) and self._is_day(local)
        if clock >= hours.start:
            return self._is_day(local)
        return clock < hours.end and self._is_day(local - timedelta(days=1))

    def _is_day(self, local: datetime) -> bool:
        if self._days and local.weekday() not in self._days:
            return False
        return self._last_days is None or local.day > monthrange(local.year, local.month)[1] - self._last_days


@cache
def _zone(name: str) -> ZoneInfo:
    """Raises ZoneInfoNotFoundError, ValueError or OSError for a name that is none."""
    return ZoneInfo(name)
