"""The dates of call-offs in VDA 4905, and what they mean.

| as written | means |
|---|---|
| `YYMMDD` | on this day; the quantity is called off firmly |
| `333333` | overdue |
| `444444` | at once |
| `555555` | what follows is a forecast for periods |
| `YYMM00`, `YY00WW`, `YYWWWW` | after 555555: in this month, in this week, from this week to that one |
| `999999` | whatever is needed after the last period |
| `222222` | the end; nothing follows |
| `000000` | nothing stands here |
"""

from datetime import date, timedelta

from msgspec import Struct

from translators.mapping.digits import calendar_day

END, BACKLOG, AT_ONCE, FORECAST, REST, NOTHING = "222222", "333333", "444444", "555555", "999999", "000000"


class CallOff(Struct, frozen=True):
    """What one date and quantity say, in the words of the canonical schedule; days as in ISO 8601, empty if open."""

    start: str
    end: str
    per: str
    commitment: str


class Dates:
    """Understands the dates of one schedule, one after the other."""

    def __init__(self) -> None:
        self.is_over = False
        self._is_forecast = False
        self._last: date | None = None

    def understand(self, text: str, quantity: str) -> CallOff | None:
        """None for a date that is no call-off itself. Raises ValueError with a sentence."""
        is_empty = not quantity.strip("0")
        if text in ("", NOTHING, END, FORECAST):
            if not is_empty:
                what = f"the date {text}" if text else "a call-off without a date"
                raise ValueError(f"{what} has the quantity {quantity.lstrip('0')[:9]}")
            self.is_over = self.is_over or text == END
            self._is_forecast = self._is_forecast or text == FORECAST
            return None
        if self.is_over:
            raise ValueError(f"the date `{text}` stands behind the end of the call-offs ({END})")
        if text in (BACKLOG, AT_ONCE):
            return CallOff("", "", "", "backlog" if text == BACKLOG else "immediate")
        if text == REST:
            return self._rest()
        found = _period(text) if self._is_forecast else _day(text)
        if found is None:
            what = "month, week or weeks" if self._is_forecast else "day"
            raise ValueError(f"the date `{text[:6]}` is no {what}")
        per, start, end = found
        self._last = end
        commitment = "forecast" if self._is_forecast else "firm"
        return CallOff(start.isoformat(), end.isoformat(), per, commitment)

    def _rest(self) -> CallOff:
        if self._last is None:
            raise ValueError(f"{REST} says what is needed after the last call-off, but there is none before it")
        return CallOff((self._last + timedelta(days=1)).isoformat(), "", "period", "forecast")


def _day(text: str) -> tuple[str, date, date] | None:
    day = calendar_day("20" + text)
    return ("day", day, day) if day is not None else None


def _period(text: str) -> tuple[str, date, date] | None:
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        return None
    year, first, last = 2000 + int(text[:2]), int(text[2:4]), int(text[4:6])
    try:
        if last == 0:
            start = date(year, first, 1)
            return "month", start, _month_end(start)
        if first == 0:
            return "week", date.fromisocalendar(year, last, 1), date.fromisocalendar(year, last, 7)
        end = date.fromisocalendar(year if last >= first else year + 1, last, 7)
        return "period", date.fromisocalendar(year, first, 1), end
    except ValueError:
        return None


def _month_end(start: date) -> date:
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def written(call: CallOff, last: date | None) -> tuple[str, bool]:
    """(date as written, whether it belongs behind 555555). Raises ValueError for what VDA 4905 has no way to say."""
    if call.commitment in ("backlog", "immediate") and not (call.start or call.end):
        return (BACKLOG if call.commitment == "backlog" else AT_ONCE), False
    if call.commitment not in ("firm", "forecast"):
        raise ValueError(f"VDA 4905 has no way to say `{call.commitment}`")
    start = date.fromisoformat(call.start) if call.start else None
    end = date.fromisoformat(call.end) if call.end else None
    if start is None:
        raise ValueError("a call-off needs its first day")
    if end is None:
        if call.commitment == "forecast" and last is not None and start == last + timedelta(days=1):
            return REST, True
        raise ValueError("only what is needed after the last call-off may have no end")
    if call.commitment == "firm":
        if start != end:
            raise ValueError("what is called off firmly has one day; a period is a forecast")
        return f"{start:%y%m%d}", False
    return _written_period(start, end), True


def _written_period(start: date, end: date) -> str:
    if start.day == 1 and end == _month_end(start):
        return f"{start:%y%m}00"
    (year, first, monday), (_, last, sunday) = start.isocalendar(), end.isocalendar()
    if monday == 1 and sunday == 7 and end - start < timedelta(days=364):
        return f"{year % 100:02}00{first:02}" if first == last else f"{year % 100:02}{first:02}{last:02}"
    raise ValueError("a forecast is for a month, a week or whole weeks")
