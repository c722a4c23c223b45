"""Hours of rules: windows with a time zone behind them, and answers that are kept until they may change."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.hours import Hours


@pytest.mark.parametrize(
    ("text", "at", "held"),
    [
        ("Mon-Fri 06:00-18:00 Europe/Berlin", "2026-11-23T05:00Z", True),  # Monday, 06:00 there
        ("Mon-Fri 06:00-18:00 Europe/Berlin", "2026-11-23T04:59Z", False),
        ("Mon-Fri 06:00-18:00 Europe/Berlin", "2026-11-23T17:00Z", False),
        ("Mon-Fri 06:00-18:00 Europe/Berlin", "2026-07-20T04:00Z", True),  # summer time
        ("Mon-Fri 06:00-18:00 Europe/Berlin", "2026-11-22T10:00Z", False),  # Sunday
        ("Fri 22:00-06:00 Europe/Berlin", "2026-11-27T21:00Z", True),
        ("Fri 22:00-06:00 Europe/Berlin", "2026-11-28T04:59Z", True),  # Saturday, but the night of Friday
        ("Fri 22:00-06:00 Europe/Berlin", "2026-11-28T05:00Z", False),
        ("Fri 22:00-06:00 Europe/Berlin", "2026-11-27T04:00Z", False),  # the night of Thursday
        ("Sat-Sun Asia/Tokyo", "2026-11-27T15:00Z", True),  # Saturday there
        ("Sat-Mon UTC", "2026-11-23T23:59Z", True),
        ("Sat-Mon UTC", "2026-11-24T00:00Z", False),
        ("00:00-24:00 UTC", "2026-11-24T23:59Z", True),
        ("02:00-03:00 Europe/Berlin", "2026-10-25T00:30Z", True),  # the hour that comes twice
        ("02:00-03:00 Europe/Berlin", "2026-10-25T01:30Z", True),
        ("Europe/Berlin", "2026-11-24T23:59Z", True),
        ("last 2 days of month Europe/Berlin", "2026-11-28T23:00Z", True),
        ("last 2 days of month Europe/Berlin", "2026-11-30T23:00Z", False),  # December there
        ("2026-12-24 to 2027-01-06 08:00-12:00 UTC", "2027-01-06T11:59Z", True),
        ("2026-12-24 to 2027-01-06 08:00-12:00 UTC", "2027-01-06T12:00Z", False),
    ],
)
def test_hours_are_those_on_the_wall_of_their_zone(text: str, at: str, held: bool) -> None:
    assert Hours.from_text(text).hold(datetime.fromisoformat(at)) is held


TEXTS = ["Mon-Fri 06:00-18:00 Europe/Berlin", "02:10-02:50 Europe/Berlin", "last 2 days of month Asia/Tokyo"]
TEXTS += ["daily 22:00-06:00 America/New_York", "2026-12-24 to 2027-01-06 UTC", "UTC"]
FIRST, LAST = (datetime.fromisoformat(day) for day in ("2026-10-20", "2027-04-01"))
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@given(st.sampled_from(TEXTS), st.lists(MOMENTS, min_size=2, max_size=8))
def test_what_was_asked_before_changes_no_answer(text: str, moments: list[datetime]) -> None:
    asked = Hours.from_text(text)
    assert [asked.hold(at) for at in moments] == [Hours.from_text(text).hold(at) for at in moments], "also backwards"


def test_the_answer_is_kept_until_the_next_change(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Hours.from_text("Mon-Fri 06:00-18:00 UTC")
    assert hours.hold(datetime(2026, 11, 23, 6, tzinfo=UTC))
    with monkeypatch.context() as patched:
        patched.setattr("policies.windows.Calendar.holds", lambda *_: pytest.fail("it was worked out again"))
        assert hours.hold(datetime(2026, 11, 23, 17, 59, 59, tzinfo=UTC))
    assert not hours.hold(datetime(2026, 11, 23, 18, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", " UTC", " 06:00-18:00 UTC", "Mon  06:00-18:00 UTC", "Mon06:00-18:00 UTC",
                                  "daily\n UTC", "٠٦:00-18:00 UTC", "Mon UTC ", "Mon-Fri 06:00-18:00"])  # fmt: skip
def test_what_an_editor_refuses_is_refused(text: str) -> None:
    assert not re.search(Hours.SCHEMA, text, re.ASCII)
    with pytest.raises(ValueError, match=r"no window of time|no time zone|lacks its time zone"):
        Hours.from_text(text)
