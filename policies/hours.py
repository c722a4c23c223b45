"""Hours of the week, as people write them: `Mon-Fri 06:00-18:00 Europe/Berlin`."""

import re
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EXAMPLE = "write e.g. `Mon-Fri 06:00-18:00 Europe/Berlin`"
_FORM = re.compile(r"(?:([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? )?(?:(\d\d):(\d\d)-(\d\d):(\d\d) )?([A-Za-z_+/0-9-]+)")
_DAY = 24 * 60


class Hours:
    """Wall-clock time in a zone, summer time included. Left-out days mean every day, a left-out time the whole day.

    A time that ends before it begins goes on past midnight, and belongs to the day on which it began.
    """

    __slots__ = ("_days", "_end", "_start", "_zone", "text")
    SCHEMA = r"^([A-Z][a-z]{2}(-[A-Z][a-z]{2})? )?(\d\d:\d\d-\d\d:\d\d )?[A-Za-z_+/0-9-]+$"

    def __init__(self, days: frozenset[int], start: int, end: int, zone: ZoneInfo, text: str) -> None:
        self._days = days
        self._start = start
        self._end = end
        self._zone = zone
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Hours":
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"`{text}` is not read as hours; {_EXAMPLE}")
        first, last, *clock, zone = found.groups()
        if zone not in _zones():
            raise ValueError(f"there is no time zone `{zone}`; {_EXAMPLE}")
        if clock[0] is None:
            start, end = 0, _DAY
        else:
            start, end = _minutes(clock[0], clock[1]), _minutes(clock[2], clock[3])
            if start in (end, _DAY):
                raise ValueError(f"`{text}` is no length of time; {_EXAMPLE}")
        return cls(_days(first, last), start, end, ZoneInfo(zone), text)

    def hold(self, at: datetime) -> bool:
        """`at` is aware."""
        local = at.astimezone(self._zone)
        day, minute = local.weekday(), local.hour * 60 + local.minute
        if self._start < self._end:
            return day in self._days and self._start <= minute < self._end
        return (day in self._days and minute >= self._start) or ((day - 1) % 7 in self._days and minute < self._end)

    def __repr__(self) -> str:
        return f"Hours({self.text!r})"


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    for day in (first, last or first):
        if day not in _DAYS:
            raise ValueError(f"`{day}` is no day; use {', '.join(_DAYS[:-1])} or {_DAYS[-1]}")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return frozenset((start + step) % 7 for step in range((end - start) % 7 + 1))


def _minutes(hour: str, minute: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > _DAY:
        raise ValueError(f"`{hour}:{minute}` is no time of a day; use `00:00` to `24:00`")
    return total


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
