"""Days, weeks and months of a time zone as windows of exact instants, whatever the clocks do in between.

A day that loses or gains an hour is 23 or 25 hours long; a midnight that does not exist is the first instant of its
day; a day that a country skipped is no window at all.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from translators.yamlsentences import nearest

Period = Literal["day", "week", "month"]

NOMINAL_SECONDS: dict[Period, int | None] = {"day": 86_400, "week": 604_800, "month": None}
"""How long a window usually is; a month has no usual length."""


class Zone:
    """`Europe/Berlin`: a time zone by its IANA name."""

    __slots__ = ("info", "text")
    SCHEMA = r"^(UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+)$"

    def __init__(self, info: ZoneInfo, text: str) -> None:
        self.info = info
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Zone":
        known = _zones()
        if text not in known:
            meant = nearest(text, known)
            advice = f"did you mean `{meant}`?" if meant else "write one like `Europe/Berlin`, or `UTC`"
            raise ValueError(f"`{text}` is no time zone; {advice}")
        return cls(ZoneInfo(text), text)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    # The short names of old (`CET`, `EST5EDT`) say too little about when the clocks change.
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


class PerPeriod:
    """`50000 per day`: so many units in every day, week or month of a calendar."""

    __slots__ = ("count", "period", "text")
    SCHEMA = r"^\d+ per (day|week|month)$"

    def __init__(self, count: int, period: Period, text: str) -> None:
        self.count = count
        self.period: Period = period
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "PerPeriod":
        count, per, period = text.partition(" per ")
        if not per or re.fullmatch("[0-9]+", count) is None:
            raise ValueError(f"`{text}` is not a quota; write e.g. `50000 per day`")
        if period not in NOMINAL_SECONDS:
            raise ValueError(f"a quota is per `day`, `week` or `month`, not per `{period}`; for other times use `rate`")
        if not 1 <= int(count[:16]) <= 1_000_000_000_000:
            raise ValueError(f"`{count}` is out of range; use 1 to 1000000000000")
        return cls(int(count), period, text)


def instant_of(wall: datetime, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """When clocks in `zone` show `wall` (naive), in UTC; a time that comes twice is the first or, by `fold` 1, the
    second; a time that is skipped is the instant at which it is skipped.
    """
    found = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return found
    # The clocks go forward between the readings by the later offset and by the earlier one (PEP 495).
    before, after = (wall.replace(tzinfo=zone, fold=one).astimezone(UTC) for one in (1, 0))
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """When `day` begins in `zone`, in UTC."""
    return instant_of(datetime.combine(day, time.min), zone)


def window_of(at: datetime, period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The window that holds `at`: its first instant, and the first one after it."""
    day = at.astimezone(zone).date()
    if period == "day":
        first, following = day, day + timedelta(days=1)
    elif period == "week":
        first = day - timedelta(days=day.weekday())
        following = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
    return first_instant(first, zone), first_instant(following, zone)


def three_windows(at: datetime, period: Period, zone: ZoneInfo) -> tuple[datetime, datetime, datetime, datetime]:
    """The ends of the window before, the one of `at` and the one after: they follow each other without a gap."""
    start, end = window_of(at, period, zone)
    before, _ = window_of(start - timedelta(microseconds=1), period, zone)
    _, after = window_of(end, period, zone)
    return before, start, end, after


def microseconds(at: datetime) -> int:
    """Since 1970, exact."""
    return (at - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
