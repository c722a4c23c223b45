"""Days, weeks and months of a zone: exact where clocks change, where midnight is missing, where a day is."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.periods import Period, first_instant, microseconds, three_windows, window_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(sorted(name for name in available_timezones() if "/" in name)).map(ZoneInfo)
FIRST, LAST = (datetime.fromisoformat(day) for day in ("1990-01-01", "2060-01-01"))
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
PERIODS: list[Period] = ["day", "week", "month"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "start", "hours"),
    [
        ("2026-03-29T12:00+02:00", "2026-03-28T23:00Z", 23),
        ("2026-10-25T02:30+01:00", "2026-10-24T22:00Z", 25),
        ("2026-10-26T00:00+01:00", "2026-10-25T23:00Z", 24),
    ],
)
def test_a_day_on_which_the_clocks_change_has_23_or_25_hours(moment: str, start: str, hours: int) -> None:
    found = window_of(at(moment), "day", BERLIN)
    assert found == (at(start), at(start) + timedelta(hours=hours))


def test_a_day_without_a_midnight_begins_with_its_first_instant() -> None:
    santiago = ZoneInfo("America/Santiago")  # 2024-09-08: from 00:00 to 01:00
    start = first_instant(date(2024, 9, 8), santiago)
    assert start == at("2024-09-08T04:00Z")
    assert start.astimezone(santiago).time().isoformat() == "01:00:00"
    assert (start - timedelta(seconds=1)).astimezone(santiago).date() == date(2024, 9, 7)


def test_a_day_that_a_country_skipped_is_no_window() -> None:
    apia = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    before, start, end, _ = three_windows(at("2011-12-30T09:00Z"), "day", apia)
    assert [one.astimezone(apia).date().day for one in (before, start, end)] == [28, 29, 31]


def test_months_and_weeks_begin_on_their_first_day() -> None:
    month = three_windows(at("2027-01-15T00:00Z"), "month", BERLIN)
    assert [one.astimezone(BERLIN).date().isoformat() for one in month] == [
        "2026-12-01",
        "2027-01-01",
        "2027-02-01",
        "2027-03-01",
    ]
    assert window_of(at("2026-11-29T22:59Z"), "week", BERLIN)[1] == at("2026-11-29T23:00Z")


@given(MOMENTS, ZONES, st.sampled_from(PERIODS))
def test_windows_follow_each_other_without_a_gap_and_hold_the_moment(
    moment: datetime, zone: ZoneInfo, period: Period
) -> None:
    bounds = three_windows(moment, period, zone)
    assert bounds[1] <= moment < bounds[2]
    assert all(first < second for first, second in pairwise(bounds))
    assert window_of(bounds[2], period, zone)[0] == bounds[2]
    # All of a day's instants have its date, and no others do.
    if period == "day":
        assert {bounds[1].astimezone(zone).date()} == {(bounds[2] - timedelta(seconds=1)).astimezone(zone).date()}
        assert (bounds[1] - timedelta(microseconds=1)).astimezone(zone).date() != bounds[1].astimezone(zone).date()


@given(MOMENTS)
def test_microseconds_are_exact(moment: datetime) -> None:
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds(moment)) == moment
