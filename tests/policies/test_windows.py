"""When a window of time holds, and until when the answer stays."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.periods import Zone
from policies.windows import Calendar, CalendarWindow


def calendar(*windows: str, zone: str = "Europe/Berlin") -> Calendar:
    return Calendar(tuple(map(CalendarWindow.from_text, windows)), Zone.from_text(zone))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        (
            "Mon-Fri 05:45-06:15",
            ["2026-11-23T05:45+01:00", "2026-11-27T06:14:59+01:00"],
            ["2026-11-23T05:44:59+01:00", "2026-11-23T06:15+01:00", "2026-11-28T06:00+01:00"],
        ),
        (
            "last 2 days of month",
            ["2026-11-29T00:00+01:00", "2026-11-30T23:59+01:00", "2028-02-28T12:00+01:00"],
            ["2026-11-28T23:59+01:00", "2026-12-01T00:00+01:00", "2027-02-26T12:00+01:00"],
        ),
        ("first 1 day of month 18:00-24:00", ["2026-12-01T23:59+01:00"], ["2026-12-02T00:00+01:00"]),
        ("daily 22:00-06:00", ["2026-11-23T22:00+01:00", "2026-11-24T05:59+01:00"], ["2026-11-23T06:00+01:00"]),
        ("Fri-Mon", ["2026-11-27T00:00+01:00", "2026-11-30T12:00+01:00"], ["2026-12-01T00:00+01:00"]),
        (
            "2026-12-24 to 2027-01-06",
            ["2026-12-24T00:00+01:00", "2027-01-06T23:59+01:00"],
            ["2026-12-23T23:59+01:00", "2027-01-07T00:00+01:00"],
        ),
        ("2026-12-24 08:00-12:00", ["2026-12-24T11:59+01:00"], ["2026-12-24T12:00+01:00", "2026-12-25T09:00+01:00"]),
        # The hour that comes twice belongs to the window both times; the one that is missing makes it shorter.
        ("Sun 02:00-03:00", ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"], ["2026-10-25T03:00+01:00"]),
        ("Sun 02:00-04:00", ["2026-03-29T03:00+02:00"], ["2026-03-29T01:59+01:00", "2026-03-29T04:00+02:00"]),
    ],
)
def test_a_window_holds_what_its_words_say(window: str, inside: list[str], outside: list[str]) -> None:
    one = calendar(window)
    assert [moment for moment in inside if not one.holds(at(moment))] == []
    assert [moment for moment in outside if one.holds(at(moment))] == []


def test_a_window_in_an_hour_that_does_not_exist_is_none() -> None:
    window = CalendarWindow.from_text("daily 02:10-02:50")
    assert window.on(date(2026, 3, 29), Zone.from_text("Europe/Berlin").info) is None


WINDOWS = ["Mon-Fri 05:45-06:15", "last 2 days of month", "daily 22:00-06:00", "2026-12-24 to 2027-01-06"]
WINDOWS += ["Sun 02:00-03:00", "daily 02:10-02:50"]
FIRST, LAST = (datetime.fromisoformat(day) for day in ("2026-09-01", "2027-04-01"))


@given(
    st.lists(st.sampled_from(WINDOWS), min_size=1, max_size=3),
    st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
    st.floats(0, 0.999),
)
def test_until_the_next_change_the_answer_stays(windows: list[str], moment: datetime, share: float) -> None:
    one = calendar(*windows)
    change = one.next_change(moment)
    assert change > moment
    assert one.holds(moment + (change - moment) * share) == one.holds(moment)


def test_the_next_change_is_where_it_changes() -> None:
    assert calendar("Mon-Fri 05:45-06:15").next_change(at("2026-11-27T12:00+01:00")) == at("2026-11-30T05:45+01:00")
    far = calendar("2030-01-01")
    assert far.next_change(at("2026-11-27")) - at("2026-11-27") == timedelta(days=61), "looked at again then"
