"""Windows of time on the clocks of a zone: how people write them, when they hold, and until when that stays.

The one reader and the one judge of hours: the `during` of every rule, the calendars of limits, critical windows.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from policies.periods import Zone, instant_of
from translators.yamlsentences import enumerate_words

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIMES = re.compile(r"(?P<days>.*?)(?:(?:^|\b )(?P<from>\d\d:\d\d)-(?P<to>\d\d:\d\d))?", re.ASCII | re.DOTALL)
_WEEKDAYS = re.compile(r"([A-Z][a-z]+)(?:-([A-Z][a-z]+))?")
_OF_MONTH = re.compile(r"(first|last) (\d{1,2}) days? of month", re.ASCII)
_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})(?: to (\d{4}-\d{2}-\d{2}))?", re.ASCII)
_EXAMPLES = "write e.g. `Mon-Fri 05:45-06:15`, `last 2 days of month` or `2026-12-24 to 2027-01-06`"
_LOOK_AHEAD = 62
"""Days in which the next change is looked for; what holds so long is simply looked at again then."""


class CalendarWindow:
    """`Mon-Fri 05:45-06:15`, `last 2 days of month`, `daily 22:00-06:00`, `2026-12-24 to 2027-01-06 08:00-18:00`:
    days, and the times on them; without times the whole day, without days every day. Times that end before they begin
    end on the next day, and belong to the day on which they began.
    """

    __slots__ = ("_begins", "_dates", "_ends", "_of_month", "_weekdays", "text")
    SCHEMA = (
        r"^((daily|(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))?|(first|last) \d{1,2} days? of month"
        r"|\d{4}-\d{2}-\d{2}( to \d{4}-\d{2}-\d{2})?)( \d{2}:\d{2}-\d{2}:\d{2})?"
        r"|\d{2}:\d{2}-\d{2}:\d{2})$"
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self._weekdays: frozenset[int] | None = None
        self._of_month: tuple[str, int] | None = None
        self._dates: tuple[date, date] | None = None
        self._begins = self._ends = 0

    @classmethod
    def from_text(cls, text: str) -> "CalendarWindow":
        window = cls(text)
        parts = _TIMES.fullmatch(text)
        assert parts is not None
        window._read_days(parts["days"])
        window._begins = _minutes(parts["from"] or "00:00")
        window._ends = _minutes(parts["to"] or "24:00")
        if window._begins == window._ends or window._begins == 24 * 60:
            raise ValueError(f"`{text}` has no length; {_EXAMPLES}")
        return window

    def _read_days(self, days: str) -> None:
        if weekdays := _WEEKDAYS.fullmatch(days):
            first, last = (_weekday(name) for name in (weekdays[1], weekdays[2] or weekdays[1]))
            length = (last - first) % 7 + 1
            self._weekdays = frozenset((first + number) % 7 for number in range(length))
        elif of_month := _OF_MONTH.fullmatch(days):
            if not 1 <= int(of_month[2]) <= 28:
                raise ValueError(f"`{of_month[2]}` days are not in every month; use 1 to 28")
            self._of_month = (of_month[1], int(of_month[2]))
        elif dates := _DATES.fullmatch(days):
            self._dates = (_date(dates[1]), _date(dates[2] or dates[1]))
            if self._dates[1] < self._dates[0]:
                raise ValueError(f"`{self.text}` ends before it begins")
        elif days != "daily" and (days or not self.text):
            raise ValueError(f"`{self.text}` is no window of time; {_EXAMPLES}")

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """The instants between which the window that begins on `day` lies; None when none begins there."""
        if not self._is_on(day):
            return None
        over_midnight = 1 if self._ends <= self._begins else 0
        # An hour that comes twice is in the window from its first to its last minute.
        start = _instant(day, self._begins, zone, fold=0)
        end = _instant(day + timedelta(days=over_midnight), self._ends, zone, fold=1)
        return (start, end) if start < end else None

    def _is_on(self, day: date) -> bool:
        if self._weekdays is not None:
            return day.weekday() in self._weekdays
        if self._of_month is not None:
            which, count = self._of_month
            return day.day <= count if which == "first" else day.day > monthrange(day.year, day.month)[1] - count
        return self._dates is None or self._dates[0] <= day <= self._dates[1]


def _weekday(name: str) -> int:
    if name not in _DAYS:
        raise ValueError(f"`{name}` is no day; use {enumerate_words(_DAYS)}")
    return _DAYS.index(name)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`{text}` does not exist in the calendar") from None


def _minutes(text: str) -> int:
    hours, minutes = int(text[:2]), int(text[3:])
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise ValueError(f"`{text}` is no time of a day; use `00:00` to `24:00`")
    return hours * 60 + minutes


def _instant(day: date, minutes: int, zone: ZoneInfo, *, fold: int) -> datetime:
    wall = datetime.combine(day + timedelta(days=minutes // (24 * 60)), time(minutes // 60 % 24, minutes % 60))
    return instant_of(wall, zone, fold=fold)


class Calendar:
    """It holds in any of its windows."""

    def __init__(self, windows: Sequence[CalendarWindow], zone: Zone) -> None:
        self._windows = windows
        self._zone = zone.info

    def holds(self, at: datetime) -> bool:
        today = at.astimezone(self._zone).date()
        return any(start <= at < end for start, end in self._around(today - timedelta(days=1), 3))

    def next_change(self, at: datetime) -> datetime:
        """Until when the answer to `holds` stays what it is, at least."""
        today = at.astimezone(self._zone).date()
        for first in range(-1, _LOOK_AHEAD, 8):
            ends = [end for pair in self._around(today + timedelta(days=first), 9) for end in pair if end > at]
            if ends:
                return min(ends)
        return at + timedelta(days=_LOOK_AHEAD - 1)

    def _around(self, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
        for number in range(days):
            for window in self._windows:
                found = window.on(first + timedelta(days=number), self._zone)
                if found is not None:
                    yield found
