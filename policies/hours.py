"""Hours in which a rule is in force, as people write them: `Mon-Fri 06:00-18:00 Europe/Berlin`."""

from datetime import UTC, datetime

from policies.periods import Zone
from policies.windows import Calendar, CalendarWindow

_NEVER = datetime.max.replace(tzinfo=UTC)


class Hours:
    """A window as in a calendar, then its time zone: `daily 22:00-06:00 UTC`, `last 2 days of month Europe/Berlin`;
    a time zone alone is always. The clocks of the zone count, summer time included.
    """

    __slots__ = ("_calendar", "_held", "text")
    SCHEMA = rf"^(({CalendarWindow.SCHEMA[1:-1]}) )?{Zone.SCHEMA[1:]}"

    def __init__(self, calendar: Calendar, text: str) -> None:
        self._calendar = calendar
        self._held = (_NEVER, _NEVER, False)
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Hours":
        window, space, place = text.rpartition(" ")
        try:
            zone = Zone.from_text(place)
        except ValueError:
            if _is_window(text):
                raise ValueError(f"`{text}` lacks its time zone; write e.g. `{text} Europe/Berlin`") from None
            raise
        days = CalendarWindow.from_text(window if space else "daily")
        return cls(Calendar((days,), zone), text)

    def hold(self, at: datetime) -> bool:
        """`at` is aware. The answer is kept until it may change, so that a decision does not wait for calendars."""
        since, until, answer = self._held
        if not since <= at < until:
            answer = self._calendar.holds(at)
            # Kept from `at` on: a clock that goes back looks again. One assignment, as threads share it.
            self._held = (at, self._calendar.next_change(at), answer)
        return answer

    def next_change(self, at: datetime) -> datetime:
        """Until when the answer to `hold` stays what it is, at least."""
        return self._calendar.next_change(at)

    def __repr__(self) -> str:
        return f"Hours({self.text!r})"


def _is_window(text: str) -> bool:
    try:
        CalendarWindow.from_text(text)
    except ValueError:
        return False
    return True
