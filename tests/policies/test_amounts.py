"""Amounts with their units, and what is said about those without."""

import re

import pytest

from policies.amounts import Rate, Schedule, Size, Term
from translators.moments import Moment


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [
        ("600 per 1m", 600, 60),
        ("5 per 1s", 5, 1),
        ("1 per second", 1, 1),
        ("50000 per day", 50_000, 86_400),
        ("10 per 15 minutes", 10, 900),
        ("3 per 2h", 3, 7_200),
    ],
)
def test_a_rate_is_a_count_in_a_time(text: str, count: int, seconds: int) -> None:
    rate = Rate.from_text(text)
    assert (rate.count, rate.seconds) == (count, seconds)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("600", "`600` is not a rate; write e.g. `600 per 1m`"),
        ("600/m", "`600/m` is not a rate; write e.g. `600 per 1m`"),
        ("-5 per 1s", "`-5 per 1s` is not a rate; write e.g. `600 per 1m`"),
        ("1.5 per 1s", "`1.5 per 1s` is not a rate; write e.g. `600 per 1m`"),
        ("5 per minite", "unknown unit `minite`; use second, minute, hour or day"),
        ("5 per 0s", "`0s` is out of range; use 1 second to 366 days"),
        ("5 per 400 days", "`400 days` is out of range; use 1 second to 366 days"),
        ("5 per 1 month", "unknown unit `month`; use second, minute, hour or day"),
        ("5 per 10", "`10` has no unit; write e.g. `10s`, `15 minutes` or `2 hours`"),
        ("5 per ", "`` is not a length of time; write e.g. `10s`, `15 minutes` or `2 hours`"),
    ],
)
def test_what_is_no_rate_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        Rate.from_text(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("text", "size"), [("5 MiB", 5_242_880), ("10KiB", 10_240), ("1 B", 1), ("2 GiB", 2**31)])
def test_a_size_is_in_bytes(text: str, size: int) -> None:
    assert Size.from_text(text).bytes == size


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("5", "`5` has no unit; write e.g. `5 KiB`"),
        ("5 MB", "unknown unit `MB`; use B, KiB, MiB or GiB"),
        ("five MiB", "`five MiB` is not a size; write e.g. `5 MiB`"),
    ],
)
def test_what_is_no_size_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        Size.from_text(text)
    assert str(caught.value) == sentence


def test_a_schedule_is_the_waits_between_attempts() -> None:
    assert Schedule.from_text("10s, 1m, 5m, 30m, 2h").waits == (10, 60, 300, 1_800, 7_200)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1m, 10s", "`1m, 10s` must not become shorter; every wait is at least as long as the one before"),
        (", ".join(["1s"] * 51), "51 attempts are too many; use at most 50"),
        ("10s,", "`` is not a length of time; write e.g. `10s`, `15 minutes` or `2 hours`"),
    ],
)
def test_what_is_no_schedule_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        Schedule.from_text(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2027-03-01", "2027-03-01T00:00:00+00:00"),
        ("2027-03-01T06:00Z", "2027-03-01T06:00:00+00:00"),
        ("2027-03-01T06:00:30+01:00", "2027-03-01T05:00:30+00:00"),
    ],
)
def test_a_moment_is_in_utc(text: str, utc: str) -> None:
    assert Moment.from_text(text).at.isoformat() == utc


@pytest.mark.parametrize(
    "text", ["2027-3-1", "2027-03-01T06:00", "20270301", "tomorrow", "2027-03-01 06:00Z", "2027-03-01\n"]
)
def test_a_time_without_a_zone_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date or a time with its zone"):
        Moment.from_text(text)


@pytest.mark.parametrize("text", ["2027-02-29", "2027-13-01", "2027-03-01T25:00Z"])
def test_a_day_no_calendar_has_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="does not exist in the calendar"):
        Moment.from_text(text)


def test_what_is_kept_is_kept_for_years() -> None:
    assert Term.from_text("10 years").seconds == 3660 * 86_400
    assert Term.from_text("30 days").seconds == 30 * 86_400
    with pytest.raises(ValueError, match=r"^`101 years` is out of range; use 1 second to 100 years$"):
        Term.from_text("101 years")
    with pytest.raises(ValueError, match=r"^unknown unit `weeks`; use second, minute, hour, day or year$"):
        Term.from_text("6 weeks")
